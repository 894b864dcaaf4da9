"""Response templates are loaded, added, edited, put in order and set aside. A text that was used is never changed: an
edit is a new version."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.utils.text import slugify

from escalations.actions.base import Refused, record
from escalations.choices import Outcome, What
from escalations.models import Escalation, ResponseTemplate, TemplateVersion
from escalations.rules.responses import faults
from people.models import Person

HANDBOOK = Path(__file__).resolve().parent.parent / "handbook" / "responses.toml"
RESERVED = frozenset({"new", "order", "compose"})  # addresses of pages
LONGEST = 20_000  # characters of a text


@dataclass(frozen=True)
class Said:
    """What a template is to say. `outcome`: a value of `choices.Outcome`, or ""."""

    title: str
    when: str
    body: str
    outcome: str = ""
    asks: bool = False


@transaction.atomic
def load_responses(*, at: datetime, path: Path = HANDBOOK) -> int:
    """Load the handbook's templates: those that are not here, and a higher version over those that nobody edited.
    Returns how many it wrote. One that was edited here keeps its text, and one set aside stays so."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    version = int(told["version"])
    return sum(_load(fields, version, place, at) for place, fields in enumerate(told["templates"], start=1))


def _load(fields: Mapping[str, Any], version: int, place: int, at: datetime) -> int:
    row, new = ResponseTemplate.objects.select_for_update().get_or_create(
        slug=fields["slug"], defaults={**_facts(fields), "shipped": version, "position": place * 10}
    )
    if new:
        _write(row, fields["body"], by=None, at=at, shipped=True)
        return 1
    newest = row.versions.first()
    if row.shipped == 0 or row.shipped >= version or newest is None or not newest.shipped:
        return 0
    ResponseTemplate.objects.filter(pk=row.pk).update(**_facts(fields), shipped=version)
    if newest.body != _clean(fields["body"]):
        _write(row, fields["body"], by=None, at=at, shipped=True)
    return 1


def _facts(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: fields[name] for name in ("title", "when", "outcome", "asks")}


@transaction.atomic
def add_response(*, said: Said, by: Person, at: datetime) -> ResponseTemplate:
    """Add a template, last in order. Raises `Refused` for a text that cannot be one."""
    _check(said)
    last = ResponseTemplate.objects.aggregate(last=Max("position"))["last"] or 0
    row = ResponseTemplate.objects.create(
        slug=_free_slug(said.title), title=said.title, when=said.when, outcome=said.outcome, asks=said.asks,
        position=min(last + 10, 32_000),
    )
    _write(row, said.body, by=by, at=at)
    return row


@transaction.atomic
def edit_response(*, template: ResponseTemplate, said: Said, by: Person, at: datetime, seen: int) -> TemplateVersion:
    """Say it differently from now on: a new version, also where only the title changed, so that a handbook's later one
    leaves it alone. The same again changes nothing.

    `seen`: the number of the version that was edited. Raises `Refused` if somebody wrote a newer one meanwhile.
    """
    _check(said)
    row = ResponseTemplate.objects.select_for_update().get(pk=template.pk)
    newest = row.versions.select_related("by").get(number=_number(row))
    if newest.number != seen:
        who = newest.by.name if newest.by else "the handbook"
        raise Refused(f"Version {newest.number} was written meanwhile, by {who}. Yours is kept below: compare the two.")
    facts = {"title": said.title, "when": said.when, "outcome": said.outcome, "asks": said.asks}
    if newest.body == _clean(said.body) and all(getattr(row, name) == value for name, value in facts.items()):
        return newest
    ResponseTemplate.objects.filter(pk=row.pk).update(**facts)
    return _write(row, said.body, by=by, at=at)


@transaction.atomic
def restore_response(*, template: ResponseTemplate, number: int, by: Person, at: datetime) -> TemplateVersion:
    """Let an older version hold again, as a new one. Raises `Refused` where there is none of this number."""
    row = ResponseTemplate.objects.select_for_update().get(pk=template.pk)
    old = row.versions.filter(number=number).first()
    if old is None:
        raise Refused(f"There is no version {number}.")
    newest = row.versions.get(number=_number(row))
    return newest if newest.body == old.body else _write(row, old.body, by=by, at=at)


def archive_response(*, template: ResponseTemplate, at: datetime) -> bool:
    """Set it aside: it is offered no more; what was written with it stays. Returns whether it was offered."""
    return bool(ResponseTemplate.objects.filter(pk=template.pk, archived_at=None).update(archived_at=at))


def bring_back_response(*, template: ResponseTemplate) -> bool:
    """Offer it again. Returns whether it was set aside."""
    return bool(ResponseTemplate.objects.filter(pk=template.pk).exclude(archived_at=None).update(archived_at=None))


@transaction.atomic
def move_response(*, template: ResponseTemplate, up: bool) -> bool:
    """One place up or down among those that are offered. Returns whether it moved."""
    rows = list(ResponseTemplate.objects.select_for_update().filter(archived_at=None))
    at = next((place for place, row in enumerate(rows) if row.pk == template.pk), None)
    to = None if at is None else at + (-1 if up else 1)
    if at is None or to is None or not 0 <= to < len(rows):
        return False
    rows[at], rows[to] = rows[to], rows[at]
    _number_places(rows)
    return True


def _number_places(rows: Sequence[ResponseTemplate]) -> None:
    for place, row in enumerate(rows, start=1):
        row.position = place * 10
    ResponseTemplate.objects.bulk_update(rows, ["position"])


def _check(said: Said) -> None:
    found = faults(said.body)
    if not said.title.strip():
        found.insert(0, "Give it a title.")
    if len(said.body) > LONGEST:
        found.append(f"At most {LONGEST:,} characters.")
    if found:
        raise Refused(" ".join(found))


def _write(row: ResponseTemplate, body: str, *, by: Person | None, at: datetime, shipped: bool = False
           ) -> TemplateVersion:
    return TemplateVersion.objects.create(
        template=row, number=_number(row) + 1, body=_clean(body), by=by, at=at, shipped=shipped
    )


def _number(row: ResponseTemplate) -> int:
    """The number of its newest version; 0 where there is none."""
    return TemplateVersion.objects.filter(template=row).aggregate(newest=Max(F("number")))["newest"] or 0


def _clean(body: str) -> str:
    return body.replace("\r\n", "\n").replace("\r", "\n").strip()


def _free_slug(title: str) -> str:
    base = slugify(title)[:70].strip("-") or "response"
    taken = set(ResponseTemplate.objects.filter(slug__startswith=base).values_list("slug", flat=True)) | RESERVED
    return next(slug for slug in (base, *(f"{base}-{number}" for number in range(2, 10_000))) if slug not in taken)


@transaction.atomic
def take_for(*, escalation: Escalation, outcome: str, by: Person, at: datetime) -> bool:
    """What was answered says what it is taken for, unless somebody said so before. Returns whether it is new."""
    if outcome not in Outcome.values:
        return False
    if not Escalation.objects.filter(pk=escalation.pk, outcome="").update(outcome=outcome):
        return False
    words = f"takes it for: {Outcome(outcome).label.lower()}"
    record(What.CHANGED, escalation=escalation, at=at, by=by, to_value=words, internal=True)
    return True
