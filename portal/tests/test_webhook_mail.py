"""The door for mail to the urgent address: who may hand one over, and what pages."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from people.choices import Role
from people.models import Person
from people.tests.factories import person
from portal.common import clock
from portal.env import InboundMail
from set_rotation.actions import paging
from set_rotation.choices import PageSource, PageState, Urgency
from set_rotation.models import Page

pytestmark = pytest.mark.django_db
SECRET = "a-secret-of-the-mail-service"
Configure = Callable[[InboundMail], None]


@pytest.fixture
def configure(settings: Any) -> Configure:
    def use(inbound: InboundMail) -> None:
        settings.ENV = replace(settings.ENV, inbound_mail=inbound)

    use(InboundMail(secret=SECRET))
    return use


@pytest.fixture
def lead() -> Person:
    return person(Role.LEAD)


def raw(identity: str = "<1@example.org>", to: str = "urgent@example.org", **headers: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Message-ID"] = "Grace Hopper <grace@example.org>", to, identity
    message["Subject"] = headers.pop("Subject", "Re: Database gone")
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("Since five minutes.\n")
    return message.as_bytes()


def post(body: bytes, *, secret: str = SECRET, **headers: str) -> Any:
    given = {"X-Webhook-Secret": secret} if secret else {}
    return Client().post("/webhooks/mail/", body, content_type="message/rfc822", headers=given | headers)


def test_a_mail_pages_whoever_is_on_duty_once_however_often_it_comes(configure: Configure) -> None:
    first, again = post(raw()), post(raw())
    assert (first.status_code, again.status_code) == (201, 200)
    page = Page.objects.get()
    assert first.json() == {"paged": True, "page": page.pk, "new": True}
    assert (page.reason, page.details, page.from_whom) == (
        "Database gone", "Since five minutes.", "Grace Hopper <grace@example.org>",
    )  # fmt: skip
    assert (page.source, page.urgency, page.by) == (PageSource.MAIL, Urgency.URGENT, None)


@pytest.mark.parametrize("headers", [
    {}, {"X-Webhook-Secret": "wrong"}, {"Authorization": "Basic !!!"}, {"Authorization": "Bearer wrong"},
    {"Authorization": "Basic " + base64.b64encode(b"set:wrong").decode()}, {"Authorization": SECRET},
])
def test_without_the_secret_the_door_stays_shut(configure: Configure, headers: dict[str, str]) -> None:
    assert post(raw(), secret="", **headers).status_code == 403
    assert not Page.objects.exists()


def test_without_a_configured_secret_it_stays_shut_for_everybody(configure: Configure) -> None:
    configure(InboundMail())
    refused = post(raw(), secret="")
    assert (refused.status_code, "INBOUND_MAIL_SECRET" in refused.json()["detail"]) == (403, True)


@pytest.mark.parametrize("told", [f"set:{SECRET}", f"{SECRET}:set", f"{SECRET}:"])
def test_the_secret_comes_in_a_header_or_as_name_or_password(configure: Configure, told: str) -> None:
    basic = "Basic " + base64.b64encode(told.encode()).decode()
    assert post(raw(), secret="", Authorization=basic).status_code == 201
    assert post(raw("<2@x>"), secret="", Authorization=f"Bearer {SECRET}").status_code == 201


@pytest.mark.parametrize("field", ["email", "body-mime"])
def test_forms_of_mail_services_are_read_too(configure: Configure, field: str) -> None:
    heads = {"X-Webhook-Secret": SECRET}
    assert Client().post("/webhooks/mail/mime/", {field: raw().decode()}, headers=heads).status_code == 201
    file = SimpleUploadedFile("mail.eml", raw("<2@x>"), content_type="message/rfc822")
    assert Client().post("/webhooks/mail/", {field: file}, headers=heads).status_code == 201
    assert Page.objects.count() == 2
    assert Client().post("/webhooks/mail/", {"other": "x"}, headers=heads).status_code == 400
    assert post(b" ").status_code == 400


@pytest.mark.parametrize("headers", [
    {"Auto_Submitted": "auto-replied"}, {"X_Auto_Response_Suppress": "OOF"}, {"Precedence": "bulk"},
    {"In_Reply_To": f"<set-{'0' * 32}@localhost>"},
])
def test_what_answers_by_itself_pages_nobody_and_is_not_sent_again(
    configure: Configure, headers: dict[str, str]
) -> None:
    told = post(raw(**headers))
    assert (told.status_code, told.json()["paged"]) == (200, False)
    assert told.json()["why"]
    assert not Page.objects.exists()


def test_with_an_urgent_address_only_mail_to_it_pages_blind_copies_included(configure: Configure) -> None:
    configure(InboundMail(secret=SECRET, address="urgent@example.org"))
    assert post(raw(to="someone@example.org")).json()["paged"] is False
    assert post(raw(to="Urgent <URGENT@example.org>")).json()["paged"] is True
    heads = {"X-Webhook-Secret": SECRET}
    hidden = raw("<3@x>", to="someone@example.org").decode()
    for number, told in enumerate(({"recipient": "urgent@example.org"},
                                   {"envelope": json.dumps({"to": ["urgent@example.org"], "from": "a@b"})})):
        form = {"email": hidden.replace("<3@x>", f"<{number}@y>"), **told}
        assert Client().post("/webhooks/mail/", form, headers=heads).json()["paged"] is True
    for odd in ("{", "[]", '{"to": 3}', '{"to": [3]}'):
        told = {"email": hidden, "envelope": odd}
        assert Client().post("/webhooks/mail/", told, headers=heads).json()["paged"] is False


def test_without_a_subject_the_first_line_is_the_reason(configure: Configure) -> None:
    post(raw(Subject=""))
    assert Page.objects.get().reason == "Since five minutes."
    post(b"Message-ID: <9@x>\r\n\r\n")
    assert Page.objects.latest("pk").reason == "A mail without words"


def test_an_answer_is_the_same_page_while_somebody_is_called_or_has_it(configure: Configure, lead: Person) -> None:
    post(raw())
    page = Page.objects.get()
    answers = {"In_Reply_To": "<1@example.org>"}
    assert post(raw("<2@x>", **answers)).json() == {"paged": True, "page": page.pk, "new": False}
    paging.acknowledge(page=page, by=lead, at=clock.now())
    assert post(raw("<3@x>", References="<1@example.org> <2@x>")).json()["new"] is False
    paging.resolve(page=page, by=lead, at=clock.now())
    assert post(raw("<4@x>", **answers)).json()["new"] is True
    Page.objects.update(state=PageState.UNANSWERED, resolved_at=None)
    assert post(raw("<5@x>", References="<4@x>")).json()["new"] is True


def test_a_group_that_is_the_urgent_address_pages(configure: Configure) -> None:
    configure(InboundMail(secret=SECRET, address="urgent@example.org"))
    marks = {"Precedence": "list", "List_Id": "<urgent.example.org>"}
    assert post(raw(**marks)).json()["paged"] is True
    assert post(raw("<2@x>", Precedence="list", List_Id="<all.example.org>")).json()["paged"] is False


@pytest.mark.parametrize("form", [False, True])
def test_a_mail_with_photographs_of_a_screen_pages(configure: Configure, form: bool) -> None:
    message = message_from_bytes(raw(), policy=SMTP)
    assert isinstance(message, EmailMessage)
    message.add_attachment(b"x" * 9_000_000, maintype="image", subtype="png", filename="screen.png")
    heads = {"X-Webhook-Secret": SECRET}
    told = (Client().post("/webhooks/mail/", {"email": message.as_string()}, headers=heads) if form
            else post(message.as_bytes()))
    assert told.status_code == 201
    page = Page.objects.get()
    assert (page.reason, page.details) == ("Database gone", "Since five minutes.")


def test_a_mail_that_no_service_passes_on_is_refused_in_words(configure: Configure) -> None:
    refused = post(b"x" * 46_000_000)
    assert (refused.status_code, b"45 MB" in refused.content) == (413, True)
