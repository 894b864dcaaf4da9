"""Where merged incidents ended."""

from incidents.choices import State
from incidents.models import Incident


def ended_in() -> dict[int, int]:
    """Of each merged incident the one that it is part of now, over any number of merges. One query."""
    rows = Incident.objects.filter(state=State.MERGED, merged_into__isnull=False)
    into: dict[int, int] = dict(rows.values_list("pk", "merged_into_id"))
    return {number: _last(number, into) for number in into}


def _last(number: int, into: dict[int, int]) -> int:
    while number in into:
        number = into[number]
    return number
