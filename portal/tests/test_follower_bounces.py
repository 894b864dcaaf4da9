"""Somebody who follows a customer's page, and whose mail box is gone: their letters end, and nobody has to look."""

from datetime import timedelta

import pytest
from django.test import Client

from customers.tests import factories as customers
from incidents.choices import What
from incidents.models import IncidentEvent, StatusLink, Subscriber
from incidents.queries.links import links_of
from incidents.tests import factories
from incidents.tests.test_public import approved, follower, linked, told
from integrations.mail import MailRefused, nobody_there
from integrations.mail.client import _refusal
from integrations.mail.faults import NOT_TAKEN
from integrations.outbox.actions import Sent
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from people.tests import factories as people
from portal.common import clock
from portal.flows import senders
from portal.flows.delivery import deliver
from portal.flows.senders import Sender

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
GONE, RULES = b"5.1.1 no such user here", b"5.7.1 relaying denied"


@pytest.fixture
def ines() -> Person:
    return people.person(Role.ENGINEER, name="Ines Moreau")


def refusing(monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    def send(delivery: Delivery) -> Sent:
        raise _refusal(f"{NOT_TAKEN} {delivery.payload['to']}", 550, said)

    sender = senders.SENDERS["mail.send"]
    monkeypatch.setitem(senders.SENDERS, "mail.send", Sender(send, at_least_once=sender.at_least_once))


def followed(ines: Person) -> tuple[StatusLink, Subscriber, str]:
    theirs = customers.customer("Northwind")
    row = factories.incident(customer=theirs, commander=ines, at=clock.now() - 60 * MINUTE)
    link, url = linked(row, theirs, ines)
    return link, follower(link), url


def test_whose_mail_box_is_gone_follows_no_more_and_nothing_stands_as_failed(
    ines: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, who, _ = followed(ines)
    approved(told(link.incident, ines))
    refusing(monkeypatch, GONE)
    letter = Delivery.objects.get(purpose="incident.follower")
    for _ in range(2):
        deliver(delivery_id=letter.pk, at=clock.now())
    letter.refresh_from_db()
    who.refresh_from_db()
    assert letter.state == State.DROPPED and who.unreachable_at == who.left_at is not None
    assert not Delivery.objects.stuck().filter(purpose__startswith="incident.follow").exists()
    [line] = IncidentEvent.objects.filter(what=What.FAILED)
    assert "Northwind's page by mail cannot be reached" in line.to_value and "ana@" not in line.to_value + line.text
    assert [one.followers for one in links_of(link.incident, clock.now())] == [0]
    approved(told(link.incident, ines, at=link.at + 20 * MINUTE))
    assert Delivery.objects.filter(purpose="incident.follower").count() == 1


def test_that_our_server_may_not_send_there_ends_nobodys_letters(ines: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    link, who, _ = followed(ines)
    approved(told(link.incident, ines))
    refusing(monkeypatch, RULES)
    letter = Delivery.objects.get(purpose="incident.follower")
    deliver(delivery_id=letter.pk, at=clock.now())
    letter.refresh_from_db()
    who.refresh_from_db()
    assert letter.state == State.FAILED and who.left_at is None


def test_an_address_that_nobody_has_is_asked_once_a_day_and_who_asks_learns_nothing(
    client: Client, ines: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, _, url = followed(ines)
    refusing(monkeypatch, GONE)
    answers = []
    for _ in range(2):
        answers.append(client.post(f"{url}follow/", {"email": "nobody@northwind.example"}))
        for one in Delivery.objects.filter(purpose="incident.follow", state=State.WAITING):
            deliver(delivery_id=one.pk, at=clock.now())
    assert [(one.status_code, one.headers["Location"]) for one in answers] == [(302, f"{url}?asked=1#follow")] * 2
    assert [one.state for one in Delivery.objects.filter(purpose="incident.follow")] == [State.DROPPED]
    Subscriber.objects.filter(link=link).update(unreachable_at=clock.now() - timedelta(days=2))
    client.post(f"{url}follow/", {"email": "Nobody@northwind.example"})
    row = Subscriber.objects.get(link=link, email="nobody@northwind.example")
    assert row.unreachable_at is None and row.left_at is None
    assert not IncidentEvent.objects.filter(what=What.FAILED).exists()  # nobody followed


@pytest.mark.parametrize(("words", "nobody"), [
    (f"{NOT_TAKEN} a@b.example (550): 5.1.1 unknown user", True), (f"{NOT_TAKEN} a@b.example (550): no", True),
    (f"{NOT_TAKEN} a@b.example (554): 5.7.1 Relay access denied", False), ("a b is no e-mail address.", True),
    (f"{NOT_TAKEN} relay@b.example (550): 5.1.1 unknown user", True),
    ("The mail server does not take mail from set@ours.example (550): no", False),
    ("The mail server did not take the message (552): 5.6.0 no", False),
])
def test_what_a_mail_server_says_is_about_the_mail_box_or_about_us(words: str, nobody: bool) -> None:
    assert nobody_there(MailRefused(words).words) == nobody
