"""What an incident is declared from: an escalation, a page, a ticket, a customer. Only what the reader sees."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from customers.models import Customer
from customers.queries.find import by_slug, remaining
from escalations.choices import Level
from escalations.models import Escalation
from escalations.queries.seen import visible as visible_escalations
from incidents.choices import Severity
from people.choices import Right
from people.models import Person
from set_rotation.choices import PageState
from set_rotation.models import Page
from tickets.models import Ticket
from tickets.queries.ticket import find_ticket

LONGEST_KNOWN = 1_500  # of what an escalation says; the rest stands there
SEVERITIES = {Level.L1: Severity.SEV1, Level.L2: Severity.SEV2}


@dataclass(frozen=True)
class Sources:
    """Where it comes from; nothing of it where the address names nothing, or nothing that the reader sees."""

    escalation: Escalation | None = None
    page: Page | None = None
    ticket: Ticket | None = None
    customers: tuple[Customer, ...] = field(default=())

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """What the form sends back."""
        found = [("escalation", str(self.escalation) if self.escalation else ""),
                 ("page", str(self.page.pk) if self.page else ""), ("ticket", self.ticket.key if self.ticket else "")]
        return [pair for pair in found if pair[1]]

    @property
    def initial(self) -> dict[str, object]:
        """What the form begins with."""
        values: dict[str, object] = {}
        if self.ticket is not None:
            values["title"] = self.ticket.summary[:200]
        if self.page is not None:
            values |= {"title": self.page.reason, "known": self.page.details[:LONGEST_KNOWN]}
        if self.escalation is not None:
            asked = self.escalation
            values |= {"title": asked.title, "known": asked.happened[:LONGEST_KNOWN], "private": asked.confidential,
                       "severity": SEVERITIES.get(Level(asked.level), Severity.SEV3)}
        return values


def sources_of(given: Mapping[str, str], *, person: Person, rights: Collection[Right], at: datetime) -> Sources:
    """What an address or a form names: `escalation` ("E-12"), `page` ("12"), `ticket` ("MM-1"), `customer` (a slug).
    Six queries at most."""
    escalation = page = None
    if number := number_of(given.get("escalation", ""), "E-"):
        rows = visible_escalations(person, rights, at).select_related("customer__tam", "customer__csm", "ticket")
        escalation = rows.filter(pk=number).first()
    if Right.SEE_DUTY in rights and (number := number_of(given.get("page", ""))):
        page = Page.objects.filter(pk=number, test=False).select_related("acknowledged_by", "resolved_by").first()
    key = ticket_key(given.get("ticket", ""))
    ticket = find_ticket(key) if key and Right.SEE_TICKETS in rights else None
    if escalation is not None:
        return Sources(escalation, page, ticket or escalation.ticket, (remaining(escalation.customer),))
    slug = given.get("customer", "").replace("\x00", "")[:120]
    customer = by_slug(slug) if slug else None
    return Sources(None, page, ticket, (remaining(customer),) if customer else ())


def ticket_key(text: str) -> str:
    """The key of a ticket, also out of its address."""
    return text.replace("\x00", "").strip().rstrip("/").rpartition("/")[2][:80]


def on_it(page: Page | None) -> Person | None:
    """Who has answered a page and takes care of it; nobody once it is over, or rings again."""
    return page.acknowledged_by if page is not None and page.state == PageState.ACKNOWLEDGED else None


def number_of(text: str, prefix: str = "") -> int | None:
    """The number in "E-12", "12" or an address that ends with it; None for anything else."""
    bare = text.strip().rstrip("/").rpartition("/")[2].upper().removeprefix(prefix)
    return int(bare) if bare.isascii() and bare.isdigit() and len(bare) < 16 else None
