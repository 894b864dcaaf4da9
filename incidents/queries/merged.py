"""Where merged incidents ended."""

from incidents.choices import State
from incidents.models import Incident


def ended_in() -> dict[int, int]:
    """Of each merged incident the one that it is part of now, over any number of merges. One query."""
    rows = Incident.objects.filter(state=State.MERGED, merged_into__isnull=False)
    into = dict(rows.values_list("pk", "merged_into_id"))
    found = dict(into)
    for number, last in into.items():
        while last in into:
            last = into[last]
        found[number] = last
    return found
