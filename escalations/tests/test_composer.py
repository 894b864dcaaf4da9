"""The composer: filled in, previewed, copied, sent; nothing that is open leaves, and nothing that was typed is lost."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from escalations.actions import responses as actions
from escalations.actions import thread
from escalations.choices import Author, Outcome, Status, TicketState
from escalations.models import Escalation, Message, MessageDelivery, ReplyDraft, ResponseTemplate
from escalations.queries.composing import for_escalation
from escalations.tests import factories as make
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from people.tests import factories as people
from portal.env import Jira
from portal.tests.mirroring import mirroring
from tickets.tests import factories as tickets

pytestmark = pytest.mark.django_db
SCRIPT: dict[str, Any] = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "composer"}


@pytest.fixture(autouse=True)
def _loaded(db: None) -> None:
    if not ResponseTemplate.objects.exists():
        actions.load_responses(at=make.NOON)


@pytest.fixture
def engineer() -> Person:
    return people.person(Role.ENGINEER, name="Tomasz Wilk")


@pytest.fixture
def row() -> Escalation:
    reporter = people.person(Role.SUPPORT, name="Rafael Souza", email="rafael@example.org")
    return make.escalation(reporter=reporter, support_ticket="48213", support_mail="t48213@support.example.org")


def as_(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def form(do: str = "send", **more: Any) -> dict[str, Any]:
    """What the composer's form sends."""
    values: dict[str, Any] = {"drawn": "1", "key": "k1", "seen": "0", "kind": "reply", "do": do}
    return values | {name.replace("__", "-"): value for name, value in more.items()}


def at(row: Escalation) -> str:
    return f"/escalations/E-{row.pk}/compose/"


# ---- Drawn ----


def test_a_template_chosen_by_a_link_is_filled_in_and_says_what_is_open(engineer: Person, row: Escalation) -> None:
    page = as_(engineer).get(f"{at(row)}?template=configuration").content.decode()
    assert '<span class="slot" data-slot="reporter name">Rafael</span>' in page
    assert '<span class="slot" data-slot="link" data-tone="amber">link</span>' in page
    assert "Fill in “link” and “list of troubleshooting steps” to send" in page
    assert "from who asked" in page


def test_where_it_goes_is_said_and_why_it_cannot(engineer: Person, row: Escalation) -> None:
    doors = {door.way: door for door in for_escalation(row, engineer, at=make.NOON).doors}
    assert doors["support"].chosen and "48213" in doors["support"].label
    assert not doors["mail"].why and not doors["mail"].chosen
    assert doors["jira"].why == "no ticket is linked"
    assert doors["mattermost"].why == "no Mattermost is configured"
    Escalation.objects.filter(pk=row.pk).update(ticket_state=TicketState.PENDING)
    row.refresh_from_db()
    found = {door.way: door for door in for_escalation(row, engineer, at=make.NOON).doors}
    assert found["jira"].why == "the ticket is being created"


def test_another_template_keeps_what_was_filled_in(engineer: Person, row: Escalation) -> None:
    typed = form("choose", template="unsupported", value__link="https://docs.example.org/ha", text="Old text")
    page = as_(engineer).post(at(row), typed, **SCRIPT).content.decode()
    assert "https://docs.example.org/ha" in page
    assert "Old text" not in page
    assert "Fill in “PM name” to send" in page
    assert "<html" not in page


def test_who_asks_for_more_is_shown_what_was_given_already(engineer: Person, row: Escalation) -> None:
    Escalation.objects.filter(pk=row.pk).update(server_version="10.4.2", steps="Sign in", tried="", logs="")
    client = as_(engineer)
    page = client.get(f"{at(row)}?template=more-information").content.decode()
    assert "<b>Given:</b> server version 10.4.2, steps; <b>not given:</b> database" in page
    assert "logs, files, what was tried</p>" in page
    assert "not given:" not in client.get(f"{at(row)}?template=looking-into-it").content.decode()


def test_whoever_says_that_it_looks_like_a_bug_is_reminded_of_the_ticket(engineer: Person, row: Escalation) -> None:
    client, path = as_(engineer), f"{at(row)}?template=looking-into-it"
    assert "there is none yet" in client.get(path).content.decode()
    ticket = tickets.make_ticket(key="MM-61100")
    Escalation.objects.filter(pk=row.pk).update(ticket=ticket, ticket_state=TicketState.LINKED)
    page = client.get(path).content.decode()
    assert "there is none yet" not in page
    assert "MM-61100" in page


def test_a_draft_comes_back_with_what_was_filled_in(engineer: Person, row: Escalation) -> None:
    client = as_(engineer)
    body = ResponseTemplate.objects.get(slug="configuration").versions.get().body
    typed = form("keep", template="configuration", text=f"{body}\n\nBye", value__link="https://docs.example.org")
    assert client.post(at(row), typed, **SCRIPT).status_code == 204
    assert ReplyDraft.objects.get(escalation=row, person=engineer).text.endswith("Bye")
    drawn = for_escalation(row, engineer, at=make.NOON)
    assert drawn.template is not None and drawn.template.slug == "configuration"
    assert drawn.edited and drawn.text.endswith("Bye")
    assert drawn.filled.missing == ("list of troubleshooting steps",)
    assert for_escalation(row, people.person(Role.LEAD), at=make.NOON).text == ""
    client.post(at(row), form("keep", template="", text=" "), **SCRIPT)
    assert not ReplyDraft.objects.exists()


def test_it_costs_the_same_with_every_template(
    engineer: Person, row: Escalation, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    row = Escalation.objects.select_related("customer", "ticket", "area", "reporter").get(pk=row.pk)
    with django_assert_max_num_queries(7):
        for_escalation(row, engineer, at=make.NOON)


# ---- Previewed and copied ----


def test_a_preview_shows_the_text_as_it_is_read_and_marks_what_is_open(engineer: Person, row: Escalation) -> None:
    typed = form("preview", template="configuration", text="**Hi** {{reporter name}}: {{link}}", value__link="")
    page = as_(engineer).post(at(row), typed, **SCRIPT).content.decode()
    assert "<strong>Hi</strong> Rafael" in page
    assert '<mark class="slot" data-tone="amber">link</mark>' in page
    assert "It is not whole" in page


def test_a_copy_says_when_it_is_not_whole_and_is_quiet_when_it_is(engineer: Person, row: Escalation) -> None:
    client = as_(engineer)
    open_ = client.post(at(row), form("copy", text="Hi {{link}}", value__link=""), **SCRIPT).content.decode()
    assert "It is not whole" in open_
    whole = client.post(at(row), form("copy", text="Hi {{link}}", value__link="*there*"), **SCRIPT)
    assert "It is not whole" not in whole.content.decode()
    assert r"Hi \*there\*</textarea>" in whole.content.decode()


# ---- Sent ----


def test_nothing_that_is_open_leaves_and_nothing_is_lost(engineer: Person, row: Escalation) -> None:
    typed = form(template="configuration", text="Hi {{reporter name}}, see {{link}}", ways=["support"],
                 **{"value-reporter name": "Rafa"}, value__link=" ")
    for more in ({}, SCRIPT):
        answer = as_(engineer).post(at(row), typed, **more)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "Not sent." in page and "Fill in “link” to send" in page
        assert 'value="Rafa"' in page and 'aria-invalid="true"' in page
    assert not Message.objects.exists() and not Delivery.objects.exists()


def test_a_whole_answer_leaves_by_the_ways_that_were_chosen_with_its_version(engineer: Person, row: Escalation) -> None:
    version = ResponseTemplate.objects.get(slug="configuration").versions.get()
    typed = form(template="configuration", version=str(version.pk), text=version.body, ways=["support"],
                 asks="on", value__link="https://docs.example.org/ldap",
                 **{"value-list of troubleshooting steps": "Restart\nLook", "value-reporter name": "Rafael"})
    answer = as_(engineer).post(at(row), typed)
    message = Message.objects.get()
    assert answer["Location"] == f"/escalations/E-{row.pk}/#message-{message.pk}"
    assert (message.template, message.by, message.public, message.asks) == (version, engineer, True, True)
    assert "Hi Rafael," in message.text and "1. Restart\n2. Look" in message.text and "{{" not in message.text
    assert MessageDelivery.objects.get().delivery.payload["to"] == "t48213@support.example.org"
    row.refresh_from_db()
    assert (row.status, row.outcome) == (Status.REPORTER, Outcome.CONFIGURATION)
    assert not ReplyDraft.objects.exists()


def test_the_same_form_sent_twice_is_one_answer(engineer: Person, row: Escalation) -> None:
    client = as_(engineer)
    for _ in range(2):
        client.post(at(row), form(text="Look again", ways=["mail"]))
    assert Message.objects.count() == Delivery.objects.filter(topic="mail.send").count() == 1


def test_with_a_script_an_empty_composer_comes_back(engineer: Person, row: Escalation) -> None:
    answer = as_(engineer).post(at(row), form(text="Look again", ways=["mail"]), **SCRIPT)
    assert answer.status_code == 200
    assert "Sent." in answer["HX-Trigger"]
    assert "Look again" not in answer.content.decode()


def test_what_somebody_else_answered_meanwhile_is_shown_first(engineer: Person, row: Escalation) -> None:
    other, client = people.person(Role.ENGINEER, name="Priya Nair"), as_(engineer)
    thread.write(escalation=row, author=Author.US, by=other, by_name=other.name, text="I have it", public=True,
                 key="other", at=make.NOON)
    answer = client.post(at(row), form(text="Mine"), **SCRIPT)
    assert answer.status_code == 422
    assert "Priya Nair" in answer.content.decode() and "I have it" in answer.content.decode()
    assert "Send it anyway" in answer.content.decode() and "Mine" in answer.content.decode()
    assert client.post(at(row), form(text="Mine", anyway="1"), **SCRIPT).status_code == 200
    assert Message.objects.filter(text="Mine").exists()


def test_a_note_stays_among_us_and_takes_it_for_nothing(engineer: Person, row: Escalation) -> None:
    as_(engineer).post(at(row), form(text="Between us", kind="note", template="configuration", ways=["mail"]))
    message = Message.objects.get()
    assert (message.author, message.public) == (Author.NOTE, False)
    row.refresh_from_db()
    assert (row.outcome, row.first_reply_at) == ("", None)
    assert not Delivery.objects.exists()


def test_only_who_works_on_escalations_composes(row: Escalation) -> None:
    assert row.reporter is not None
    for method in ("get", "post"):
        assert getattr(as_(row.reporter), method)(at(row)).status_code == 403
        assert getattr(as_(people.person(Role.VIEWER)), method)("/responses/compose/").status_code == 403


def test_one_that_was_confidential_is_not_found(engineer: Person, row: Escalation) -> None:
    Escalation.objects.filter(pk=row.pk).update(confidential=True)
    assert as_(engineer).get(at(row)).status_code == 404


@pytest.mark.parametrize("junk", ["", " ", "\x00", "🦊" * 30_000, "\u202eevil", "9" * 30], ids=range(6))
def test_junk_in_any_field_is_refused_in_words_or_taken_as_text(engineer: Person, row: Escalation, junk: str) -> None:
    client = as_(engineer)
    for do in ("send", "preview", "copy", "choose", "keep", junk):
        fields = dict.fromkeys(("template", "version", "text", "key", "seen", "kind", "ways", "asks", "value-x"), junk)
        assert client.post(at(row), fields | {"drawn": "1", "do": do}).status_code in {200, 204, 302, 422}
        assert client.post("/responses/compose/", fields | {"do": do}).status_code in {200, 422}
    assert client.get("/responses/compose/", {"ticket": junk}).status_code in {200, 404}


# ---- About a ticket ----


def test_a_ticket_tells_what_it_knows_and_names_who_waits_for_it(engineer: Person, row: Escalation) -> None:
    ticket = tickets.make_ticket(key="MM-61100", reporter=tickets.make_user("Ada Park"), fix_versions=["10.5"])
    Escalation.objects.filter(pk=row.pk).update(ticket=ticket, ticket_state=TicketState.LINKED)
    page = as_(engineer).get("/responses/compose/?ticket=MM-61100&template=looking-into-it").content.decode()
    assert ">Ada</span>" in page and ">MM-61100</span>" in page
    assert f"E-{row.pk}," in page and "Answer there" in page
    assert as_(engineer).get("/responses/compose/?ticket=MM-99").status_code == 404


def test_it_is_posted_to_the_ticket_once_in_jiras_markup(engineer: Person) -> None:
    ticket = tickets.make_ticket(key="MM-7")
    client, typed = as_(engineer), {"do": "send", "key": "k", "text": "**Hi** {{name}}", "drawn": "1"}
    path = f"/responses/compose/?ticket={ticket.key}"
    with mirroring(Jira(base_url="https://jira.example.org", projects=("MM",))):
        assert client.post(path, typed).status_code == 422
        for _ in range(2):
            assert client.post(path, typed | {"value-name": "Ada"})["Location"] == "/tickets/MM-7/"
    assert [row.payload["said"] for row in Delivery.objects.filter(topic="jira.comment")] == ["*Hi* Ada"]


def test_without_a_jira_it_can_be_copied_only(engineer: Person) -> None:
    tickets.make_ticket(key="MM-7")
    answer = as_(engineer).post("/responses/compose/?ticket=MM-7", {"do": "send", "text": "Hi", "drawn": "1"})
    assert answer.status_code == 422
    assert "No Jira is configured." in answer.content.decode()
    assert not Delivery.objects.exists()
