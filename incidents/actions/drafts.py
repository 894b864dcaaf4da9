"""What somebody is writing of an update, kept as typed: a session that ends mid-sentence loses nothing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from incidents.actions.base import held
from incidents.models import Incident, Update, UpdateDraft, UpdateVersion
from incidents.rules.updates.bodies import tidy
from incidents.rules.updates.form import Entry
from people.models import Person

LONGEST = 100_000  # characters of a part: far more than a post takes, so that nothing is lost before it is shortened


def key_of(incident: Incident, key: str) -> str:
    """The key of a form, as the update that it became has it."""
    return f"{incident.pk}-{key}"[:64]


@transaction.atomic
def keep_draft(
    *, incident: Incident, person: Person, values: Mapping[str, Any], seen: int, at: datetime, key: str = "",
    stamp: str = "", over: bool = False,
) -> UpdateDraft | None:
    """Keep what this person has typed so far. `seen`: the number of the last update that they know. `key`: of the form;
    `stamp`: of the draft that it was drawn from. None: it was sent already, and this comes late; or they wrote on at
    another place, and what they wrote there stays, unless this is to take its place (`over`)."""
    wanted = storable({**values, "key": key})
    if key:
        held(incident)  # its update may be leaving at this moment: the draft that goes with it must not come back
        if Update.objects.filter(key=key_of(incident, key)).exists():
            return None
        there = UpdateDraft.objects.filter(incident=incident, person=person).first()
        if there is not None and not over and not there.goes_on(key=key, stamp=stamp):
            return None
        if there is not None and (there.values, there.seen) == (wanted, seen):
            return there  # the same once more is no newer one, which another form would have to ask about
    row, _ = UpdateDraft.objects.update_or_create(
        incident=incident, person=person, defaults={"values": wanted, "seen": seen, "updated_at": at},
    )
    return row


def sent_with(incident: Incident, key: str) -> Entry | None:
    """What was sent with this key of a form; None: nothing was. One query."""
    found = UpdateVersion.objects.filter(of__key=key_of(incident, key), number=1).first() if key else None
    return Entry.of(found.values) if found else None


def drop_draft(*, incident: Incident, person: Person) -> bool:
    """It was sent, or is not wanted any more. Returns whether there was one."""
    return bool(UpdateDraft.objects.filter(incident=incident, person=person).delete()[0])


def storable(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as a JSON column takes them: without NULs and half signs, and nothing of them cut that anybody typed."""
    return {
        name: tidy(value[:LONGEST]) if isinstance(value, str) else value for name, value in values.items()
    }
