"""The updates of an incident as they were published, with their versions and who read them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Prefetch, QuerySet
from django.utils.safestring import SafeString

from escalations.rules.markdown import html
from incidents.choices import ApprovalState, Reading
from incidents.models import Approval, Incident, Update, UpdateVersion
from incidents.rules.promises import length_words
from incidents.rules.updates.difference import Changed, difference
from incidents.rules.updates.form import Entry


@dataclass(frozen=True)
class Told:
    """A reading as it was sent."""

    reading: Reading
    html: SafeString


@dataclass(frozen=True)
class Edition:
    """A version. `approval`: what became of its reading by a second person, None where none was asked; `changed`: what
    it made different from the one before."""

    row: UpdateVersion
    approval: Approval | None
    readings: tuple[Told, ...]
    changed: tuple[Changed, ...]


@dataclass(frozen=True)
class Published:
    """An update with its versions, the newest first."""

    row: Update
    editions: tuple[Edition, ...]

    @property
    def newest(self) -> Edition:
        """What it says now."""
        return self.editions[0]

    @property
    def name(self) -> str:
        """Its number, as text."""
        return str(self.row.number)

    @property
    def late(self) -> str:
        """How long after what was promised, in words; "" for one in time."""
        return length_words(self.row.late_by) if self.row.late_by >= 60 else ""

    @property
    def waits(self) -> Approval | None:
        """The customer's text that waits for a second person, or was sent back."""
        found = self.newest.approval
        return found if found and found.state in (ApprovalState.ASKED, ApprovalState.SENT_BACK) else None


def updates_of(incident: Incident) -> tuple[Published, ...]:
    """All updates, the newest first. Two queries."""
    rows = Update.objects.filter(incident=incident).select_related("by", "status").order_by("-number")
    return tuple(_published(row) for row in rows.prefetch_related(_versions()))


def published(update: Update) -> Published:
    """One update with its versions. One query."""
    row = Update.objects.filter(pk=update.pk).select_related("by", "status").prefetch_related(_versions()).get()
    return _published(row)


@dataclass(frozen=True)
class Said:
    """The last update, as those read it who take no part."""

    number: int
    at: datetime
    html: SafeString


def last_said(incident: Incident) -> Said | None:
    """What was said last; None before the first update. One query."""
    row = UpdateVersion.objects.filter(of__incident=incident, number=F("of__version")).select_related("of").order_by(
        "-of__number").first()
    return Said(row.of.number, row.of.at, html(row.internal)) if row else None


def approval_of(update: Update) -> Approval | None:
    """What the newest version waits for, or waited. One query."""
    return Approval.objects.select_related(
        "version__by", "version__of__incident", "version__of__by", "asked_of", "asked_by", "decided_by"
    ).filter(version__of=update, version__number=update.version).first()


def _versions() -> "Prefetch[str, QuerySet[UpdateVersion], str]":
    rows = UpdateVersion.objects.select_related("by", "approval__asked_of", "approval__decided_by").order_by("-number")
    return Prefetch("versions", queryset=rows)


def _published(row: Update) -> Published:
    versions = list(row.versions.all())
    before = [*versions[1:], None]
    return Published(row, tuple(_edition(one, old) for one, old in zip(versions, before, strict=True)))


def _edition(row: UpdateVersion, old: UpdateVersion | None) -> Edition:
    approval = row.approval if hasattr(row, "approval") else None
    changed = difference(Entry.of(old.values), Entry.of(row.values)) if old else ()
    told = tuple(Told(reading, html(row.reading(reading))) for reading in Reading)
    return Edition(row, approval, told, changed)
