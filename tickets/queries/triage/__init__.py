"""Reads of triage: the queue, one bug read in full, the numbers."""
