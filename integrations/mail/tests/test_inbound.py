"""Mails that come in, whatever they are."""

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.mail import message_id
from integrations.mail.inbound import read_mail


def mail(text: str = "The database is gone.", **headers: str) -> bytes:
    message = EmailMessage()
    told = {"From": "Grace Hopper <Grace@Example.org>", "To": "urgent@example.org", "Subject": "Database gone",
            "Message-ID": "<1@example.org>"} | {name.replace("_", "-"): value for name, value in headers.items()}
    for name, value in told.items():
        if value:
            message[name] = value
    message.set_content(text)
    return message.as_bytes()


def test_a_plain_mail_says_who_wrote_what_to_whom() -> None:
    found = read_mail(mail(Subject="Re: FWD: Database gone", Cc="Ops <ops@example.org>"))
    assert (found.subject, found.text.strip()) == ("Database gone", "The database is gone.")
    assert (found.sender_name, found.sender) == ("Grace Hopper", "grace@example.org")
    assert found.to == {"urgent@example.org", "ops@example.org"}
    assert found.automatic == ""


def test_the_same_mail_has_the_same_key_and_without_an_id_the_same_bytes_have() -> None:
    assert read_mail(mail()).key == read_mail(mail("Other words")).key
    assert read_mail(mail()).key != read_mail(mail(Message_ID="<2@example.org>")).key
    assert read_mail(mail(Message_ID="")).key == read_mail(mail(Message_ID="")).key
    assert read_mail(mail(Message_ID="")).key != read_mail(mail("Other", Message_ID="")).key


@pytest.mark.parametrize(("headers", "words"), [
    ({"Auto_Submitted": "auto-replied"}, "program"), ({"Auto_Submitted": "auto-generated; owner-email=x"}, "program"),
    ({"X_Auto_Response_Suppress": "All"}, "program"), ({"Precedence": "bulk"}, "to many"),
    ({"List_Id": "<all.example.org>"}, "to a list"), ({"Return_Path": "<>"}, "could not be delivered"),
    ({"From": "MAILER-DAEMON@example.org"}, "could not be delivered"),
    ({"Message_ID": message_id("page-1")}, "of the portal"), ({"In_Reply_To": message_id("page-1")}, "of the portal"),
    ({"References": f"<x@y> {message_id('page-1')}"}, "of the portal"), ({"From": "set@portal.example"}, "itself"),
])
def test_what_nobody_wrote_or_goes_round_in_a_circle_is_known(headers: dict[str, str], words: str) -> None:
    assert words in read_mail(mail(**headers), own="Set@Portal.example").automatic


GROUP = {"Precedence": "list", "List_Id": "Urgent <urgent.example.org>", "List_Unsubscribe": "<mailto:leave@x>"}


@pytest.mark.parametrize("headers", [
    GROUP, GROUP | {"List_Id": "<x.y>", "List_Post": "<https://example.org>, <mailto:Urgent@example.org>"},
])
def test_what_a_group_marks_that_is_the_urgent_address_itself_is_no_list(headers: dict[str, str]) -> None:
    assert read_mail(mail(**headers), urgent="Urgent@example.org").automatic == ""
    for other in ("", "gent@example.org", "all@example.org"):
        assert read_mail(mail(**headers), urgent=other).automatic != ""
    bulk = read_mail(mail(**headers | {"Precedence": "bulk"}), urgent="urgent@example.org")
    assert "to many" in bulk.automatic


def test_a_mail_knows_which_ones_it_answers() -> None:
    first, answer = mail(), mail(Message_ID="<3@x>", In_Reply_To="<2@x>", References="<1@example.org> <2@x>")
    assert read_mail(first).answers == frozenset()
    assert read_mail(answer).answers == {read_mail(mail(Message_ID=one)).key for one in ("<1@example.org>", "<2@x>")}


def test_a_person_may_say_that_they_are_none_of_it() -> None:
    assert read_mail(mail(Auto_Submitted="no", Precedence="normal")).automatic == ""


@pytest.mark.parametrize(("raw", "subject", "text"), [
    (b"Subject: =?utf-8?B?w5xiZXI=?=\r\n\r\nHi", "Über", "Hi"),
    (b"Subject: =?x-odd?B?w5xiZXI=?=\r\n\r\nHi", "=?x-odd?B?w5xiZXI=?=", "Hi"),
    (b"Subject: =?utf-8?B?!!!?=\r\n\r\nHi", None, "Hi"),
    ("Subject: Über\r\n\r\nHi".encode(), "Über", "Hi"),
    (b"Subject: a\r\n b\r\n\r\nHi", "a b", "Hi"),
    (b"Subject: x\r\nContent-Type: text/plain; charset=klingon\r\n\r\nna\xc3\xafve", "x", "naïve"),
    (b"Subject: x\r\nContent-Type: text/plain; charset=base64\r\n\r\nHi", "x", "Hi"),
    (b"Subject: x\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\nna\xefve", "x", "naïve"),
    (b"Subject: x\r\nContent-Type: text/html\r\n\r\n<style>p{}</style><p>One<br>two &amp; three</p>", "x",
     "One\ntwo & three"),
    (b"Subject: x\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA", "x", ""),
    (b"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n"
     b"Content-Disposition: attachment; filename=a.txt\r\n\r\nsecret\r\n--b--", "x", ""),
    (b"Subject: x\r\nContent-Type: multipart/mixed\r\n\r\nno boundary", "x", None),
    (b"", "", ""), (b"\x00\xff\xfe", "", None), (b"From: <<<>>>,,,;\r\nTo: @@@\r\n\r\nHi", "", "Hi"),
])  # fmt: skip
def test_odd_mails_are_read_as_well_as_they_can_be(raw: bytes, subject: str | None, text: str | None) -> None:
    found = read_mail(raw)
    assert subject is None or found.subject == subject
    assert text is None or found.text.strip() == text


def test_a_mail_folded_a_thousand_times_is_read_by_its_headers() -> None:
    raw = b"Subject: deep\r\nMessage-ID: <1@x>\r\n"
    for number in range(3000):
        raw += b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (number, number)
    assert read_mail(raw).subject == "deep"


@given(st.binary(max_size=400), st.sampled_from([b"", b"Subject: ", b"From: ", b"Content-Type: ", b"To: =?utf-8?q?"]))
def test_whatever_comes_something_is_read(junk: bytes, head: bytes) -> None:
    found = read_mail(head + junk)
    assert len(found.key) == 40
