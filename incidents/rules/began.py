"""Since when production is down. Pure."""

from datetime import datetime, timedelta

LONGEST_AGO = timedelta(days=366)


def began_fault(began: datetime, declared: datetime) -> str:
    """What is wrong with a beginning, in words; "" for none."""
    if began > declared:
        return "It began at the latest when it was declared."
    if began < declared - LONGEST_AGO:
        return "It cannot have begun more than a year before it was declared: check the day."
    return ""
