"""The customer's edition as it leaves: in words that a mail shows, with the PDF, and to each customer without the
others; and what its draft may be made of."""

from datetime import timedelta
from typing import Any

import pytest

from customers.models import Contact, Customer, CustomerAlias
from customers.tests import factories as customers
from escalations.tests import factories as escalations
from incidents import paper
from incidents.actions.changing import link_escalation
from incidents.actions.retrospective import review_customer_text
from incidents.actions.states import resolve
from incidents.models import Incident, Retrospective
from incidents.queries.editions import customer_document
from incidents.rules.documents import as_plain
from incidents.tests import factories as make
from incidents.tests.pdf_text import text_of
from incidents.tests.test_public import approved, told
from incidents.tests.test_retrospective import drafted, page_of
from integrations import mail
from integrations.mail.tests.server import mail_server
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from people.tests import factories as people
from portal.flows.incidents.after import To, send_retro
from portal.flows.senders import mail as sender

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
TEXT = "## The cause\n\nA cache of **Northwind** (also Nordwind) & Initech.\n\n- **3:19 am ET** We told Smith & Sons"


@pytest.fixture
def ines() -> Person:
    return people.person(Role.ENGINEER, name="Ines Moreau")


@pytest.fixture
def both(ines: Person) -> tuple[Incident, Contact, Contact]:
    """An outage of two customers, with somebody at each."""
    smith, northwind = customers.customer("Smith & Sons"), customers.customer("Northwind")
    CustomerAlias.objects.create(customer=northwind, name="Nordwind")
    row = resolve(incident=make.incident(commander=ines, customers=(smith, northwind)), by=ines, at=make.NIGHT + HOUR)
    ana = Contact.objects.create(customer=smith, name="Ana", email="ana@smith.example")
    bob = Contact.objects.create(customer=northwind, name="Bob", email="bob@northwind.example")
    return row, ana, bob


def reviewed(row: Incident, by: Person, text: str = TEXT) -> Retrospective:
    retro = drafted(row, by, text)
    other = people.person(Role.SUPPORT)
    review_customer_text(incident=row, fine=True, why="", seen=retro.version, by=other, at=retro.at)
    retro.refresh_from_db()
    return retro


def send(row: Incident, by: Person, *to: Contact, thread: bool = False) -> list[Delivery]:
    retro = reviewed(row, by)
    send_retro(incident=row, to=To(to, thread), seen=retro.version, by=by, at=retro.at)
    return list(Delivery.objects.filter(purpose="incident.retro").order_by("pk"))


def test_each_customer_gets_words_without_marks_and_without_the_others(
    both: tuple[Incident, Contact, Contact], ines: Person
) -> None:
    row, ana, bob = both
    smiths, northwinds = (one.payload["text"] for one in send(row, ines, ana, bob))
    assert smiths == ("Incident report of 17 November 2026\nSmith & Sons\n\nThe cause\n\nA cache of another customer "
                      "(also another customer) & Initech.\n\n• 3:19 am ET We told Smith & Sons\n")
    assert "A cache of Northwind (also Nordwind)" in northwinds and "We told another customer" in northwinds
    assert "Smith" not in northwinds


def test_the_pdf_is_attached_and_arrives(
    both: tuple[Incident, Contact, Contact], ines: Person, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, ana, _ = both
    [delivery] = send(row, ines, ana)
    monkeypatch.setattr(sender, "still_mine", lambda _: lambda: None)
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_HOST_USER, settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = "", False, False
        sender.send(delivery)
    [message] = server.messages
    assert message["Message-ID"] == mail.message_id(delivery.key)
    _, words, file = message.walk()
    assert "The cause" in str(words.get_payload(decode=True))
    assert file.get_filename() == "incident-report-2026-11-17.pdf"
    assert "The cause" in text_of(file.get_payload(decode=True))  # type: ignore[arg-type]


def test_where_no_pdf_can_be_made_the_words_leave_without_it(
    both: tuple[Incident, Contact, Contact], ines: Person, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "installing").touch()
    monkeypatch.setattr(paper, "INSTALLING", tmp_path / "installing")
    [delivery] = send(both[0], ines, both[1])
    assert delivery.payload["files"] == [] and "The cause" in delivery.payload["text"]


def test_in_the_thread_of_one_customer_the_other_is_not_named(
    both: tuple[Incident, Contact, Contact], ines: Person
) -> None:
    row, _, bob = both
    thread = escalations.escalation(customer=Customer.objects.get(pk=bob.customer_id))
    link_escalation(incident=row, escalation=thread, by=ines, at=make.NIGHT + HOUR)
    row.refresh_from_db()
    send(row, ines, thread=True)
    text = thread.messages.get().text
    assert "Smith" not in text and "**Northwind**" in text and "We told another customer" in text


def test_what_is_downloaded_for_several_names_none_of_them(
    both: tuple[Incident, Contact, Contact], ines: Person
) -> None:
    drafted(both[0], ines, TEXT)
    said = as_plain(customer_document(page_of(both[0])))
    assert "Smith" not in said and "Northwind" not in said and "Initech" in said


def test_the_draft_says_what_customers_were_told_and_nothing_else(ines: Person) -> None:
    row = make.incident(commander=ines, customer=customers.customer("ABC"))
    approved(told(row, ines))
    told(row, ines, at=row.at + 20 * HOUR / 60, status="identified")  # nobody has read it
    resolve(incident=Incident.objects.get(pk=row.pk), by=ines, at=row.at + HOUR)
    said = page_of(row).customer_text
    assert "Investigating: we are looking for the cause" in said and "Identified" not in said
