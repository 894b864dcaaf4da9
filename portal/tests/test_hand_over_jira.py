"""New owners against a running Jira: each ticket changed there once, and what somebody changed there is never lost."""

from collections.abc import Sequence
from typing import Any

import pytest

from integrations.outbox.choices import State
from integrations.sandbox.testing import Sandbox
from people.models import Person
from portal.common import clock
from portal.flows.hand_over import draft_hand_over, write_owners
from portal.tests.handing import Handing, handing
from portal.tests.mirroring import synced, ticket
from portal.tests.test_writes import in_jira, send_all, settled_within
from set_rotation.models import HandOver, HandOverTicket
from set_rotation.tests.factories import crew
from tickets.actions import writes
from tickets.choices import Column
from tickets.models import JiraUser, Ticket, TicketWrite

pytestmark = pytest.mark.django_db


def as_people(accounts: Sequence[str]) -> list[Person]:
    """Somebody for each of these accounts of Jira's."""
    people = crew(len(accounts))
    for person, account in zip(people, accounts, strict=True):
        person.jira_account_id = account
        person.save(update_fields=["jira_account_id"])
    return people


@pytest.fixture
def friday(made_up: Sandbox) -> tuple[Handing, HandOver]:
    """The mirrored tickets in hand belong to people who are on SET now; five others of Jira's come next."""
    synced()
    held = Ticket.objects.present().filter(column__in=[Column.IN_PROGRESS, Column.SUBMITTED], assignee__isnull=False)
    owners = list(held.order_by("assignee_id").values_list("assignee_id", flat=True).distinct()[:5])
    few = list(held.filter(assignee_id__in=owners).order_by("id").values_list("id", flat=True)[:6])
    Ticket.objects.exclude(id__in=few).update(column=Column.OFF)
    others = JiraUser.objects.exclude(account_id__in=owners).filter(assigned__isnull=False).order_by("account_id")
    incoming = as_people([str(account) for account in others.values_list("account_id", flat=True).distinct()[:5]])
    outgoing = as_people([str(account) for account in owners])
    found = handing(outgoing=outgoing, incoming=incoming)
    return found, draft_hand_over(rotation=found.now, by=None, at=clock.now())


def wanted(held: HandOver) -> dict[str, str]:
    rows = HandOverTicket.objects.filter(hand_over=held, goes_to__isnull=False).select_related("goes_to")
    return {row.key: row.goes_to.jira_account_id for row in rows if row.goes_to}


def owner(site: Sandbox, key: str) -> str:
    return str((in_jira(site, key)["assignee"] or {}).get("accountId", ""))


def assignments(site: Sandbox, key: str) -> int:
    """How often Jira's own log says that the ticket got another owner."""
    told: Any = site.jira("GET", f"/rest/api/2/issue/{key}", params={"expand": "changelog"}).json()
    return sum(item["field"] == "assignee" for entry in told["changelog"]["histories"] for item in entry["items"])


def test_jira_has_the_new_owners_each_changed_once(made_up: Sandbox, friday: tuple[Handing, HandOver]) -> None:
    crew, held = friday
    asked = wanted(held)
    before = {key: assignments(made_up, key) for key in asked}
    assert len(asked) == 6
    with settled_within(0.0):
        first = write_owners(hand_over=held, by=crew.outgoing[0], at=clock.now())
        write_owners(hand_over=held, by=crew.outgoing[0], at=clock.now())
        send_all()
    assert first.sent == len(asked)
    assert {key: owner(made_up, key) for key in asked} == asked
    assert {key: assignments(made_up, key) - before[key] for key in asked} == dict.fromkeys(asked, 1)
    assert {key: ticket(key).assignee_id for key in asked} == asked


def test_who_was_given_a_ticket_in_jira_meanwhile_keeps_it_until_somebody_decides(
    made_up: Sandbox, friday: tuple[Handing, HandOver]
) -> None:
    crew, held = friday
    asked = wanted(held)
    key = next(iter(asked))
    other = next(person.jira_account_id for person in crew.incoming if person.jira_account_id != asked[key])
    made_up.bulk("set", issues=[key], fields={"assignee": {"accountId": other}})
    with settled_within(0.0):
        write_owners(hand_over=held, by=crew.outgoing[0], at=clock.now())
        send_all()
        assert owner(made_up, key) == other
        write = TicketWrite.objects.get(ticket__key=key)
        assert write.delivery.state == State.ASKING
        assert {one: owner(made_up, one) for one in asked if one != key} == {
            one: account for one, account in asked.items() if one != key
        }
        writes.answer_write(write=write, answers={"assignee": "mine"}, by=crew.outgoing[0], at=clock.now())
        send_all()
    assert owner(made_up, key) == asked[key]
