"""What somebody does to a ticket: move, assign, set a priority, label, comment."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from people.access import needs, require
from people.choices import Right
from portal.common import clock
from portal.flows import writes as flows
from tickets.actions import writes
from tickets.actions.ordering import NoReason
from tickets.actions.writes import NotThere
from tickets.actions.writes.change import UNASKED, statuses_of
from tickets.choices import Column
from tickets.models import JiraStatus, JiraUser, Ticket, TicketWrite
from tickets.views.sheets import answered, ask_reason, reason_first, refused, ticket_of

MOST_LABELS, LONGEST_LABEL = 20, 255


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request", "HX-Target")
@needs(Right.WORK_TICKETS)
def move(request: HttpRequest, key: str) -> HttpResponse:
    """To another column or status (`to`), and to a place in To Do (`before` or `after` another key). A place against
    the priority of work needs a `reason`; a GET is the dialog that asks for it."""
    person, ticket = require(request, Right.WORK_TICKETS), ticket_of(key)
    if request.method != "POST":
        return ask_reason(request, ticket, request.GET.get("words", "")[:80], {})
    given, at = request.POST, clock.now()
    try:
        to, place = _targets(given.get("to", ""), ticket), _place(given.get("before", ""), given.get("after", ""))
        done = flows.move_card(
            ticket=ticket, to=to, place=place, by=person, at=at, drawn=given.get("drawn", "")[:255],
            reason=given.get("reason", ""),
        )
    except flows.AgainstOrder as against:
        return reason_first(request, ticket, against.words)
    except NoReason as fault:
        return ask_reason(request, ticket, "", {"reason": str(fault)})
    except (NotThere, ValueError) as fault:
        return refused(request, ticket, getattr(fault, "words", str(fault)))
    return answered(request, ticket, done, _moved_words(ticket, done))


def _targets(to: str, ticket: Ticket) -> list[str]:
    """The statuses that `to` names: a column of the board, or Jira's id of one. Raises `NotThere`."""
    if not to or to == ticket.column:
        return []
    if to not in Column.values:
        status = to.replace("\x00", "")[:255]
        if not JiraStatus.objects.filter(id=status).exists():
            raise NotThere("Jira has no such status.")
        return [status]
    found = statuses_of(to) if to not in {Column.UNMAPPED, Column.OFF} else []
    if not found:
        raise NotThere(f"No status of Jira's stands in {Column(to).label}. The lead can map one on the Mirror page.")
    return found


def _place(before: str, after: str) -> flows.Place | None:
    """The place in To Do next to another ticket. Raises `NotThere`."""
    anchor = before or after
    if not anchor:
        return None
    found = Ticket.objects.present().filter(key=anchor.replace("\x00", "")[:80]).values_list("id", flat=True).first()
    if found is None:
        raise NotThere("The order of To Do changed meanwhile. Look again before you move it.")
    return flows.Place(found, before=bool(before))


def _moved_words(ticket: Ticket, done: flows.Done) -> str:
    said = next((flows.said_of(write) for write in done.writes), "")
    return f"{ticket.key} {said}." if said else f"{ticket.key} stands there already."


@require_POST
@needs(Right.WORK_TICKETS)
def assign(request: HttpRequest, key: str) -> HttpResponse:
    """To the account id in `assignee`; empty takes it from its owner."""
    account = request.POST.get("assignee", "").replace("\x00", "")[:128] or None
    if account and not JiraUser.objects.filter(account_id=account).exists():
        return refused(request, ticket_of(key), "The portal has not seen this person in Jira yet.")
    drawn = (request.POST["drawn"] or None) if "drawn" in request.POST else UNASKED
    return _change(request, key, lambda ticket, **who: writes.assign_ticket(
        ticket_id=ticket.id, assignee=account, drawn=drawn, **who
    ))


@require_POST
@needs(Right.WORK_TICKETS)
def priority(request: HttpRequest, key: str) -> HttpResponse:
    """Jira's priority, by its name."""
    name = request.POST.get("priority", "").replace("\x00", "").strip()[:255]
    if not name:
        return refused(request, ticket_of(key), "Choose a priority.")
    return _change(request, key, lambda ticket, **who: writes.prioritise_ticket(
        ticket_id=ticket.id, priority=name, drawn=request.POST.get("drawn"), **who
    ))


@require_POST
@needs(Right.WORK_TICKETS)
def labels(request: HttpRequest, key: str) -> HttpResponse:
    """`add`: new ones, apart by spaces or commas; `had` and `keep`: those that were shown, and those that stay."""
    fresh = request.POST.get("add", "").replace("\x00", "").replace(",", " ").split()
    gone = [label for label in request.POST.getlist("had") if label not in request.POST.getlist("keep")]
    if len(fresh) > MOST_LABELS or any(len(label) > LONGEST_LABEL for label in fresh):
        return refused(request, ticket_of(key), f"At most {MOST_LABELS} labels at once, of 255 characters each.")
    return _change(request, key, lambda ticket, **who: writes.label_ticket(
        ticket_id=ticket.id, add=list(dict.fromkeys(fresh)), remove=gone[:100], **who
    ))


@require_POST
@needs(Right.WORK_TICKETS)
def comment(request: HttpRequest, key: str) -> HttpResponse:
    """`text` in Jira's markup."""
    text = request.POST.get("text", "").replace("\x00", "")
    return _change(request, key, lambda ticket, **who: writes.comment_ticket(ticket_id=ticket.id, text=text, **who))


def _change(request: HttpRequest, key: str, act: Callable[..., TicketWrite | None]) -> HttpResponse:
    person, ticket, at = require(request, Right.WORK_TICKETS), ticket_of(key), clock.now()

    def made() -> list[TicketWrite]:
        write = act(ticket, by=person, at=at)
        return [write] if write is not None else []

    try:
        done = flows.write_ticket(made, ticket=ticket.id, by=person, at=at)
    except (NotThere, ValueError) as fault:
        return refused(request, ticket, getattr(fault, "words", str(fault)))
    said = next((flows.said_of(write) for write in done.writes), "")
    return answered(request, ticket, done, f"{ticket.key} {said}." if said else "Nothing changed: it is so already.")
