"""Thinking about plans: what is asked, what is owed, what is even, and whether a plan holds. No solver in here."""
