"""One bug read in full, and what its verbs offer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.safestring import SafeString

from people.models import Component, FeatureTeam, Person
from tickets.choices import Column, TriageVerb
from tickets.models import JiraStatus, JiraUser, Ticket, TicketComment, WorkflowStep
from tickets.queries.addresses import jira_url, ticket_url
from tickets.queries.similar import Similar, similar_to
from tickets.queries.ticket import Badge
from tickets.rules import wiki
from tickets.rules.tones import priority_tone, severity_tone
from tickets.rules.triage import CLOSING, DUPLICATE, FEATURE_TEXT, INFO_TEXT, KINDS, most_common
from tickets.rules.wiki_inline import mentioned

COMMENTS = 10
PARTS = 20  # components of one ticket that are looked up


@dataclass(frozen=True)
class Said:
    by: str
    at: datetime
    html: SafeString


@dataclass(frozen=True)
class Proposal:
    """The team that a bug is proposed to, and why: words that follow its name."""

    team: int
    name: str
    why: str


@dataclass(frozen=True)
class Reading:
    """A bug as triage reads it. `manager`: the product manager of its area, by their id; `more`: earlier comments."""

    id: int
    key: str
    url: str
    jira_url: str
    summary: str
    badges: tuple[Badge, ...]
    components: tuple[str, ...]
    reporter: str
    opened_at: datetime
    environment_html: SafeString
    description_html: SafeString
    comments: tuple[Said, ...]
    more: int
    proposal: Proposal | None
    manager: int | None
    manager_name: str
    similar: tuple[Similar, ...]

    @property
    def likely(self) -> Similar | None:
        """The ticket that it most likely duplicates."""
        return self.similar[0] if self.similar and self.similar[0].likely else None


@dataclass(frozen=True)
class Option:
    """A line to choose. `number`: its key, 1 to 9, or ""; `why_not`: it cannot be chosen, in words."""

    value: str
    label: str
    chosen: bool = False
    number: str = ""
    why_not: str = ""


@dataclass(frozen=True)
class VerbForm:
    """What a verb asks for: see templates/tickets/triage/verbs.html."""

    verb: str
    teams: tuple[Option, ...] = ()
    kinds: tuple[Option, ...] = ()
    managers: tuple[Option, ...] = ()
    resolutions: tuple[Option, ...] = ()
    similar: tuple[Similar, ...] = ()
    text: str = ""
    q: str = ""


def reading(ticket: Ticket) -> Reading:
    """A bug in full, of a ticket as `find_ticket` finds it; in a constant number of queries."""
    found = TicketComment.objects.filter(ticket=ticket).select_related("author").order_by("-created", "-id")
    comments = list(found[: COMMENTS + 1])
    detail = getattr(ticket, "detail", None)
    description, environment = (detail.description, detail.environment) if detail else ("", "")
    names = _names([description, environment, *(comment.body for comment in comments)])
    similar = similar_to(ticket.id)
    areas = _areas(ticket.components)
    manager = next((area.product_manager for area in areas if area.product_manager), None)
    return Reading(
        id=ticket.id, key=ticket.key, url=ticket_url(ticket.key), jira_url=jira_url(ticket.key),
        summary=ticket.summary or ticket.key, badges=_badges(ticket), components=tuple(ticket.components),
        reporter=str(ticket.reporter) if ticket.reporter else "", opened_at=ticket.created,
        environment_html=wiki.render(environment, names), description_html=wiki.render(description, names),
        comments=tuple(
            Said(str(comment.author) if comment.author else "Somebody", comment.created,
                 wiki.render(comment.body, names))
            for comment in reversed(comments[:COMMENTS])
        ),
        more=max(TicketComment.objects.filter(ticket=ticket).count() - COMMENTS, 0) if len(comments) > COMMENTS else 0,
        proposal=_proposal(areas, similar), manager=manager.pk if manager else None,
        manager_name=manager.name if manager else "", similar=similar,
    )  # fmt: skip


def _names(texts: Sequence[str]) -> dict[str, str]:
    """Account id → name of everyone these texts mention; no query where nobody is."""
    accounts = set().union(*(mentioned(text) for text in texts))
    found = JiraUser.objects.filter(account_id__in=accounts).values_list("account_id", "display_name")
    return dict(found) if accounts else {}


def _areas(components: Sequence[str]) -> list[Component]:
    """The areas that these components are, in the ticket's own order."""
    wanted = list(components[:PARTS])
    if not wanted:
        return []
    named = Q(pk__in=[])
    for name in wanted:
        named |= Q(name__iexact=name)
    found = Component.objects.filter(named).select_related("team", "product_manager")
    order = {name.casefold(): place for place, name in enumerate(wanted)}
    return sorted(found, key=lambda area: order.get(area.name.casefold(), PARTS))


def _proposal(areas: Sequence[Component], similar: Sequence[Similar]) -> Proposal | None:
    """The team that owns the area; where none is told, the one that has most of what sounds alike."""
    for area in areas:
        if area.team is not None:
            return Proposal(area.team.pk, area.team.name, f"which owns the area {area.name}")
    team = most_common(each.team for each in similar if each.team is not None)
    known = FeatureTeam.objects.filter(pk=team).first() if team is not None else None
    if known is None:
        return None
    count = sum(1 for each in similar if each.team == team)
    return Proposal(known.pk, known.name, f"which has {count} of the {len(similar)} that sound alike")


def _badges(ticket: Ticket) -> tuple[Badge, ...]:
    told = (
        Badge(ticket.severity, severity_tone(ticket.severity)), Badge(ticket.priority, priority_tone(ticket.priority)),
        *(Badge(label, "", "tag") for label in ticket.labels),
    )
    return tuple(badge for badge in told if badge.text)


# ---- What the verbs offer -----------------------------------------------------------------


def verb_form(verb: TriageVerb, ticket: Ticket, read: Reading) -> VerbForm:
    """What a verb asks for, with what is proposed chosen already. Two queries at most."""
    match verb:
        case TriageVerb.ROUTE:
            return VerbForm(verb, teams=_teams(read.proposal))
        case TriageVerb.FEATURE:
            kinds = tuple(
                Option(value, label, chosen=not place, number=str(place + 1))
                for place, (value, label) in enumerate(KINDS.items())
            )
            return VerbForm(verb, kinds=kinds, managers=_managers(read.manager), text=FEATURE_TEXT)
        case TriageVerb.INFO:
            return VerbForm(verb, text=INFO_TEXT)
        case TriageVerb.DUPLICATE:
            return VerbForm(verb, similar=read.similar)
        case TriageVerb.CLOSE:
            return VerbForm(verb, resolutions=_resolutions(ticket))
    return VerbForm(verb)


def _teams(proposal: Proposal | None) -> tuple[Option, ...]:
    # One without a label and without an area is no place for a bug; one that owns an area is shown, and why not it.
    places = FeatureTeam.objects.filter(~Q(jira_label="") | Q(components__isnull=False))
    teams = list(places.distinct().order_by("name"))
    first = next((team.pk for team in teams if team.jira_label and proposal and team.pk == proposal.team), None)
    return tuple(
        Option(str(team.pk), team.name, chosen=team.pk == first, number=str(place) if place < 10 else "",
               why_not="" if team.jira_label else "no Jira label yet")
        for place, team in enumerate(teams, 1)
    )  # fmt: skip


def _managers(first: int | None) -> tuple[Option, ...]:
    people = Person.objects.active().filter(areas__isnull=False).distinct().order_by("name")
    return tuple(Option(str(person.pk), person.name, chosen=person.pk == first) for person in people)


def _resolutions(ticket: Ticket) -> tuple[Option, ...]:
    """Those that Jira was seen to offer for this step; "Duplicate" has its own verb."""
    done = list(JiraStatus.objects.filter(column=Column.DONE).values_list("id", flat=True))
    steps = WorkflowStep.objects.filter(
        project_key=ticket.project_key, kind=ticket.kind, status_id=ticket.status_id or "", to_status__in=done
    )
    offered = [
        pair[1] for step in steps.order_by("step_id") for field in step.fields if field.get("id") == "resolution"
        for pair in field.get("allowed", [])
    ]
    names = [name for name in dict.fromkeys(offered or CLOSING) if name != DUPLICATE]
    first = CLOSING[0] if CLOSING[0] in names else next(iter(names), "")
    return tuple(
        Option(name, name, chosen=name == first, number=str(place) if place < 10 else "")
        for place, name in enumerate(names, 1)
    )


def manager_mention(pk: str) -> str:
    """How a comment names a product manager: so that Jira tells them, where it is known who they are there."""
    found = Person.objects.active().filter(pk=int(pk)).first() if pk.isascii() and pk.isdecimal() else None
    if found is None:
        return ""
    if not found.jira_account_id:
        return found.name
    known = JiraUser.objects.filter(account_id=found.jira_account_id).exists()
    return f"[~accountid:{found.jira_account_id}] ({found.name})" if known else found.name
