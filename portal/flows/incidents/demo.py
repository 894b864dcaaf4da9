"""The demo's incidents: declared, worked on and closed by the verbs that real ones are, at past times."""

import tomllib
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

import incidents
from customers.models import Customer
from escalations.models import Escalation
from incidents.actions import after, approvals, followups, notes, retrospective, steps, updates
from incidents.actions.calling import end_page
from incidents.actions.declaring import Declared, declare
from incidents.actions.news import quietly
from incidents.actions.patch import Moved, move_patch
from incidents.actions.snoozing import snooze
from incidents.choices import ActionState, Cause, PatchStage, PatchState, Role, Severity
from incidents.models import Approval, Incident, IncidentStep, RetroAction
from incidents.rules.updates.form import Entry
from integrations.outbox.models import Delivery
from people.choices import Role as PersonRole
from people.models import Person
from people.rules import DEMO_DOMAIN
from portal.flows.incidents.publishing import publish

DEMO = Path(incidents.__file__).resolve().parent / "demo.toml"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
Deed = tuple[float, Callable[[datetime], object]]


@dataclass(frozen=True)
class Cast:
    """Who plays; and the moment that is now."""

    engineers: tuple[Person, ...]
    account: Person
    executive: Person
    now: datetime


@transaction.atomic
def load_demo_incidents(*, at: datetime, path: Path = DEMO) -> int:
    """Load them. Returns how many; 0 where the demo is off, where there are some already, or nobody to play."""
    customers = {row.name: row for row in Customer.objects.all()}
    if not settings.ENV.demo or Incident.objects.exists() or not customers:
        return 0
    engineers = _people(PersonRole.LEAD) + _people(PersonRole.ENGINEER)
    account, executive = _people(PersonRole.ACCOUNT), _people(PersonRole.EXECUTIVE)
    if len(engineers) < 4 or not account or not executive:
        return 0
    told = tomllib.loads(path.read_text(encoding="utf-8"))["incident"]
    with quietly():
        for turn, one in enumerate(sorted(told, key=lambda one: -int(one["ago"]))):
            shifted = engineers[turn % len(engineers):] + engineers[: turn % len(engineers)]
            _play(one, Cast(shifted, account[0], executive[0], at), customers[one["customer"]])
    # Nobody is asked now to read what somebody approved days ago.
    Delivery.objects.filter(purpose="incident").delete()
    return len(told)


def _people(role: PersonRole) -> tuple[Person, ...]:
    found = Person.objects.active().holding(role).filter(email__endswith=f"@{DEMO_DOMAIN}").order_by("pk")
    return tuple(found)


def _play(told: Mapping[str, Any], cast: Cast, customer: Customer) -> None:
    scene = Scene(told, cast, cast.now - int(told["ago"]) * MINUTE, _declared(told, cast, customer))
    for minute, do in sorted(scene.deeds(), key=lambda deed: deed[0]):
        do(scene.at + minute * MINUTE)
    if told.get("closed"):
        scene.close()


def _declared(told: Mapping[str, Any], cast: Cast, customer: Customer) -> Incident:
    at, leads = cast.now - int(told["ago"]) * MINUTE, cast.engineers[0]
    parts = {Role.COMMANDER: leads}
    if told.get("pages"):
        parts |= {Role.DEPUTY: cast.engineers[1], Role.SCRIBE: cast.engineers[2], Role.EXECUTIVE: cast.executive,
                  Role.CUSTOMER_CONTACT: cast.account}
    escalation = Escalation.objects.open().filter(customer=customer, confidential=False).order_by("level").first()
    given = Declared(
        severity=Severity(told["severity"]), title=told["title"], known=told["known"], customers=(customer,),
        submission=uuid.uuid5(uuid.NAMESPACE_URL, f"demo-incident-{told['title']}"), roles=parts,
        bridge=told.get("bridge", ""), began_at=at - int(told.get("began", 0)) * MINUTE,
        drill=bool(told.get("drill")), escalation=escalation if told.get("pages") else None,
    )
    row = declare(told=given, by=leads, at=at)[0]
    end_page(incident=row, by=leads, at=at)
    return row


@dataclass(frozen=True)
class Scene:
    told: Mapping[str, Any]
    cast: Cast
    at: datetime
    row: Incident

    @property
    def leads(self) -> Person:
        """The commander."""
        return self.cast.engineers[0]

    def deeds(self) -> Iterator[Deed]:
        """What was done, each with its minute after the declaring."""
        for number, one in enumerate(self.told.get("update", ()), start=1):
            yield one["after"], partial(self.update, one, number)
        for number, one in enumerate(self.told.get("notes", ()), start=1):
            yield one["after"], partial(self.note, one, number)
        yield from self.playbook()
        if "snooze" in self.told:
            yield self.told["snooze"]["after"], self.snooze

    def playbook(self) -> Iterator[Deed]:
        """The first steps of the playbook, spread over the time; the stages are entered on the way."""
        rows = list(IncidentStep.objects.filter(incident=self.row).select_related("stage").order_by(
            "stage__number", "position"))[: int(self.told.get("done", 0))]
        lasts = float(self.told.get("resolved", min(int(self.told["ago"]), 270)))
        here = 1
        for turn, step in enumerate(rows):
            minute = 4 + turn * (lasts - 6) / max(len(rows), 1)
            if step.stage.number != here:
                here = step.stage.number
                yield minute - 0.5, partial(self.enter, here)
            yield minute, partial(self.finish, step.key, turn)
        if int(self.told.get("stage", 1)) > here:
            yield lasts - 2, partial(self.enter, int(self.told["stage"]))

    def enter(self, number: int, at: datetime) -> None:
        """Work goes on in this stage, unless it does already."""
        if Incident.objects.filter(pk=self.row.pk, stage__lt=number).exists():
            steps.enter_stage(incident=self.row, number=number, by=self.leads, at=at)

    def finish(self, key: str, turn: int, at: datetime) -> None:
        """A step is done, unless an update has done it."""
        if not IncidentStep.objects.filter(incident=self.row, key=key, done_at__isnull=True).exists():
            return
        by = self.cast.engineers[turn % 3]
        if key == PatchStage.PRODUCTION:  # somebody there approved it
            moved = Moved(PatchState.DONE, approver="their head of IT")
            move_patch(incident=self.row, stage=PatchStage.PRODUCTION, moved=moved, by=by, at=at)
        else:
            steps.finish_step(incident=self.row, key=key, by=by, at=at)

    def note(self, one: Mapping[str, Any], number: int, at: datetime) -> None:
        """Somebody writes a note."""
        notes.note(incident=self.row, text=one["text"], key=f"demo-{self.row.pk}-{number}", at=at,
                   by=self.cast.engineers[number % 3], pinned=bool(one.get("pinned")))

    def snooze(self, at: datetime) -> None:
        """The commander is on the bridge."""
        snooze(incident=self.row, minutes=3, reason=self.told["snooze"]["reason"], by=self.leads, at=at)

    def update(self, one: Mapping[str, Any], number: int, at: datetime) -> None:
        """An update is published, and read by the deputy. Only the last one of what is still open leaves."""
        stops = "next" not in one
        given = updates.Given(
            entry=Entry(summary=one["summary"], impact=one["impact"], technical=one["technical"],
                        thanks=one.get("thanks", ""), expected=one.get("expected", "not known yet")),
            status=one["status"], key=f"demo-{number}", seen=number - 1, stop=stops, reason=one.get("reason", ""),
            next_at=None if stops else (at + int(one["next"]) * MINUTE).replace(second=0, microsecond=0),
            approver=self.cast.engineers[1],
        )
        say = publish if self.told.get("pages") and one is self.told["update"][-1] else updates.publish
        made = say(incident=self.row, given=given, by=self.leads, at=at)
        approval = Approval.objects.filter(version__of=made, decided_at__isnull=True).first()
        if approval is not None:
            approvals.approve(approval=approval, by=self.cast.engineers[1], at=at + MINUTE)

    def close(self) -> None:
        """Confirmed, looked back on, its actions written down, closed: in the three days that it should take."""
        row, told = Incident.objects.get(pk=self.row.pk), self.told
        over = row.resolved_at or self.at
        after.confirm(incident=row, who="their head of IT", by=self.cast.account, at=over + DAY)
        retrospective.hold_retro(incident=row, on=_day(over + DAY), by=self.leads, at=over + DAY * 1.2)
        texts = {name: told.get(name, "") for name in ("issue", "improve", "change")}
        texts |= {"root_cause": told.get("root_cause", "A drill."), "summary": told.get("issue", "A drill.")}
        retro = retrospective.save_texts(
            incident=row, texts=texts, cause=told["cause"], seen=row.retrospective.version, by=self.leads,
            at=over + DAY * 1.3,
        )
        retrospective.draft_retro(incident=row, by=self.leads, at=over + DAY * 1.5)
        for one in told.get("actions", ()):
            self._action(row, one, over + DAY * 1.6)
        why = "" if row.drill else "the customer read it with us on the call"
        retro.refresh_from_db()
        retrospective.close(incident=row, cause=Cause(told["cause"]), why=why, by=self.leads, at=over + DAY * 2.5)

    def _action(self, row: Incident, one: Mapping[str, Any], at: datetime) -> None:
        made: RetroAction = followups.add_action(
            incident=row, given=followups.Given(title=one["title"], details="", owner=self.cast.engineers[2],
                                                due_on=_day(at + int(one["due"]) * DAY)), by=self.leads, at=at)
        if one.get("done"):
            followups.settle_action(action=made, state=ActionState.DONE, by=self.cast.engineers[2], at=at + DAY * 4)


def _day(at: datetime) -> date:
    return at.date()
