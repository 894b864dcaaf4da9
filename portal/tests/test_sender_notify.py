"""Messages to phones by the outbox, against a service of the test's own; the address stands nowhere else."""

import json
from collections.abc import Iterator

import pytest
from django.test import Client

from integrations.notify.tests.service import Service, running_service
from integrations.outbox import actions as outbox
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery, DeliveryEvent
from people.choices import Role
from people.models import Person
from people.tests.factories import person
from portal import flows
from portal.common import clock
from portal.flows.reach import add_contact
from set_rotation.actions import Refused
from set_rotation.choices import ContactKind
from set_rotation.models import ContactMethod

pytestmark = pytest.mark.django_db
SECRET = "very-secret-hook-key"


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service() as found:
        yield found


def phone(who: Person, address: str) -> ContactMethod:
    return ContactMethod.objects.create(person=who, kind=ContactKind.APPRISE, label="My phone", address=address,
                                        added_at=clock.now())


def delivered(method: int) -> Delivery:
    """A message by this method, as it stands once a worker has tried it."""
    delivery = outbox.enqueue(topic="notify.send", scope=f"notify:{method}", title="Page 1 by My phone",
                              at=clock.now(), payload={"method": method, "title": "You are paged", "body": "Look."})
    flows.deliver(delivery_id=delivery.id, at=clock.now())
    delivery.refresh_from_db()
    return delivery


def test_a_message_reaches_the_service_behind_the_address(service: Service) -> None:
    delivery = delivered(phone(person(Role.ENGINEER), service.address(SECRET)).pk)
    assert delivery.state == State.SENT
    [told] = service.got
    assert (told["title"], told["message"]) == ("You are paged", "Look.")


def test_a_removed_method_is_not_used_and_says_so(service: Service) -> None:
    method = phone(person(Role.ENGINEER, name="Ines Okafor"), service.address(SECRET))
    method.removed_at = clock.now()
    method.save()
    delivery = delivered(method.pk)
    assert (delivery.state, service.got) == (State.FAILED, [])
    assert delivery.fault == "Ines Okafor removed this way to reach them meanwhile: nothing was sent."


def test_a_method_that_is_gone_says_so() -> None:
    delivery = delivered(987654)
    assert (delivery.state, delivery.fault) == (
        State.FAILED, "This way to reach somebody is gone: nothing was sent.")


def test_mail_is_no_address_of_this_door() -> None:
    mail = ContactMethod.objects.create(person=person(Role.ENGINEER), kind=ContactKind.MAIL, label="Mail",
                                        added_at=clock.now())
    assert delivered(mail.pk).fault == "This way to reach somebody has no address: nothing was sent."


@pytest.mark.parametrize(("status", "state"), [(404, State.FAILED), (503, State.WAITING)])
def test_a_no_fails_or_is_tried_again_and_the_address_stands_nowhere(
    service: Service, status: int, state: State, client: Client
) -> None:
    service.status = status
    delivery = delivered(phone(person(Role.ENGINEER), service.address(SECRET)).pk)
    assert delivery.state == state
    assert delivery.fault == "JSON did not take the message."
    events = DeliveryEvent.objects.filter(delivery=delivery).values_list("from_value", "to_value")
    stored = json.dumps([delivery.payload, delivery.title, delivery.fault, delivery.detail, *events])
    assert SECRET not in stored and str(service.port) not in stored
    client.force_login(person(Role.COORDINATOR))
    page = client.get("/outbox/").content.decode()
    assert "Page 1 by My phone" in page and SECRET not in page


def test_an_address_is_looked_at_by_the_library_before_it_is_kept(service: Service) -> None:
    ines = person(Role.ENGINEER)
    made = add_contact(person=ines, label="", address=service.address(SECRET), by=ines, at=clock.now())
    assert (made.label, made.address, service.got) == ("JSON", service.address(SECRET), [])
    for address, words in ((f"json://10.1.2.3/{SECRET}", "That server lies in a private network; that is not allowed."),
                           (f"file://{SECRET}", "file:// is for the machine that the portal runs on"),
                           (SECRET, "That is no address that the portal knows")):
        with pytest.raises(Refused) as caught:
            add_contact(person=ines, label="Other", address=address, by=ines, at=clock.now())
        assert words in str(caught.value) and SECRET not in str(caught.value) and "10.1.2.3" not in str(caught.value)
    assert ContactMethod.objects.count() == 1


def test_a_service_that_is_not_there_is_tried_again_without_telling_where() -> None:
    delivery = delivered(phone(person(Role.ENGINEER), f"json://127.0.0.1:9/{SECRET}").pk)
    assert delivery.state == State.WAITING
    assert SECRET not in delivery.fault + delivery.detail and "127.0.0.1" not in delivery.detail
