"""Signs that no keyboard has, in addresses, updates and names; and pages that somebody tries to fill."""

import xml.dom.minidom
from datetime import timedelta

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from customers.tests import factories as customers
from incidents.actions import subscribing
from incidents.actions.base import Refused
from incidents.actions.links import revoke_link
from incidents.actions.subscribing import ask_to_follow
from incidents.models import StatusLink, Subscriber, UpdateVersion
from incidents.queries.public import leaving_of
from incidents.rules.public import parts_of
from incidents.rules.updates.bodies import body, tidy
from incidents.rules.words import clean_line, clean_text
from incidents.tests import factories
from incidents.tests.test_public import approved, follower, linked, told
from people.choices import Role
from people.tests import factories as people
from portal.common import clock

DAY = timedelta(days=1)
ODD = ("\x08", "\x0b", "\x0c", "\x0e", "\x1b", "\x1f", "\ufffe", "\uffff")


def page_of(name: str) -> tuple[StatusLink, str, UpdateVersion]:
    theirs, by = customers.customer(name), people.person(Role.ENGINEER)
    row = factories.incident(customer=theirs, commander=by, at=clock.now() - timedelta(hours=1))
    link, url = linked(row, theirs, by)
    return link, url, approved(told(row, by, summary=f"a{''.join(ODD)}b", impact="Posts fail."))


@pytest.mark.django_db
@pytest.mark.parametrize("sign", ["%00", "a%00b", "%ed%a0%80", "%F0%9F%98%80", "a%0d%0ab", "%7f"])
def test_an_address_with_signs_that_no_token_has_opens_nothing(client: Client, sign: str) -> None:
    for path in (f"/s/leave/{sign}/", f"/s/confirm/{sign}/", f"/s/{sign}/"):
        assert client.get(path).status_code == 404
    assert client.post(f"/s/leave/{sign}/").status_code == client.post(f"/s/confirm/{sign}/").status_code == 404
    assert leaving_of("\ud800") is leaving_of("a\x00") is None


@pytest.mark.django_db
def test_the_feed_is_read_whatever_stands_in_a_name_or_was_kept_of_an_update(client: Client) -> None:
    _, url, version = page_of("Nor\x0bth\x1b|w#ind\uffff\r\nBCC:x@y.example")
    assert "a\n\nb" in version.customer
    UpdateVersion.objects.filter(pk=version.pk).update(customer=f"Kept{''.join(ODD)} once.")
    feed = client.get(f"{url}feed.atom").content
    assert "Kept" in xml.dom.minidom.parseString(feed).toxml()  # noqa: S318 - our own feed
    assert b"\nBCC:" not in client.get(f"{url}updates.ics").content and client.get(url).status_code == 200


@pytest.mark.parametrize("sign", ODD)
def test_what_is_written_keeps_no_signs_that_nobody_sees(sign: str) -> None:
    for clean in (tidy, clean_line, clean_text):
        found = clean(f"a\t{sign}b")
        assert sign not in found and found.split()[0].startswith("a") and found.endswith("b")


def test_lines_that_other_programs_ended_are_lines() -> None:
    assert tidy("a\x0bb\u2028c\r\nd\re\x0cf\x85g") == "a\nb\nc\nd\ne\nf\ng"


CODE = "Look:\n\n```\n#### Customer Impact\n#### Technical Notes\n#### Status: mine\n```\n\nThat is all."


def test_what_looks_like_a_heading_of_the_form_in_a_block_of_code_is_somebodys_words() -> None:
    found = parts_of(f"{body(CODE)}\n\n#### Customer Impact\n\nPosts fail.")
    assert (found.summary, found.impact, found.notes) == (CODE, "Posts fail.", "")


SIGNS = st.lists(st.sampled_from(
    ["```", "~~~", "````", "#### Customer Impact", "#### Technical Notes", "- ```", "> ", "  ", "    ", "a", "`", "\n",
     "\u2028", "\x0b", "\x85", "\x1c"])).map("".join)


@given(SIGNS, SIGNS)
def test_the_parts_of_a_reading_are_what_was_written_into_each(summary: str, impact: str) -> None:
    reading = f"### N SEV1 outage\n\n{body(summary)}\n\n#### Customer Impact\n\n{body(impact)}"
    found = parts_of(reading)
    assert (found.summary, found.impact, found.notes) == (body(summary).strip(), body(impact).strip(), "")


@pytest.mark.django_db
def test_a_page_is_full_of_those_who_follow_and_of_questions_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscribing, "MOST", 3)
    link, _, _ = page_of("Northwind")
    at = clock.now()
    follower(link, "ana@northwind.example")
    gone = follower(link, "gone@northwind.example")
    Subscriber.objects.filter(pk=gone.pk).update(left_at=at, at=at - 2 * DAY)
    for number in range(2):
        ask_to_follow(link=link, email=f"x{number}@northwind.example", at=at)
    with pytest.raises(Refused, match="Too many"):
        ask_to_follow(link=link, email="bob@northwind.example", at=at)
    with pytest.raises(Refused, match="Too many"):  # who left, or never answered, asks as everybody does
        ask_to_follow(link=link, email="gone@northwind.example", at=at)
    ask_to_follow(link=link, email="x0@northwind.example", at=at + timedelta(minutes=1))  # has a place already
    ask_to_follow(link=link, email="bob@northwind.example", at=at + DAY + timedelta(minutes=2))
    assert Subscriber.objects.filter(link=link, email="bob@northwind.example").count() == 1


@pytest.mark.django_db
def test_a_page_takes_no_more_than_it_has_place_for_however_many_were_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    link, _, _ = page_of("Northwind")
    at = clock.now()
    for number in range(3):
        ask_to_follow(link=link, email=f"x{number}@northwind.example", at=at)
    monkeypatch.setattr(subscribing, "MOST", 2)  # the questions of some days, all answered on the same one
    rows = Subscriber.objects.filter(link=link).order_by("pk")
    assert [subscribing.confirm(subscriber=one, at=at) for one in rows] == [True, True, False]
    assert subscribing.confirm(subscriber=rows[0], at=at)  # who follows already may press again


@pytest.mark.django_db
def test_whoever_asks_for_the_head_alone_has_not_opened_the_page_and_no_other_way_of_asking_tells_more(
    client: Client,
) -> None:
    link, url, version = page_of("Northwind")
    assert client.head(url).status_code == 200
    link.refresh_from_db()
    assert link.seen == 0
    etag = client.get(f"{url}feed.atom").headers["ETag"]
    for method in ("OPTIONS", "PUT", "DELETE", "TRACE", "PATCH"):
        told = [client.generic(method, path) for path in (url, "/s/no-such-token-at-all/")]
        assert [one.status_code for one in told] == [405, 405] and told[0].content == told[1].content
    revoke_link(link=link, by=version.by, at=clock.now())  # type: ignore[arg-type]
    for path in ("", "feed.atom", "updates.ics", "follow/"):
        answer = client.get(f"{url}{path}", headers={"If-None-Match": etag, "X-Again": "1"})
        assert answer.status_code == 404 and "ETag" not in answer.headers, path
        assert answer.content == client.get("/s/no-such-token-at-all/").content
