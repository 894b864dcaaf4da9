"""Paths of escalations that cross rooms."""
