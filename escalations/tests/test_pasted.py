"""Secrets in what is typed and pasted: masked before it is stored or sent, and said; sentences stay as they are."""

import uuid

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from customers.tests.factories import customer
from escalations.actions.level import change_asked, set_workaround
from escalations.actions.thread import keep_draft, write
from escalations.actions.tickets import _facts
from escalations.choices import Author, What
from escalations.models import Escalation, EscalationEvent, FormLink, IntakeDraft, Message, ReplyDraft
from escalations.rules.pasted import mask_text, mask_values, masked_words
from escalations.rules.tickets import description
from escalations.tests.factories import NOON, escalation
from escalations.tests.test_intake_partner import link
from escalations.tests.test_intake_partner import sent as partners
from escalations.tests.test_intake_views import filled
from integrations.outbox.models import Delivery
from people.choices import Role
from people.tests import factories as people
from portal.flows.escalations.sending import Reply, answer, reply

GITHUB = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" * 2  # put together, so that no scanner takes it for one
HIDDEN = "Hunter2Hunter2"

SECRETS = [
    (f"password={HIDDEN}", "password=[masked: password or key]"),
    (f"It says\npassword: {HIDDEN} and ends", "It says\npassword: [masked: password or key] and ends"),
    (f"We use {GITHUB[:40]}.", "We use [masked: GitHub token]."),
    (f"ключ password={HIDDEN} 終わり", "ключ password=[masked: password or key] 終わり"),
    ("postgres://mm:Hunter2Hunter2@db/mm", "postgres://mm:[masked: password in an address]@db/mm"),
    (f"password:\n  {HIDDEN}", "password:\n  [masked: password or key]"),
]
SENTENCES = [
    "The password is wrong.", "Password: enter a valid one", "password: incorrect", "Password: wrong!",
    "Is it the password: really?", "They forget the password. Then it is reset.", "Forgotten password: step 3 fails",
    "Reset password: https://docs.example.com/10.4/reset?lang=en", "A token expired; the token: a new one is needed",
    "What they do after “password”:\n2FA is asked for, twice", "Steps to change a password:\n1. Open the page",
    "Minimum length of the password: 14 characters", "password=*** in the log", "Secret: nobody knows",
    "Tokens: 3 of 5",
    "The bearer of this asks for basic authentication", "the key: value pairs of the config",
    "password: [masked: token]",
]


@pytest.mark.parametrize(("text", "masked"), SECRETS)
def test_a_secret_in_pasted_text_is_masked(text: str, masked: str) -> None:
    assert mask_text(text) == (masked, 1)


@pytest.mark.parametrize("text", SENTENCES)
def test_a_sentence_about_passwords_stays_as_it_is(text: str) -> None:
    assert mask_text(text) == (text, 0)


def test_a_title_fits_its_column_after_masking_and_other_fields_are_left_alone() -> None:
    values, count = mask_values({"title": "x" * 180 + " pwd=abc123xy", "logs": f"a\npassword={HIDDEN}", "level": 2})
    assert len(values["title"]) == 200
    assert (count, values["level"], values["logs"]) == (2, 2, "a\npassword=[masked: password or key]")


def test_the_words_count() -> None:
    assert masked_words(0) == ""
    assert masked_words(1) == "1 secret in what you pasted was masked."
    assert masked_words(2) == "2 secrets in what you pasted were masked."


def said(response: object) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))  # type: ignore[attr-defined]


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["title", "happened", "expected", "steps", "tried", "logs"])
def test_the_form_stores_no_secret_and_says_so(client: Client, field: str) -> None:
    client.force_login(people.person(Role.SUPPORT))
    response = client.post("/escalations/new/", filled(**{field: f"It broke: password={HIDDEN}"}))
    row = Escalation.objects.get()
    assert "password=[masked: password or key]" in getattr(row, field)
    assert "1 secret in what you pasted was masked." in said(response)
    assert not EscalationEvent.objects.filter(to_value__contains=HIDDEN).exists()
    assert HIDDEN not in description(_facts(row, "MM", bug=True))


@pytest.mark.django_db
def test_a_form_without_any_says_nothing_of_it(client: Client) -> None:
    client.force_login(people.person(Role.SUPPORT))
    assert "masked" not in said(client.post("/escalations/new/", filled(logs="the password is wrong")))


@pytest.mark.django_db
def test_a_draft_holds_no_secret_either(client: Client) -> None:
    person = people.person(Role.SUPPORT)
    client.force_login(person)
    client.post("/escalations/new/", filled(do="save", logs=f"password={HIDDEN}"))
    assert HIDDEN not in str(IntakeDraft.objects.get().values)
    row = escalation()
    keep_draft(escalation=row, person=person, text=f"password={HIDDEN}", at=NOON,
               values={"values": {"error": f"password={HIDDEN}"}, "left": [GITHUB[:40]]})
    kept = ReplyDraft.objects.get()
    assert HIDDEN not in kept.text + str(kept.values)
    assert GITHUB[:40] not in str(kept.values)


@pytest.mark.django_db
def test_a_partner_is_told_on_the_thanks_page(client: Client) -> None:
    _, url = link()
    answered = client.post(url, partners(happened=f"password={HIDDEN}"))
    assert HIDDEN not in Escalation.objects.get().happened
    assert "1 secret in what you pasted was masked." in client.get(answered["Location"]).content.decode()
    assert FormLink.objects.get().used == 1


@pytest.mark.django_db
def test_what_a_program_sends_is_masked_and_counted(client: Client) -> None:
    customer("Initech")
    client.force_login(people.person(Role.SUPPORT))
    given = {"customer": "Initech", "title": "All is down", "level": 1, "happened": f"password={HIDDEN}"}
    answered = client.post("/api/v1/escalations/", given, content_type="application/json")
    assert answered.status_code == 201
    assert answered.json()["masked"] == 1
    assert HIDDEN not in Escalation.objects.get().happened


@pytest.mark.django_db
@pytest.mark.parametrize("author", [Author.REPORTER, Author.US, Author.NOTE])
def test_a_message_is_written_without_it(author: Author) -> None:
    row = escalation()
    message = write(escalation=row, author=author, by=row.reporter, by_name="Sam", text=f"Try password={HIDDEN}",
                    public=True, key=str(uuid.uuid4()), at=NOON)
    assert message.text == "Try password=[masked: password or key]"


@pytest.mark.django_db
def test_nothing_of_it_leaves() -> None:
    row, lead = escalation(), people.person(Role.LEAD)
    assert row.reporter is not None
    answer(escalation=row, text=f"password={HIDDEN}", key="a", by=row.reporter, at=NOON)
    reply(escalation=row, given=Reply(text=f"password={HIDDEN}", key="b"), by=lead, at=NOON)
    assert Message.objects.filter(text__contains="[masked").count() == 2
    assert HIDDEN not in str(list(Delivery.objects.values()))


@pytest.mark.django_db
def test_what_is_corrected_is_masked_too(client: Client) -> None:
    row, person = escalation(), people.person(Role.LEAD)
    change_asked(escalation=row, values={"logs": f"password={HIDDEN}"}, by=person, at=NOON)
    set_workaround(escalation=row, text=f"Set password={HIDDEN}", by=person, at=NOON)
    row.refresh_from_db()
    assert row.logs == "password=[masked: password or key]"
    assert row.workaround == "Set password=[masked: password or key]"
    events = EscalationEvent.objects.filter(escalation=row, what__in=[What.CHANGED, What.WORKAROUND])
    assert not any(HIDDEN in event.to_value for event in events)


@pytest.mark.django_db
def test_an_answer_on_the_page_says_that_it_was_masked(client: Client) -> None:
    row = escalation()
    assert row.reporter is not None
    client.force_login(row.reporter)
    answered = client.post(f"/escalations/E-{row.pk}/reply/", {"text": f"password={HIDDEN}", "key": "k"})
    assert said(answered) == "Sent. 1 secret in what you pasted was masked."
