"""A linked ticket as far as it says when the fix is out, and what its customers are told then."""

from datetime import date, datetime

from cadence.queries import holidays, plan, team_day
from cadence.rules.release import milestones, release_of
from cadence.rules.release import next_release as release_after
from escalations.choices import What
from escalations.models import Affected, Escalation, TemplateVersion
from escalations.queries.responses import day_words, filled_for, first_name
from escalations.rules import tickets as rules
from escalations.rules.tickets import Fate, TicketNow, fate, released_on, versions_of, words_of_fate
from tickets.choices import Category, Column
from tickets.models import Ticket
from tickets.queries.addresses import jira_url

TEMPLATE = "fix-released"
FREEZE = "code-freeze"  # what is merged after it comes with the release after


def ticket_now(ticket: Ticket) -> TicketNow:
    """A ticket as the mirror has it. Two queries at most."""
    detail, status = getattr(ticket, "detail", None), ticket.status
    done = ticket.column == Column.DONE or bool(status and status.category == Category.DONE)
    return TicketNow(
        key=ticket.key, status=status.name if status else "", done=done, resolution=ticket.resolution,
        versions=versions_of(detail.payload if detail else None),
    )


def release_by_hand(row: Escalation) -> bool:
    """Whether somebody said when the fix is expected: then Jira does not say otherwise. One query."""
    last = row.events.filter(what=What.RELEASE).order_by("-at", "-pk").values_list("by", flat=True).first()
    return last is not None


def next_release(at: datetime) -> date:
    """The day of the next release that what is accepted now can reach: from code freeze on the one after."""
    day, free, how = team_day(at), holidays(), plan()
    found = release_of(day, free, how)
    frozen = next((one.day for one in milestones(found, free, how) if one.key == FREEZE), None)
    return release_after(found, free, how) if frozen is not None and day >= frozen else found


def text_for(
    row: Escalation, affected: Affected, ticket: TicketNow | None, at: datetime
) -> tuple[str, TemplateVersion | None]:
    """What an affected customer is told, prefilled with release and date: by the template where the fix is out, in
    plain words where it is made and not out yet, or where there is none; with the version of the template that said it.
    Six queries at most."""
    today = team_day(at)
    on = (released_on(ticket) if ticket else None) or row.expected_on
    release = (rules.release_of(ticket) if ticket else "") or row.expected_release
    if _is_out(ticket, on, today) and release:
        known = {"release": release} | ({"release date": day_words(on, today)} if on else {})
        found = filled_for(TEMPLATE, row, at=at, affected=affected, values=known)
        if found is not None and found[1].ready:
            return found[1].text, found[0]
    now = ticket or TicketNow(str(row), "", done=True)
    words = words_of_fate(
        now, name=first_name(affected.reporter_name), link=jira_url(now.key) if ticket else "",
        release=release, day=day_words(on, today) if on else "",
    )
    return words, None


def _is_out(ticket: TicketNow | None, on: date | None, today: date) -> bool:
    if ticket is None or fate(ticket) == Fate.RELEASED:
        return True
    return fate(ticket) == Fate.FIXED and on is not None and on <= today
