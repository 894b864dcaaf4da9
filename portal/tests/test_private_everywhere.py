"""An incident that becomes private: from then on nobody outside finds it anywhere, by its title, its customer, its
number or its words, in whatever was written while everybody saw it."""

import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.urls import get_resolver

from customers.models import Customer
from customers.tests import factories as customers
from incidents.actions import changing, followups, merging, notes, roles, steps
from incidents.actions.base import Refused
from incidents.actions.links import make_link
from incidents.actions.news import draw_parts
from incidents.actions.sending import THREAD
from incidents.actions.targets import add_target, default_targets
from incidents.choices import Kind, Reading, TargetKind
from incidents.models import Incident, IncidentStep
from incidents.tests import factories
from incidents.tests.test_public import approved, follower, told
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from people.tests import factories as people
from portal.common import clock
from portal.common.models import Timer
from portal.flows.incidents.changed import incident_changed
from portal.tests.test_who_may_what import routes
from set_rotation.models import Page
from tickets.models import TicketEvent, TicketWeight
from tickets.tests.factories import make_ticket

pytestmark = pytest.mark.django_db
MINUTE, NUMBER = timedelta(minutes=1), 987_650
TITLE, WORDS, CUSTOMER = "Quicksilver shard sh-77 leaks keys", "The vault was left open", "Zebrafish Holdings"
# Who we have as customers is no secret: they stand on the pages of customers, and are offered wherever one is chosen.
OF_CUSTOMERS = re.compile(r"/(customers|api/v1/customers|incidents/(new|figures|lists)|escalations/(new|figures)|"
                          r"incidents/(\?.*)?$|knowledge)")
NOT_READ = re.compile(r"/live/$|/sign-out/|/api/(schema|docs)/|^/healthz|^/readyz|/webhooks/|/stream")


@pytest.fixture(autouse=True)
def _connection_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "close_all", lambda: None)


def numbered() -> None:
    """Numbers that stand nowhere by chance."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence('incidents_incident', 'id'), %s)", [NUMBER])


def full(leads: Person, outside: Person, theirs: Customer) -> Incident:
    """An incident of which everything was told that can be, while everybody saw it."""
    at, ticket = clock.now() - timedelta(hours=1), make_ticket()
    row = factories.incident(TITLE, customer=theirs, commander=leads, at=at, known=WORDS)
    changing.link_ticket(incident=row, ticket=ticket, by=leads, at=at)
    row = Incident.objects.get(pk=row.pk)
    default_targets(incident=row, at=at)
    link, _ = make_link(incident=row, customer=theirs, ends_at=at + timedelta(days=7), by=leads, at=at)
    follower(link)
    for reading, address in ((Reading.INTERNAL, "a@ours.example"), (Reading.EXECUTIVE, "b@ours.example")):
        add_target(incident=row, kind=TargetKind.MAIL, reading=reading, address=address, by=leads, at=at)
    notes.note(incident=row, text=WORDS, key=uuid.uuid4().hex, by=leads, at=at)
    approved(told(row, leads, summary=WORDS))
    step = IncidentStep.objects.filter(incident=row)[0]
    steps.change_step(incident=row, key=step.key, owner=outside, due_at=at, note=WORDS, by=leads, at=at)
    followups.add_action(incident=row, by=leads, at=at, given=followups.Given(
        title=WORDS, owner=outside, due_on=at.date()))
    other = factories.incident(f"{TITLE} too", customer=theirs, commander=leads, at=at)
    merging.merge(incident=other, into=row, reason=WORDS, by=leads, at=at)
    for kind, fault in (("incident.changed", TITLE), (THREAD, CUSTOMER)):
        Timer.objects.update_or_create(kind=kind, key=str(row.pk),
                                       defaults={"due_at": at, "fault": fault, "attempts": 3})
    return row


def states(row: Incident) -> None:
    """Of what was to leave some is there, some failed, some waits."""
    said = {"fault": f"{TITLE}: no", "detail": f"{CUSTOMER} {row}", "remote_url": f"https://chat.example/{row.pk}"}
    each: list[dict[str, Any]] = [
        {"state": State.FAILED}, {"state": State.SENT, "sent_at": row.at}, {"state": State.WAITING}]
    for number, one in enumerate(Delivery.objects.order_by("pk")):
        Delivery.objects.filter(pk=one.pk).update(**each[number % 3], **said if one.purpose != "page" else {})


def addresses() -> Iterator[str]:
    for path in routes(get_resolver().url_patterns):
        if "<" not in path and not NOT_READ.search(path):
            yield path
    yield from ("/outbox/?show=stuck", "/outbox/?show=sent", "/incidents/?tab=all", "/incidents/?format=csv&tab=all",
                "/incidents/?q=sh-77&tab=all", "/tickets/?q=sh-77")
    kinds = {(one.purpose, one.state, one.path): one.pk for one in Delivery.objects.all()}
    for pk in kinds.values():
        yield f"/outbox/{pk}/receipt/?titled=1"
    for page in Page.objects.all():
        yield from (f"/pages/{page.pk}/", f"/api/v1/pages/{page.pk}/")
    for ticket in TicketEvent.objects.values_list("ticket__key", flat=True).distinct():
        yield from (f"/tickets/{ticket}/", f"/board/{ticket}/")


def found_in(client: Client, path: str, row: Incident) -> list[str]:
    answer = client.get(path)
    if answer.streaming or answer.status_code >= 500:
        assert answer.status_code < 500, path
        return []
    text = answer.content.decode(errors="replace") + answer.headers.get("Location", "")
    secrets = ["Quicksilver", "vault was left", str(row.pk), str(row.pk + 1)]
    secrets += [] if OF_CUSTOMERS.match(path) else [CUSTOMER]
    return [f"{path}: {one}" for one in secrets if one in text]


def test_nobody_outside_finds_an_incident_that_became_private(
    client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    numbered()
    leads, outside = people.person(Role.ENGINEER), people.person(Role.COORDINATOR)  # who has every right
    theirs = customers.customer(CUSTOMER)
    row = full(leads, outside, theirs)
    incident_changed(incident=row, at=clock.now())
    states(row)
    client.force_login(outside)
    assert all(found_in(client, path, row) for path in ("/incidents/", "/status/", "/pages/"))  # while it is public
    with django_capture_on_commit_callbacks(execute=True):
        roles.set_private(incident=row, private=True, by=leads, at=clock.now())
    incident_changed(incident=Incident.objects.get(pk=row.pk), at=clock.now())
    found = [line for path in addresses() for line in found_in(client, path, row)]
    assert not found, "\n".join(found)
    client.force_login(leads)
    assert TITLE in client.get("/incidents/").content.decode()


def test_its_people_see_its_rows_of_the_outbox_and_others_decide_nothing_of_them(client: Client) -> None:
    leads, outside = people.person(Role.LEAD), people.person(Role.COORDINATOR)
    row = factories.incident(TITLE, commander=leads, at=clock.now() - timedelta(hours=1))
    add_target(incident=row, kind=TargetKind.MAIL, reading=Reading.INTERNAL, address="a@ours.example", by=leads,
               at=row.at)
    told(row, leads)
    mail = Delivery.objects.get(purpose="incident.update")
    Delivery.objects.filter(pk=mail.pk).update(state=State.FAILED, fault=f"{TITLE}: no")
    roles.set_private(incident=row, private=True, by=leads, at=clock.now())
    for who, seen in ((outside, False), (leads, True)):
        client.force_login(who)
        text = client.get("/outbox/?show=stuck").content.decode()
        assert (TITLE in text, "Something of a private incident" in text) == (seen, not seen)
        for verb in ("retry", "drop"):
            assert (f"/outbox/{mail.pk}/{verb}/" in text) == seen
        assert client.post(f"/outbox/{mail.pk}/retry/").status_code == (302 if seen else 404)
    roles.set_private(incident=row, private=False, by=leads, at=clock.now())
    client.force_login(outside)
    assert f"{row}: update 1" in client.get("/outbox/").content.decode()


def test_a_ticket_says_that_a_private_incident_weighs_on_it_and_not_which(client: Client) -> None:
    numbered()
    leads, ticket = people.person(Role.ENGINEER), make_ticket()
    row = factories.incident(TITLE, kind=Kind.COMMUNITY, customers=(), commander=leads)
    changing.link_ticket(incident=row, ticket=ticket, by=leads, at=row.at)
    for private, words in ((False, f"incident:{row}"), (True, "incident:private-"), (False, f"incident:{row}")):
        row = Incident.objects.get(pk=row.pk)
        roles.set_private(incident=row, private=private, by=leads, at=clock.now())
        incident_changed(incident=Incident.objects.get(pk=row.pk), at=clock.now())
        weight, event = TicketWeight.objects.get(), TicketEvent.objects.get(what="weight")
        assert weight.source.startswith(words) and event.to_value.startswith(f"{weight.source}, level 1")


def test_what_was_merged_into_a_private_one_is_private_with_it_and_not_the_other_way_round() -> None:
    leads = people.person(Role.ENGINEER)
    row, other = (factories.incident(commander=leads) for _ in range(2))
    merging.merge(incident=other, into=row, reason="One", by=leads, at=row.at + MINUTE)
    other.refresh_from_db()
    with pytest.raises(Refused, match="make that one private"):
        roles.set_private(incident=other, private=True, by=leads, at=row.at + MINUTE)
    roles.set_private(incident=row, private=True, by=leads, at=row.at + MINUTE)
    other.refresh_from_db()
    assert other.private
    with pytest.raises(Refused, match="which is private"):
        roles.set_private(incident=other, private=False, by=leads, at=row.at + MINUTE)


def test_what_is_public_says_that_it_was_merged_and_to_nobody_outside_into_which_private_one(client: Client) -> None:
    leads, outside = people.person(Role.ENGINEER), people.person(Role.COORDINATOR)
    mine, at = customers.customer("Initech"), clock.now() - timedelta(hours=1)
    row = factories.incident("Posts fail", customer=mine, commander=leads, at=at)
    link, token = make_link(incident=row, customer=mine, ends_at=at + timedelta(days=7), by=leads, at=at)
    follower(link)
    told(row, leads)  # a second person has not read it: the merge holds it back
    numbered()
    hidden = factories.incident(TITLE, commander=leads, at=at, private=True, known=WORDS,
                                customer=customers.customer(CUSTOMER))
    merging.merge(incident=Incident.objects.get(pk=row.pk), into=hidden, reason="One outage", by=leads, at=clock.now())
    for one in Incident.objects.all():
        incident_changed(incident=one, at=clock.now())
    client.force_login(outside)
    own = [path.replace("<number>", str(row.pk)) for path in routes(get_resolver().url_patterns)
           if path.startswith("/incidents/I-<number>/") and path.count("<") == 1 and not NOT_READ.search(path)]
    shared = [path for path in addresses() if "/incidents/" in path or "/outbox/" in path or path in ("/", "/status/")]
    letters = [f"/s/{token}/{part}" for part in ("", "feed.atom", "updates.ics")]
    found = [line for path in (*own, *shared, *letters, f"/api/v1/incidents/{row.pk}/")
             for line in found_in(client, path, hidden)]
    assert not found, "\n".join(found)
    page = client.get(f"/incidents/I-{row.pk}/").content.decode()
    assert "Merged into another incident" in page and "customers are told from another incident" in page
    assert client.get(f"/api/v1/incidents/{row.pk}/").json()["merged_into"] == ""
    for works in (True, False):  # what open pages are sent is one text for all who look
        sent = draw_parts(Incident.objects.get(pk=row.pk), ("head", "notices"), works=works, at=clock.now())
        assert "Merged into another incident" in sent and str(hidden.pk) not in sent
    with pytest.raises(Refused, match="another incident, which is private"):
        _private_again(row, leads)
    client.force_login(leads)  # who sees both
    page = client.get(f"/incidents/I-{row.pk}/").content.decode()
    assert f'href="/incidents/I-{hidden.pk}/"' in page and "The same as another." in page
    assert client.get(f"/api/v1/incidents/{row.pk}/").json()["merged_into"] == str(hidden)


def _private_again(row: Incident, by: Person) -> None:
    """Made private, and public again: each time by somebody who does not have to see the other one."""
    roles.set_private(incident=row, private=True, by=by, at=clock.now())
    roles.set_private(incident=row, private=False, by=by, at=clock.now())
