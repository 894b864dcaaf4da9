"""What was merged into what."""

from collections.abc import Collection

from incidents.choices import State
from incidents.models import Incident


def merged_with(number: int) -> set[int]:
    """An incident and all that were merged into it, directly or by others. One query where there are none, and one
    for each merge in a row."""
    found, new = {number}, {number}
    while new:
        new = set(Incident.objects.filter(merged_into__in=new).values_list("pk", flat=True)) - found
        found |= new
    return found


def ended_in(numbers: Collection[int]) -> dict[int, int]:
    """Of each incident that was merged into one of these, over any number of merges, that one. One query."""
    rows = Incident.objects.filter(state=State.MERGED, merged_into__isnull=False)
    into: dict[int, int] = dict(rows.values_list("pk", "merged_into_id"))
    ended = {number: _last(number, into) for number in into}
    return {number: last for number, last in ended.items() if last in numbers}


def _last(number: int, into: dict[int, int]) -> int:
    while number in into:
        number = into[number]
    return number
