"""What somebody has typed into the composer so far: as a form sends it, and as a draft keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from incidents.rules.updates.form import CHOICES, TEXTS, Entry
from incidents.rules.updates.promised import Unreadable, read_time


@dataclass(frozen=True)
class Typed:
    """`next`: when the next update is due, as typed, "" for the cadence's; `usual`: what stood there for it. `seen`:
    the number of the last update that the writer knows, None before they began; `missed`: of one that was published
    meanwhile, and stands above their words. `targets`: of those that they were shown, by their ids, which are ticked;
    `stood`: which were as they were drawn.
    `what`: why a correction is made. `key`: of the form; `stamp`: of the draft that it was drawn from, "" for none."""

    entry: Entry = field(default_factory=Entry)
    status: str = ""
    next: str = ""
    usual: str = ""
    stop: bool = False
    reason: str = ""
    reply: str = ""
    approver: str = ""
    override: str = ""
    what: str = ""
    targets: Mapping[int, bool] = field(default_factory=dict)
    stood: Mapping[int, bool] = field(default_factory=dict)
    seen: int | None = None
    missed: int | None = None
    key: str = ""
    stamp: str = ""

    @property
    def ticked(self) -> dict[int, bool]:
        """The targets that were ticked, or not any more, since they were drawn."""
        return {pk: on for pk, on in self.targets.items() if self.stood.get(pk) is not on}

    def kept(self) -> dict[str, Any]:
        """As a draft keeps it."""
        texts = {name: getattr(self.entry, name) for name in (*TEXTS, *CHOICES)}
        more = {name: getattr(self, name) for name in ("status", "next", "stop", "reason", "reply", "approver", "what")}
        return texts | more | {"targets": {str(pk): ticked for pk, ticked in self.targets.items()}}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Typed":
        """From a draft, or from the values of a version."""
        words: dict[str, Any] = {name: value for name in ("status", "next", "reason", "reply", "approver", "what")
                                 if isinstance(value := kept.get(name), str)}
        targets = kept.get("targets")
        return cls(
            entry=Entry.of(kept), stop=kept.get("stop") is True,
            targets={int(pk): ticked is True for pk, ticked in targets.items()} if isinstance(targets, dict) else {},
            **words,
        )

    def next_at(self, *, at: datetime, zone: str, within: int) -> datetime | None:
        """The moment that is promised; None: by the cadence, which has the next update `within` so many minutes. What
        stood there by itself is kept while it lies ahead: some hours later the same words would mean tomorrow. Raises
        `Unreadable` in words for whoever typed it."""
        if self.next:
            return read_time(self.next, at=at, zone=zone)
        try:
            found = read_time(self.usual, at=at, zone=zone) if self.usual else None
        except Unreadable:
            return None
        return found if found and found - at <= timedelta(minutes=within) else None


def carried(kept: Mapping[str, Any]) -> Typed:
    """The last update as a start for the next: its words, without its thanks, its promise and its reply."""
    before = Typed.of(kept)
    entry = Entry(**{**vars(before.entry), "thanks": ""})
    return Typed(entry=entry, status=before.status)
