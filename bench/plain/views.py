"""One query, so many seven-field cards, one template, nothing else: nobody is signed in, nothing is kept."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from tickets.choices import Column, Presence
from tickets.models import Ticket

SEVEN = ("key", "summary", "kind", "priority", "severity", "assignee__display_name", "status_since")
OPEN = (Column.TODO, Column.IN_PROGRESS, Column.SUBMITTED)


def plain(request: HttpRequest, cards: int) -> HttpResponse:
    tickets = Ticket.objects.filter(presence=Presence.PRESENT, column__in=OPEN).order_by("-updated")
    return HttpResponse(render_to_string("bench/plain.html", {"cards": list(tickets.values(*SEVEN)[:cards])}))
