"""The demo's escalations: raised, answered, accepted and closed by the verbs that real ones are, at past times."""

import tomllib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from customers.models import Customer
from escalations.actions import routing
from escalations.actions.affected import add_customer
from escalations.actions.base import Refused
from escalations.actions.intake import Asked, raise_escalation
from escalations.actions.knowledge import note_from
from escalations.actions.level import set_workaround
from escalations.actions.owed import Prefilled, owe_replies
from escalations.actions.ratings import answer_rating, ask_rating, token_hash
from escalations.actions.states import move
from escalations.actions.thread import write
from escalations.actions.tickets import link_ticket
from escalations.choices import Author, Fix, Outcome, Route, Source, Status
from escalations.models import Escalation, KnowledgeNote, Rating
from people.choices import Role
from people.models import Component, Person
from people.rules import DEMO_DOMAIN
from tickets.choices import Column
from tickets.models import Ticket

DEMO = Path(__file__).resolve().parent.parent / "demo.toml"
FIELDS = (
    "title", "level", "kind", "category", "support_ticket", "server_version", "mobile_version", "database",
    "database_version", "deployment", "cloud", "hosting", "affected_people", "happened", "expected", "steps", "tried",
    "asking", "confidential",
)
PAST_FROM, PAST_COUNT = 70, 44  # hours ago, how many that are over
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Cast:
    """Who plays: support asks, an engineer answers; and the moment that is now."""

    support: tuple[Person, ...]
    engineers: tuple[Person, ...]
    now: datetime


@transaction.atomic
def load_demo_escalations(*, at: datetime, path: Path = DEMO) -> int:
    """Load them, linked to mirrored tickets where they are there. Returns how many; 0 where there are some already, or
    no customers. Raises `Refused` where the demo is off."""
    if not settings.ENV.demo:
        raise Refused("The demo is off here.")
    customers = {row.name: row for row in Customer.objects.all()}
    if Escalation.objects.exists() or not customers:
        return 0
    cast = Cast(_people(Role.SUPPORT), _people(Role.LEAD) + _people(Role.ENGINEER), at)
    if not cast.support or not cast.engineers:
        return 0
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    rows = [*_past(told["past"]), *told["escalation"]]
    for turn, row in enumerate(sorted(rows, key=lambda row: -int(row["ago"]))):
        _play(row, turn, cast, customers)
    return len(rows)


def _people(role: Role) -> tuple[Person, ...]:
    found = Person.objects.active().holding(role).filter(email__endswith=f"@{DEMO_DOMAIN}").order_by("pk")
    return tuple(found)


def _past(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    turns = zip(range(PAST_COUNT), cycle(told["asked"]), cycle(told["customers"]), cycle(told["levels"]),
                cycle(told["scripts"]), strict=False)
    return [
        {"title": title, "category": category, "kind": kind, "customer": customer, "level": level, "script": script,
         "ago": PAST_FROM + turn * int(told["every"]), "happened": f"{title}.", "server_version": "10.8.0",
         "support_ticket": str(47_000 - turn * 7)}
        for turn, (title, category, kind), customer, level, script in turns
    ]


def _play(told: Mapping[str, Any], turn: int, cast: Cast, customers: Mapping[str, Customer]) -> None:
    reporter, at = cast.support[turn % len(cast.support)], cast.now - int(told["ago"]) * HOUR
    values = {name: told[name] for name in FIELDS if name in told}
    values["source"] = Source.SUPPORT if told.get("support_ticket") else Source.ACCOUNT
    values["area"] = Component.objects.filter(name=told.get("area", "")).first()
    if told.get("support_ticket"):
        values["support_mail"] = f"support+id{told['support_ticket']}@{DEMO_DOMAIN}"
    asked = Asked(customer=customers[told["customer"]], values=values, reporter=reporter, reporter_name=reporter.name,
                  reporter_email=reporter.email, submission=uuid.uuid5(uuid.NAMESPACE_URL, f"demo-{turn}"))
    row, _ = raise_escalation(asked=asked, at=at)
    for name in told.get("also", []):
        add_customer(escalation=row, customer=customers[name], reporter=reporter, reporter_name=reporter.name,
                     reporter_email=reporter.email, by=reporter, at=at + HOUR / 4)
    SCRIPTS[told["script"]](Scene(row, told, reporter, cast.engineers[turn % len(cast.engineers)], at, turn))


@dataclass(frozen=True)
class Scene:
    row: Escalation
    told: Mapping[str, Any]
    reporter: Person
    engineer: Person
    at: datetime
    turn: int

    def say(self, text: str, after: float, *, asks: bool = False) -> None:
        """The engineer replies so many hours after it was raised."""
        write(escalation=self.row, author=Author.US, by=self.engineer, by_name=self.engineer.name, text=text,
              public=True, asks=asks, key=f"demo-{self.row.pk}-{after}", at=self.at + after * HOUR)

    def ask_back(self, text: str, after: float) -> None:
        """The reporter writes."""
        write(escalation=self.row, author=Author.REPORTER, by=self.reporter, by_name=self.reporter.name, text=text,
              public=True, key=f"demo-{self.row.pk}-{after}", at=self.at + after * HOUR)

    def note(self, text: str, after: float) -> None:
        """The engineer notes something for colleagues."""
        write(escalation=self.row, author=Author.NOTE, by=self.engineer, by_name=self.engineer.name, text=text,
              public=False, key=f"demo-{self.row.pk}-{after}", at=self.at + after * HOUR)

    @property
    def soon(self) -> float:
        """How many hours the first reply took; now and then too many."""
        return (0.4, 0.8, 1.5, 0.6, 2.2, 7.5)[self.turn % 6]

    @property
    def hello(self) -> str:
        return f"Hi {self.reporter.name.split()[0]}, thanks for the report."


def _ask(scene: Scene) -> None:
    scene.say(f"{scene.hello} {scene.told['question'].removeprefix('Thanks for the report. ')}", 0.7, asks=True)


def _ask_and_hear(scene: Scene) -> None:
    scene.note("Looks like the change to nested groups in 10.9. Asked for the filter before we make a ticket.", 0.5)
    _ask(scene)
    scene.ask_back(scene.told["answer"], 2.5)


def _accepted(scene: Scene) -> None:
    scene.say(f"{scene.hello} This looks like a bug: we track it with a ticket and have begun.", 0.5)
    _accept(scene, Fix.HOTFIX if scene.row.level == 1 else Fix.NEXT_RELEASE, 0.6)
    _link(scene, done=False)
    set_workaround(escalation=scene.row, text="Restart the nodes one after the other.", by=scene.engineer,
                   at=scene.at + 0.8 * HOUR)


def _accept(scene: Scene, fix: Fix, after: float) -> None:
    decision = routing.Decision(Route.SET, Route.SET, "A fault of the product that needs a change of code.")
    routing.accept(escalation=scene.row, decision=decision, fix=fix, by=scene.engineer, at=scene.at + after * HOUR)


def _link(scene: Scene, *, done: bool) -> None:
    words = scene.told.get("ticket", "")  # of one that is over any will do
    found = Ticket.objects.present().filter(summary__icontains=words, escalations__isnull=True)
    columns = [Column.DONE] if done else [Column.TODO, Column.IN_PROGRESS, Column.SUBMITTED]
    ticket = found.filter(column__in=columns).order_by("-created").first()
    if ticket is not None:
        link_ticket(escalation=scene.row, ticket=ticket, by=scene.engineer, at=scene.at + 0.7 * HOUR)


def _owed(scene: Scene) -> None:
    scene.say(f"{scene.hello} This looks like a bug; the fix goes into the next release.", 1.2)
    _accept(scene, Fix.NEXT_RELEASE, 1.3)
    _link(scene, done=True)
    text = f"{scene.hello} The fix is out with 10.10. Please upgrade, and tell us if it happens again."
    owe_replies(escalation=scene.row, why="10.10 is released", outcome=Outcome.BUG, text_for=lambda _: Prefilled(text),
                at=scene.at + 200 * HOUR)


def _handed_over(route: Route, whom: str, text: str) -> Callable[[Scene], None]:
    def play(scene: Scene) -> None:
        scene.say(f"{scene.hello} {text}", scene.soon)
        decision = routing.Decision(route, route, f"By what was answered: {route.label}.")
        routing.hand_over(escalation=scene.row, decision=decision, team=None, whom=whom, by=scene.engineer,
                          at=scene.at + (scene.soon + 0.1) * HOUR)
    return play


def _solved(outcome: Outcome, text: str, *, closed: bool = False) -> Callable[[Scene], None]:
    def play(scene: Scene) -> None:
        scene.say(f"{scene.hello} {text}", scene.soon)
        if outcome == Outcome.BUG:
            _accept(scene, Fix.NEXT_RELEASE, scene.soon + 0.1)
            _link(scene, done=True)
        solved = move(escalation=scene.row, to=Status.SOLVED, by=scene.engineer, outcome=outcome,
                      at=scene.at + (scene.soon + 3) * HOUR)
        if not KnowledgeNote.objects.filter(question=solved.title).exists():
            note_from(escalation=solved, by=scene.engineer, at=scene.at + (scene.soon + 4) * HOUR)
        if closed:
            _close(scene, solved)
    return play


def _close(scene: Scene, solved: Escalation) -> None:
    at = scene.at + (scene.soon + 5) * HOUR
    move(escalation=solved, to=Status.CLOSED, by=scene.engineer, at=at)
    token = ask_rating(escalation=solved, at=at)
    answer_rating(row=Rating.objects.get(token_hash=token_hash(token)), good=scene.turn % 4 != 1, comment="",
                  at=at + 3 * HOUR)


CONFIGURATION = "This looks like a configuration: the docs say how it is set. If they fall short, please say where."
SCRIPTS: Mapping[str, Callable[[Scene], None]] = {
    "new": lambda scene: None,
    "asked": _ask,
    "answered_back": _ask_and_hear,
    "accepted": _accepted,
    "owed": _owed,
    "product": _handed_over(Route.PRODUCT, "The product manager", "This would be a new feature: passed on."),
    "deployment": _handed_over(Route.DEPLOYMENT, "Deployment Engineering", "Deployment Engineering plans it with you."),
    "answered": _solved(Outcome.ANSWERED, "Yes: the guide to high availability says what is shared, and the order."),
    "configuration": _solved(Outcome.CONFIGURATION, CONFIGURATION),
    "unsupported": _solved(Outcome.UNSUPPORTED, "We do not support this: please use one of the proxies in the docs."),
    "closed": _solved(Outcome.BUG, "This was a bug; the fix is in the release of last month.", closed=True),
    "product_closed": _solved(Outcome.FEATURE, "This would be a new feature: the product manager knows.", closed=True),
}
