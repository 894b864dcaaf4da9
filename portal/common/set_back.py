"""Clocks that were ahead and were set back."""

from datetime import timedelta

# Clocks of machines differ by less. What was noted at a moment that is further ahead was noted by a clock that was set
# back since.
BACK = timedelta(minutes=2)
