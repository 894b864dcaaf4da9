"""Mail through a real mail server of the test's own: what it says decides whether a message is tried again."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from integrations import mail
from integrations.mail import client
from integrations.mail.tests.server import MailServer, mail_server

ADDRESS = "ines@example.test"


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    with mail_server() as found:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", found.port
        settings.EMAIL_HOST_USER, settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = "", False, False
        yield found


def sent(*, to: str = ADDRESS, subject: str = "You are paged", text: str = "Look.\n", key: str = "page-1") -> str:
    return mail.send(to=to, subject=subject, text=text, key=key)


def test_a_message_arrives_with_an_id_that_is_the_same_at_each_try(server: MailServer) -> None:
    assert sent() == sent() != sent(key="page-2")
    first, second, other = server.messages
    assert first["Message-ID"] == second["Message-ID"] == mail.message_id("page-1") != other["Message-ID"]
    assert (first["To"], first["Subject"], first["Auto-Submitted"]) == (ADDRESS, "You are paged", "auto-generated")
    assert first.get_payload() == "Look.\r\n"


def test_a_mail_that_can_be_ended_says_where_for_mail_programs_and_others_say_nothing(server: MailServer) -> None:
    mail.send(to=ADDRESS, subject="News", text="New.", key="news-1", unsubscribe="https://x.example/s/leave/1/\nBcc: a")
    sent()
    ends, other = server.messages
    assert ends["List-Unsubscribe"].split() == ["<https://x.example/s/leave/1/", "Bcc:", "a>"] and ends["Bcc"] is None
    assert ends["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert other["List-Unsubscribe"] is None


def test_what_is_attached_arrives_beside_the_words(server: MailServer) -> None:
    paper = b"%PDF-1.7\x00\xff made"
    mail.send(to=ADDRESS, subject="Report", text="All of it.\n", key="retro-1",
              files=[mail.File("incident-report-2026-11-17.pdf", "application/pdf", paper)])
    [message] = server.messages
    _, words, file = message.walk()
    assert (words.get_payload(), words.get_content_type()) == ("All of it.\r\n", "text/plain")
    assert (file.get_filename(), file.get_content_type()) == ("incident-report-2026-11-17.pdf", "application/pdf")
    assert file.get_payload(decode=True) == paper


@pytest.mark.parametrize(("given", "header"), [
    ("Paged\nBcc: all@example.test", "Paged Bcc: all@example.test"), ("a\r\n\r\nb", "a b"), ("a\x00\u2028b", "a b"),
    ("x" * 500, "x" * 200), ("  ", ""),
])
def test_a_subject_is_one_line_whatever_stands_in_it(server: MailServer, given: str, header: str) -> None:
    sent(subject=given)
    [message] = server.messages
    assert "".join(message["Subject"].splitlines()).replace(" ", "") == header.replace(" ", "")
    assert message["Bcc"] is None and server.tried == [ADDRESS]


@pytest.mark.parametrize("address", [
    "", "ines", "a@b.c\nBcc: all@example.test", "a@example.test, b@example.test", "a@\x00",
])
def test_what_is_no_address_is_refused_before_anything_is_asked(server: MailServer, address: str) -> None:
    with pytest.raises(mail.MailRefused, match="no e-mail address"):
        sent(to=address)
    assert not server.tried


@pytest.mark.parametrize(("at", "answer", "fault", "words"), [
    ("RCPT", "550 no such user", mail.MailRefused, "does not take mail for ines@example.test (550): no such user"),
    ("RCPT", "451 later", mail.MailAway, "(451): later"),
    ("MAIL", "530 sign in first", mail.MailRefused, "does not take mail from"),
    ("MAIL", "450 later", mail.MailAway, "(450)"),
    ("DATA", "554 no", mail.MailRefused, "(554): no"), ("END", "552 too large", mail.MailRefused, "(552): too large"),
    ("END", "452 full", mail.MailAway, "(452): full"), ("END", "", mail.MailAway, "broke off"),
    ("HELLO", "554 go away", mail.MailAway, "does not talk to the portal (554)"),
    ("HELLO", "", mail.MailAway, "broke off"),
])
def test_only_a_no_for_good_is_not_tried_again(
    server: MailServer, at: str, answer: str, fault: type[mail.MailFault], words: str
) -> None:
    server.answers[at] = answer
    with pytest.raises(fault) as caught:
        sent()
    assert type(caught.value) is fault and words in caught.value.words and not caught.value.unanswered
    server.answers.clear()
    assert sent()


def test_a_server_that_is_not_there_or_says_nothing_is_away(
    server: MailServer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "TIMEOUT", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for port in (9, silent.getsockname()[1]):
            settings.EMAIL_PORT = port
            with pytest.raises(mail.MailAway, match="cannot be reached"):
                sent()
