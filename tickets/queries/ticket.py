"""A ticket's own page: everything that is mirrored of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Case, IntegerField, When
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from portal.common.templatetags.parts import near_text
from tickets.choices import Presence
from tickets.models import JiraUser, Ticket, TicketComment, TicketEvent, TicketKey
from tickets.queries.addresses import jira_url, ticket_url
from tickets.queries.marks import JiraMark, jira_mark
from tickets.queries.sync import stamp
from tickets.queries.timeline import MOST, Timeline, timeline
from tickets.rules import wiki
from tickets.rules.freshness import Stamp
from tickets.rules.tones import severity_tone, status_tone
from tickets.rules.wiki_inline import mentioned


@dataclass(frozen=True)
class Crumb:
    label: str
    url: str = ""


@dataclass(frozen=True)
class Badge:
    text: str
    tone: str = ""
    icon: str = ""


@dataclass(frozen=True)
class Fact:
    """A line of the facts: one of the values, and quiet words after it."""

    label: str
    value: str = ""
    person: JiraMark | None = None
    badges: tuple[str, ...] = ()
    at: datetime | None = None
    url: str = ""
    html: str = ""
    quiet: str = ""


@dataclass(frozen=True)
class Link:
    relation: str
    key: str
    url: str
    summary: str
    status: str
    external: bool


@dataclass(frozen=True)
class PresenceNote:
    """Said above a ticket that Jira no longer shows where it was."""

    tone: str
    icon: str
    title: str
    text: str
    url: str = ""
    label: str = ""


@dataclass(frozen=True)
class TicketPage:
    """See templates/tickets/ticket.html."""

    id: int
    key: str
    summary: str
    status: str
    status_tone: str
    jira_url: str
    crumbs: tuple[Crumb, ...]
    badges: tuple[Badge, ...]
    opened_at: datetime
    opened_by: str
    former_keys: tuple[str, ...]
    presence: PresenceNote | None
    description_html: SafeString
    facts: tuple[Fact, ...]
    links: tuple[Link, ...]
    stamp: Stamp
    timeline: Timeline


def find_ticket(key: str) -> Ticket | None:
    """The ticket that has this key, in any case; else the one that had it; else one that Jira no longer shows."""
    wanted = key.strip().upper()
    if not wanted or "\x00" in wanted or len(wanted) > 80:
        return None
    tickets = Ticket.objects.select_related("status", "assignee", "reporter", "team", "detail").defer(
        "detail__payload", "words"
    )
    present_first = Case(When(presence=Presence.PRESENT, then=0), default=1, output_field=IntegerField())
    held = tickets.filter(key=wanted).order_by(present_first, "-mirrored_at").first()
    if held is not None and held.presence == Presence.PRESENT:
        return held
    former = TicketKey.objects.filter(key=wanted).values("ticket")
    return tickets.filter(id__in=former).first() or held


def ticket_page(ticket: Ticket, *, show: str, everything: bool, at: datetime) -> TicketPage:
    """Everything about a ticket, in a constant number of queries."""
    events = list(TicketEvent.objects.filter(ticket=ticket).select_related("by").order_by("-at", "-id")[:MOST])
    comments = list(TicketComment.objects.filter(ticket=ticket).select_related("author").order_by("-created")[:MOST])
    description = _description(ticket)
    names = _names([description, *(comment.body for comment in comments)])
    linked = list(ticket.links.order_by("phrase", "other_key"))
    known = _known({*(link.other_key for link in linked), ticket.epic_key, ticket.parent_key} - {""})
    return TicketPage(
        id=ticket.id, key=ticket.key, summary=ticket.summary or ticket.key, status=_status(ticket),
        status_tone=status_tone(ticket.column), jira_url=jira_url(ticket.key), crumbs=_crumbs(ticket),
        badges=_badges(ticket), opened_at=ticket.created, opened_by=str(ticket.reporter) if ticket.reporter else "",
        former_keys=tuple(ticket.former_keys.order_by("key").values_list("key", flat=True)),
        presence=_presence(ticket, events, at), description_html=wiki.render(description, names),
        facts=_facts(ticket, known),
        links=tuple(
            _link(link.phrase, link.other_key, link.other_summary, link.other_status, known) for link in linked
        ),
        stamp=stamp(at), timeline=timeline(ticket, comments, events, names, show=show, everything=everything),
    )


def _description(ticket: Ticket) -> str:
    detail = getattr(ticket, "detail", None)
    return detail.description if detail else ""


def _status(ticket: Ticket) -> str:
    return ticket.status.name if ticket.status else "No status"


def _names(texts: Iterable[str]) -> dict[str, str]:
    """Account id → name of everyone these texts mention; no query where nobody is."""
    accounts = set().union(*(mentioned(text) for text in texts))
    if not accounts:
        return {}
    return dict(JiraUser.objects.filter(account_id__in=accounts).values_list("account_id", "display_name"))


def _known(keys: set[str]) -> dict[str, str]:
    """Key → summary of those that are mirrored."""
    return dict(Ticket.objects.present().filter(key__in=keys).values_list("key", "summary")) if keys else {}


def _crumbs(ticket: Ticket) -> tuple[Crumb, ...]:
    tickets = reverse("tickets:list")
    project = f"{tickets}?{urlencode({'project': ticket.project_key})}"
    return Crumb("Tickets", tickets), Crumb(ticket.project_key, project), Crumb(ticket.key)


def _badges(ticket: Ticket) -> tuple[Badge, ...]:
    told = (
        Badge(ticket.kind, "", "bug" if ticket.kind.lower() == "bug" else ""),
        Badge(ticket.severity, severity_tone(ticket.severity)),
        Badge("customer" if ticket.is_customer else "", "", "people"),
        Badge("community" if ticket.is_community else "", "", "people"),
    )
    return tuple(badge for badge in told if badge.text)


PRESENCES = {
    Presence.MOVED: (
        "amber", "out", "Moved to a project that is not mirrored.",
        "What stands here is how it was when it left; Jira has the rest.", "Open in Jira"),
    Presence.ARCHIVED: (
        "grey", "archive", "Archived in Jira.", "It is kept here as it was, and stands on no board.", "Open in Jira"),
    Presence.GONE: (
        "amber", "eye", "Jira no longer shows this ticket.",
        "It was deleted, or the portal's account may not see it any more. What stands here is the last that was read.",
        "Look in Jira"),
    Presence.DELETED: ("red", "fail", "Deleted in Jira.", "What stands here is the last that was read.", ""),
}


def _presence(ticket: Ticket, events: list[TicketEvent], at: datetime) -> PresenceNote | None:
    if ticket.presence not in PRESENCES:
        return None
    tone, icon, title, text, label = PRESENCES[Presence(ticket.presence)]
    event = next((event for event in events if event.what == ticket.presence), None)
    words = f" {event.to_value[:200].rstrip('.').capitalize()}." if event and event.to_value else ""
    if event:
        zone = timezone.get_current_timezone()
        title = f"{title} Seen {near_text(event.at.astimezone(zone), at.astimezone(zone))}."
    url = jira_url(ticket.key) if label else ""
    return PresenceNote(tone, icon, title, text + words, url, label)


def _facts(ticket: Ticket, known: dict[str, str]) -> tuple[Fact, ...]:
    floor = "or longer" if ticket.status_since_is_floor else ""
    always = (
        Fact("Status", _status(ticket)),
        Fact("Since", at=ticket.status_since, quiet=floor),
        Fact("Assignee", "No owner", person=jira_mark(ticket.assignee)),
        Fact("Priority", ticket.priority),
        Fact("Severity", ticket.severity),
        *([_work(ticket)] if ticket.work_reason else []),
        Fact("Labels", badges=tuple(ticket.labels)),
    )
    where_told = (
        Fact("Team", ticket.team.name if ticket.team else ""),
        Fact("Components", badges=tuple(ticket.components)),
        Fact("Fix versions", badges=tuple(ticket.fix_versions)),
        Fact("Resolution", ticket.resolution),
        _other("Epic", ticket.epic_key, known),
        _other("Parent", ticket.parent_key if ticket.parent_key != ticket.epic_key else "", known),
        Fact("Environment", html=wiki.render(getattr(getattr(ticket, "detail", None), "environment", "") or "")),
    )
    ends = (
        Fact("Reporter", "Nobody", person=jira_mark(ticket.reporter)),
        Fact("Created", at=ticket.created),
        Fact("Updated", at=ticket.updated),
        *([Fact("Resolved", at=ticket.resolved)] if ticket.resolved else []),
        Fact("Changed here", at=ticket.mirrored_at, quiet=_cleaned(ticket)),
    )
    return (*always, *(fact for fact in where_told if fact.value or fact.badges or fact.html), *ends)


def _work(ticket: Ticket) -> Fact:
    """Its class and reason; why that is so is told where the order is explained."""
    address = f"{reverse('tickets:priority')}?{urlencode({'key': ticket.key})}"
    held = f"held where it stands: {ticket.order_reason}" if ticket.order_reason else ""
    return Fact("Priority of work", ticket.work_reason, url=address, quiet=held)


def _cleaned(ticket: Ticket) -> str:
    detail = getattr(ticket, "detail", None)
    return "characters that cannot be stored were taken out" if detail and detail.cleaned else ""


def _other(label: str, key: str, known: dict[str, str]) -> Fact:
    if not key:
        return Fact(label)
    url = ticket_url(key) if key in known else jira_url(key)
    return Fact(label, key, url=url, quiet=known.get(key, "")[:120])


def _link(phrase: str, key: str, summary: str, status: str, known: dict[str, str]) -> Link:
    ours = key in known
    url = ticket_url(key) if ours else jira_url(key)
    return Link(phrase, key, url, known.get(key) or summary, status, external=not ours)
