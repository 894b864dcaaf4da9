"""How somebody is reached, as their own page shows it: their ways, the ladder of each urgency, the last test page."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from people.models import Person
from set_rotation.choices import ContactKind, PageState, Urgency
from set_rotation.models import ContactMethod, ContactRule, NoticeChoice, Page, PagePolicy
from set_rotation.queries.contacts import CHANNELS, has_chat
from set_rotation.queries.readiness import FirstDay, first_day
from set_rotation.rules.addresses import channel_of, masked
from set_rotation.rules.contacts import (
    ContactStep,
    RuleFact,
    Rung,
    Way,
    minutes_words,
    rungs_text,
    steps_of,
    too_late,
    usual_ladder,
)

ICONS = {"chat": "chat", "mail": "mail", "push": "bell", "sms": "phone", "call": "phone"}


@dataclass(frozen=True)
class WayRow:
    """A way to reach somebody. `where` never holds a secret; `steps`: where it stands in the ladders, in words."""

    id: int | None
    target: str
    kind: ContactKind
    channel: str
    icon: str
    label: str
    where: str
    verified_at: datetime | None
    steps: str
    trouble: str

    @property
    def removable(self) -> bool:
        return self.kind == ContactKind.APPRISE


@dataclass(frozen=True)
class StepRow:
    """A step as it really happens. `rung` names it in forms; "" for one that nobody chose: `note` says why it is there.
    """

    when: str
    label: str
    icon: str
    rung: str
    note: str


@dataclass(frozen=True)
class Ladder:
    """The steps of an urgency, in their order; `own`: whether any was chosen.

    `late`: after how many minutes the first step comes, where the page has gone on to the next seat by then, which it
    does after `moves_on`. `usual`: the one-click ladder in words, "" where there is nothing to call or it stands there.
    """

    urgency: Urgency
    steps: tuple[StepRow, ...]
    own: bool
    late: int | None
    moves_on: int
    usual: str


@dataclass(frozen=True)
class TestPage:
    """The last test page, and what became of it."""

    id: int
    at: datetime
    open: bool
    acknowledged_at: datetime | None


@dataclass(frozen=True)
class ReachPage:
    """See templates/rotations/reach.html and reach_of.html."""

    ways: tuple[WayRow, ...]
    removed: tuple[WayRow, ...]
    ladders: tuple[Ladder, ...]
    notices: NoticeChoice
    test: TestPage | None
    first_day: FirstDay | None
    doubtful: tuple[str, ...]
    chat: bool

    @property
    def addresses(self) -> int:
        """How many ways were added."""
        return sum(way.removable for way in self.ways)


def reach_page(person: Person, at: datetime) -> ReachPage:
    """How somebody is reached. Thirteen queries, however many ways they have."""
    methods = list(ContactMethod.objects.filter(person=person).order_by("kind", "label", "pk"))
    rules = list(ContactRule.objects.filter(person=person).select_related("method").order_by("minutes", "pk"))
    present = [method for method in methods if method.removed_at is None]
    ways = tuple(_ways(person, present, rules))
    moves_on = _moves_on()
    return ReachPage(
        ways=ways,
        removed=tuple(_way(method, person, []) for method in methods if method.removed_at and method.address),
        ladders=tuple(_ladder(urgency, rules, ways, moves_on.get(urgency, 0)) for urgency in Urgency),
        notices=NoticeChoice.objects.filter(person=person).first() or NoticeChoice(person=person),
        test=last_test(person), first_day=first_day(person, at), chat=has_chat(),
        doubtful=tuple(way.label for way in ways if way.removable and way.verified_at is None),
    )


def targets(person: Person) -> list[tuple[str, str]]:
    """What can be a step of somebody, as a form's choices. One query."""
    present = list(ContactMethod.objects.filter(person=person, removed_at__isnull=True))
    return [(way.target, way.label) for way in _ways(person, present, [])]


def usual_rungs(person: Person) -> tuple[Rung, ...]:
    """The one-click ladder of somebody; none where there is nothing to push, text or call. One query."""
    present = list(ContactMethod.objects.filter(person=person, removed_at__isnull=True))
    return usual_ladder([Way(way.target, way.channel, way.label) for way in _ways(person, present, [])])


def own_rungs(person: Person, urgency: Urgency) -> tuple[Rung, ...]:
    """What somebody chose for an urgency, without what they removed. One query."""
    found = ContactRule.objects.filter(person=person, urgency=urgency, method__removed_at__isnull=True)
    return tuple(sorted(_rung(rule) for rule in found.select_related("method")))


def last_test(person: Person) -> TestPage | None:
    """The last test page that was sent to somebody. One query."""
    page = Page.objects.filter(test=True, only_to=person).order_by("-at", "-pk").first()
    return TestPage(page.pk, page.at, page.state == PageState.OPEN, page.acknowledged_at) if page else None


def _moves_on() -> dict[str, int]:
    """By urgency, after how many minutes a page of its policy goes on to somebody else; 0: it does not. One query."""
    return {policy.urgency: int(policy.steps[1]["minutes"]) if len(policy.steps) > 1 else 0
            for policy in PagePolicy.objects.all()}


def _ways(person: Person, present: Sequence[ContactMethod], rules: Sequence[ContactRule]) -> list[WayRow]:
    """Mattermost and mail, which everybody has, then what was added."""
    stored = {method.kind: method for method in present if method.kind != ContactKind.APPRISE}
    plain = [stored.get(kind) or ContactMethod(person=person, kind=kind, label=str(kind.label))
             for kind in (ContactKind.MATTERMOST, ContactKind.MAIL)]
    added = [method for method in present if method.kind == ContactKind.APPRISE]
    return [_way(method, person, rules) for method in (*plain, *added)]


def _way(method: ContactMethod, person: Person, rules: Sequence[ContactRule]) -> WayRow:
    kind = ContactKind(method.kind)
    channel = {ContactKind.MATTERMOST: "chat", ContactKind.MAIL: "mail"}.get(kind) or channel_of(method.address)
    where, trouble = masked(method.address), ""
    if kind == ContactKind.MAIL:
        where = person.email
    elif kind == ContactKind.MATTERMOST:
        where = f"@{person.mattermost_name}" if person.mattermost_name else f"by {person.email}"
        trouble = "" if has_chat() else "No Mattermost is connected: mail stands in"
    steps = [f"{Urgency(rule.urgency).label.lower()} {minutes_words(rule.minutes)}"
             for rule in rules if method.pk and rule.method_id == method.pk]
    target = str(method.pk) if kind == ContactKind.APPRISE else kind.value
    return WayRow(method.pk, target, kind, channel, ICONS[channel], str(method.label), where, method.verified_at,
                  ", ".join(steps), trouble)


def _rung(rule: ContactRule) -> Rung:
    kind = rule.method.kind
    return Rung(rule.minutes, str(rule.method_id) if kind == ContactKind.APPRISE else kind)


def _ladder(urgency: Urgency, rules: Sequence[ContactRule], ways: Sequence[WayRow], moves_on: int) -> Ladder:
    chosen = [rule for rule in rules if rule.urgency == urgency and rule.method.removed_at is None]
    facts = [RuleFact(rule.minutes, ContactKind(rule.method.kind), rule.method_id, rule.method.label,
                      rule.method.verified_at is not None) for rule in chosen]
    real = steps_of(facts, chat=has_chat())
    icons = {way.target: way.icon for way in ways}
    rungs = [_rung(rule) for rule in chosen]
    return Ladder(urgency, tuple(_step(step, rungs, icons) for step in real), bool(chosen), too_late(real, moves_on),
                  moves_on, _usual(ways, rungs))


def _step(step: ContactStep, rungs: Sequence[Rung], icons: Mapping[str, str]) -> StepRow:
    target = str(step.method) if step.kind == ContactKind.APPRISE else step.kind.value
    rung, note = Rung(step.minutes, target), ""
    if rung not in rungs and Rung(step.minutes, ContactKind.MATTERMOST.value) in rungs:
        rung, note = Rung(step.minutes, ContactKind.MATTERMOST.value), "in the place of Mattermost"
    elif rung not in rungs:
        note = "until your addresses are proven" if rungs else ""
    return StepRow(minutes_words(step.minutes), step.label, icons.get(target, "bell"),
                   rungs_text([rung]) if rung in rungs else "", note)


def _usual(ways: Sequence[WayRow], rungs: Sequence[Rung]) -> str:
    offered = usual_ladder([Way(way.target, way.channel, way.label) for way in ways])
    if not offered or offered == tuple(sorted(rungs)):
        return ""
    by_minutes: defaultdict[int, list[str]] = defaultdict(list)
    channels = {way.target: CHANNELS[way.channel] for way in ways}
    for rung in offered:
        if channels[rung.target] not in by_minutes[rung.minutes]:
            by_minutes[rung.minutes].append(channels[rung.target])
    words = ", ".join(f"{' and '.join(names)} {minutes_words(minutes)}" for minutes, names in by_minutes.items())
    return words[:1].upper() + words[1:]
