"""Paths of an incident that cross rooms."""
