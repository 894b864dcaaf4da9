"""Response templates: what is known for their placeholders, how often each is used, and how it ended."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Count, Max, Q, QuerySet
from django.urls import reverse

from cadence.queries import holidays, plan, team_day
from cadence.rules.release import release_of
from escalations.choices import Fix, Outcome, Status, TicketState
from escalations.models import Affected, Escalation, Message, ResponseTemplate, TemplateVersion
from escalations.rules.figures import percent
from escalations.rules.responses import Change, Filled, Placeholder, differences, fill, placeholders
from people.models import Component
from tickets.models import Ticket
from tickets.queries.addresses import jira_url

SETTLED = Q(escalation__status__in=[Status.SOLVED, Status.CLOSED])


@dataclass(frozen=True)
class Hint:
    """Why a placeholder could not be filled in, and where that is mended."""

    text: str
    url: str = ""
    label: str = ""


@dataclass(frozen=True)
class Known:
    """What is known for placeholders, by key (lower case). `values` are plain text; `sources` say whence each comes;
    `hints` are for those that are not known."""

    values: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    hints: Mapping[str, Hint] = field(default_factory=dict)


@dataclass(frozen=True)
class Usage:
    """How a template is used. `settled`: of the escalations it was used in, those that are solved or closed;
    `without`: those of them that never had a ticket; `ended`: what they turned out to be, the commonest first."""

    messages: int = 0
    escalations: int = 0
    settled: int = 0
    without: int = 0
    ended: tuple[tuple[str, int], ...] = ()
    last_at: datetime | None = None

    @property
    def share(self) -> int | None:
        """Answered without a ticket, in per cent of those that are settled; None while none is."""
        return percent(self.without, self.settled) if self.settled else None


@dataclass(frozen=True)
class Line:
    """A template in a list, as its newest version says it."""

    template: ResponseTemplate
    version: TemplateVersion
    outcome: str
    usage: Usage


@dataclass(frozen=True)
class Past:
    """A version, and how it differs from the one before."""

    version: TemplateVersion
    changes: tuple[Change, ...]
    used: int


@dataclass(frozen=True)
class TemplatePage:
    """A template's own page."""

    line: Line
    placeholders: tuple[Placeholder, ...]
    versions: tuple[Past, ...]


# ---- What is known ----


def known_values(escalation: Escalation, *, at: datetime, affected: Affected | None = None) -> Known:
    """What an escalation tells for placeholders: reporter, product manager, ticket, release, customer, workaround. Two
    queries at most. `affected`: the customer who is told, where it is not the escalation's own."""
    known = _Known()
    told: Affected | Escalation = affected or escalation
    known.say("reporter name", first_name(told.reporter_name), "who asked")
    known.say("customer", told.customer.name, "the escalation")
    known.say("escalation", f"E-{escalation.pk}", "the escalation")
    known.say("workaround", escalation.workaround, "the escalation")
    ticket = escalation.ticket if escalation.ticket_id else None
    _manager(known, escalation.area, ticket.components if ticket else [])
    _ticket(known, escalation, ticket)
    _release(known, escalation, ticket, at)
    return known.whole()


def known_values_of_ticket(ticket: Ticket, *, at: datetime) -> Known:
    """What a ticket alone tells: its reporter in Jira, the product manager of its area, itself, its version."""
    known = _Known()
    if ticket.reporter:
        known.say("reporter name", first_name(ticket.reporter.display_name), "the ticket's reporter in Jira")
    _manager(known, None, ticket.components)
    known.say("ticket link", jira_url(ticket.key) or ticket.key, "the ticket")
    known.say("release", _version(ticket), "the ticket's fix version")
    known.hint("release date", _next_release(at))
    return known.whole()


def first_name(name: str) -> str:
    """How somebody is addressed."""
    return next(iter(name.split()), "")


def day_words(day: date, today: date) -> str:
    """A day as a letter says it: "16 December", with the year when it is another one."""
    return f"{day.day} {day:%B}" + (f" {day.year}" if day.year != today.year else "")


class _Known:
    """What is known so far, while it is gathered."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.sources: dict[str, str] = {}
        self.hints: dict[str, Hint] = {}

    def say(self, name: str, value: str, source: str) -> None:
        if value.strip():
            self.values[name], self.sources[name] = value.strip(), source

    def hint(self, name: str, text: str, url: str = "", label: str = "") -> None:
        if name not in self.values:
            self.hints[name] = Hint(text, url, label)

    def whole(self) -> Known:
        return Known(self.values, self.sources, self.hints)


def _manager(known: _Known, area: Component | None, names: Sequence[str]) -> None:
    """The product manager of the escalation's area, else of the first of the ticket's areas that has one."""
    asked = [area.name] if area else []
    rows = Component.objects.filter(name__in=[*asked, *names]).select_related("product_manager")
    found = {row.name: row for row in rows} if asked or names else {}
    for name in (*asked, *names):
        if name in found and (manager := found[name].product_manager):
            known.say("pm name", manager.name, f"product manager of {name}")
            return
    if row := next((found[name] for name in (*asked, *names) if name in found), None):
        url = reverse("people:area", args=[row.pk])
        known.hint("pm name", f"No product manager is named for {row.name}.", url, "Name one")
    else:
        known.hint("pm name", "It has no area, so nobody is known.", reverse("people:teams"), "Product managers")


def _ticket(known: _Known, escalation: Escalation, ticket: Ticket | None) -> None:
    if ticket:
        known.say("ticket link", jira_url(ticket.key) or ticket.key, "the linked ticket")
    elif escalation.ticket_state == TicketState.PENDING:
        known.hint("ticket link", "The ticket is on its way to Jira; its key comes in a moment.")
    else:
        url = reverse("escalations:route", args=[escalation.pk])
        known.hint("ticket link", "It has no ticket yet.", url, "Decide")


def _release(known: _Known, escalation: Escalation, ticket: Ticket | None, at: datetime) -> None:
    """What was said about the release goes before what the ticket says; a date is never guessed for a hotfix."""
    today = team_day(at)
    known.say("release", _version(ticket) if ticket else "", "the ticket's fix version")
    known.say("release", escalation.expected_release, "the expected release")
    if escalation.released_at:
        known.say("release date", day_words(team_day(escalation.released_at), today), "when it was released")
    elif escalation.expected_on:
        known.say("release date", day_words(escalation.expected_on, today), "the expected release")
    elif escalation.fix == Fix.NEXT_RELEASE:
        known.say("release date", day_words(_next_release_day(at), today), "the calendar's next release")
    known.hint("release date", _next_release(at))


def _next_release_day(at: datetime) -> date:
    return release_of(team_day(at), holidays(), plan())


def _next_release(at: datetime) -> str:
    return f"The calendar's next release is on {day_words(_next_release_day(at), team_day(at))}."


def _version(ticket: Ticket) -> str:
    return ticket.fix_versions[-1] if ticket.fix_versions else ""


# ---- Templates ----


def newest(slug: str) -> TemplateVersion | None:
    """What a template says now, also when it was set aside; None where there is no such template."""
    return TemplateVersion.objects.filter(template__slug=slug).select_related("template").first()


def filled_for(
    slug: str, escalation: Escalation, *, at: datetime, affected: Affected | None = None,
    values: Mapping[str, str] | None = None,
) -> tuple[TemplateVersion, Filled] | None:
    """A template filled with what is known of an escalation, and over that with `values`; what may be left out and is
    not known is left out. None where there is no such template."""
    version = newest(slug)
    if version is None:
        return None
    known = {**known_values(escalation, at=at, affected=affected).values, **(values or {})}
    spare = [one.key for one in placeholders(version.body) if one.optional and not known.get(one.key)]
    return version, fill(version.body, known, spare)


def offered() -> list[ResponseTemplate]:
    """The templates to choose from, in order: one query."""
    return list(ResponseTemplate.objects.filter(archived_at=None))


def responses(*, text: str = "", archived: bool = False) -> tuple[Line, ...]:
    """The templates whose words hold this text, in order, with how each is used: four queries."""
    rows = list(ResponseTemplate.objects.filter(archived_at__isnull=not archived))
    versions = _newest(rows)
    used = _usages(Message.objects.filter(template__template__in=rows))
    wanted = text.casefold().split()
    lines = [_line(row, versions[row.pk], used[row.pk]) for row in rows if row.pk in versions]
    return tuple(line for line in lines if all(word in _words(line) for word in wanted))


def template_page(row: ResponseTemplate) -> TemplatePage:
    """A template with all its versions, the newest first: four queries."""
    versions = list(row.versions.select_related("by"))
    used = Counter(Message.objects.filter(template__in=versions).values_list("template", flat=True))
    before = [*versions[1:], None]
    past = tuple(
        Past(one, differences(older.body, one.body) if older else (), used[one.pk])
        for one, older in zip(versions, before, strict=True)
    )
    line = _line(row, versions[0], _usages(Message.objects.filter(template__template=row))[row.pk])
    return TemplatePage(line, placeholders(versions[0].body), past)


def _line(row: ResponseTemplate, version: TemplateVersion, usage: Usage) -> Line:
    outcome = Outcome(row.outcome).label if row.outcome in Outcome.values else ""
    return Line(row, version, outcome, usage)


def _words(line: Line) -> str:
    return f"{line.template.title} {line.template.when} {line.version.body} {line.outcome}".casefold()


def _newest(rows: Sequence[ResponseTemplate]) -> dict[int, TemplateVersion]:
    found = TemplateVersion.objects.filter(template__in=rows).order_by("template_id", "-number").distinct("template_id")
    return {version.template_id: version for version in found.select_related("by")}


def _usages(messages: QuerySet[Message]) -> defaultdict[int, Usage]:
    """By template: two queries, however many messages there are."""
    of = messages.order_by().values("template__template")
    once = {"escalations": Count("escalation", distinct=True),
            "settled": Count("escalation", distinct=True, filter=SETTLED),
            "without": Count("escalation", distinct=True, filter=SETTLED & Q(escalation__ticket=None))}
    ended: defaultdict[int, list[tuple[str, int]]] = defaultdict(list)
    by_outcome = of.filter(SETTLED).values("template__template", "escalation__outcome")
    for row in by_outcome.annotate(many=Count("escalation", distinct=True)).order_by("-many", "escalation__outcome"):
        outcome = row["escalation__outcome"]
        label = Outcome(outcome).label if outcome in Outcome.values else "Not said"
        ended[row["template__template"]].append((label, row["many"]))
    usages: defaultdict[int, Usage] = defaultdict(Usage)
    for pk, *counts in of.annotate(messages=Count("pk"), **once, last_at=Max("at")).values_list(
        "template__template", "messages", "escalations", "settled", "without", "last_at"
    ):
        messages_, escalations, settled, without, last_at = counts
        usages[pk] = Usage(messages_, escalations, settled, without, tuple(ended[pk]), last_at)
    return usages
