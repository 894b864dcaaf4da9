"""A customer's private page, with its feed, calendar and letters: what leaves, and above all what does not."""

import re
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from customers.models import Customer, CustomerAlias
from customers.tests import factories as customers
from incidents.actions import approvals
from incidents.actions.links import make_link, revoke_link
from incidents.actions.subscribing import mail_subscribers, subscribers_of
from incidents.actions.updates import Given
from incidents.choices import Reading, State
from incidents.models import Approval, Incident, IncidentCustomer, StatusLink, Subscriber, Update, UpdateVersion
from incidents.queries.public import page_of
from incidents.rules.updates.form import Entry
from incidents.tests import factories
from incidents.views import public
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from people.rules import Limit
from people.tests import factories as people
from portal.common import clock
from portal.flows.incidents.followers import needless_letter
from portal.flows.incidents.publishing import correct, publish

pytestmark = pytest.mark.django_db
NIGHT, MINUTE = factories.NIGHT, timedelta(minutes=1)
TITLE, SECRET_NOTES, INTERNAL = "Cluster shard sh-17 melted", "UserStore.Count misses its cache", "Their DBA is asleep"
Made = tuple[Incident, Customer, Person]


@pytest.fixture
def made() -> Made:
    theirs, other = customers.customer("Northwind"), customers.customer("Initech")
    CustomerAlias.objects.create(customer=other, name="Initrode")
    commander = people.person(Role.ENGINEER, name="Ines Moreau")
    row = factories.incident(TITLE, customer=theirs, commander=commander, known=INTERNAL, at=clock.now() - 60 * MINUTE)
    IncidentCustomer.objects.create(incident=row, customer=other, at=row.at)
    return row, theirs, commander


def told(
    row: Incident, by: Person, *, at: datetime | None = None, status: str = "investigating", stop: bool = False,
    **more: str,
) -> Update:
    texts: dict[str, Any] = {"summary": "We look into it with Initech and Initrode.", "impact": "Posts fail.",
             "technical": SECRET_NOTES, "thanks": "Thanks to Ines Moreau."} | more
    now = Incident.objects.get(pk=row.pk)
    given = Given(entry=Entry(**texts), status=status, key=uuid.uuid4().hex, seen=now.updates, stop=stop)
    return publish(incident=now, given=given, by=by, at=at or row.at + 10 * MINUTE)


def approved(update: Update, *, at: datetime | None = None) -> UpdateVersion:
    version = update.versions.order_by("-number")[0]
    approvals.approve(approval=Approval.objects.get(version=version), by=people.person(Role.LEAD, name="Second Person"),
                      at=at or update.at + MINUTE)
    return version


def linked(row: Incident, theirs: Customer, by: Person, *, at: datetime | None = None) -> tuple[StatusLink, str]:
    began = at or row.at
    link, token = make_link(incident=row, customer=theirs, ends_at=began + timedelta(days=7), by=by, at=began)
    return link, f"/s/{token}/"


def follower(link: StatusLink, email: str = "ana@northwind.example") -> Subscriber:
    return Subscriber.objects.create(link=link, email=email, confirm_hash=uuid.uuid4().hex, at=link.at,
                                     leave_token=uuid.uuid4().hex, confirmed_at=link.at)


def everything(client: Client, url: str) -> str:
    """All that leaves: the page, the feed, the calendar, and every letter to a follower."""
    texts = [client.get(f"{url}{part}").content.decode() for part in ("", "?all=1", "feed.atom", "updates.ics")]
    letters = Delivery.objects.filter(purpose__startswith="incident.follow")
    texts += [f"{one.payload['subject']}\n{one.payload['text']}" for one in letters]
    return re.sub(r"\r?\n ", "", "\n".join(texts))


def test_nothing_of_ours_leaves_by_any_way(client: Client, made: Made) -> None:
    row, theirs, by = made
    link, url = linked(row, theirs, by)
    follower(link)
    approved(told(row, by))
    told(row, by, at=row.at + 20 * MINUTE, summary="The unapproved truth", status="identified")
    found = everything(client, url)
    assert Delivery.objects.filter(purpose="incident.follower").count() == 1
    assert found.count("We look into it") == 4
    for secret in (TITLE, SECRET_NOTES, INTERNAL, "Initech", "Initrode", "Ines", "Moreau", "unapproved truth",
                   "Second Person", f"I-{row.pk}", "SET portal", "Identified: a fix", "/incidents/", "customer/"):
        assert secret not in found, secret
    assert not client.cookies


def test_before_anything_is_released_the_page_says_that_somebody_is_on_it(client: Client, made: Made) -> None:
    row, theirs, by = made
    _, url = linked(row, theirs, by)
    told(row, by, status="identified")
    text = client.get(url).content.decode()
    assert "We are working on a problem in your production system." in text
    assert "Investigating: we are looking for the cause" in text and "The first update stands here" in text
    assert "Posts fail" not in text


def test_what_is_approved_stands_there_with_its_facts(client: Client, made: Made) -> None:
    row, theirs, by = made
    _, url = linked(row, theirs, by)
    approved(told(row, by, status="identified"))
    text = client.get(url).content.decode()
    assert "<h1 id=\"now-h\" dir=\"auto\">Posts fail.</h1>" in text
    assert "Identified: a fix is being prepared" in text and "with other customers" in text
    assert 'data-tone="amber" aria-current="step"' in text and "1 hour" in text
    now = Incident.objects.get(pk=row.pk)
    page = page_of(now, theirs, row.at + 15 * MINUTE)
    assert (page.lasted, page.next_at, page.zone, page.number) == ("15 minutes", now.next_update_at, "ET", 1)


@pytest.mark.parametrize("how", ["sent back", "kept among us"])
def test_what_is_not_released_moves_nothing_on_the_page(made: Made, how: str) -> None:
    row, theirs, by = made
    approved(told(row, by))
    entry, theirs_too = Entry(summary="Deeper trouble"), how == "sent back"
    given = Given(entry=entry, status="identified", key="k", seen=1, customer=theirs_too)
    update = publish(incident=Incident.objects.get(pk=row.pk), given=given, by=by, at=row.at + 20 * MINUTE)
    if theirs_too:
        approvals.send_back(approval=Approval.objects.get(version__of=update), reason="Kinder",
                            by=people.person(Role.LEAD), at=row.at + 21 * MINUTE)
    page = page_of(Incident.objects.get(pk=row.pk), theirs, row.at + 25 * MINUTE)
    assert (page.status.slug, page.number) == ("investigating", 1)


def test_a_correction_takes_the_place_of_the_old_text_once_it_is_approved(client: Client, made: Made) -> None:
    row, theirs, by = made
    link, url = linked(row, theirs, by)
    follower(link)
    update = told(row, by)
    approved(update)
    given = Given(entry=Entry(summary="Better words"), status="investigating", key=uuid.uuid4().hex, seen=1)
    correct(update=update, given=given, reason="Typing", by=by, at=row.at + 12 * MINUTE)
    assert "We look into it" in client.get(url).content.decode()
    approved(update, at=row.at + 14 * MINUTE)
    text = client.get(url).content.decode()
    assert "We look into it" not in text and "Better words" in text and "corrected" in text
    subjects = [one.payload["subject"] for one in Delivery.objects.filter(purpose="incident.follower").order_by("id")]
    assert [subject.startswith("Correction: Northwind") for subject in subjects] == [False, True]


def test_another_customer_of_the_incident_reads_neither_name_nor_page_of_the_first(client: Client, made: Made) -> None:
    row, _, by = made
    other = Customer.objects.get(name="Initech")
    _, url = linked(row, other, by)
    approved(told(row, by, summary="Northwind and Initech are down."))
    text = everything(client, url)
    assert "Northwind" not in text and "Initech" in text


def test_a_customer_who_is_taken_off_reads_no_more(client: Client, made: Made) -> None:
    row, theirs, by = made
    _, url = linked(row, theirs, by)
    IncidentCustomer.objects.filter(incident=row, customer=theirs).delete()
    assert client.get(url).status_code == 404


@pytest.mark.parametrize("ended", ["wrong", "revoked", "over", "drill"])
def test_an_address_that_is_wrong_revoked_over_or_of_a_drill_opens_the_same_calm_page(
    client: Client, made: Made, ended: str
) -> None:
    row, theirs, by = made
    link, url = linked(row, theirs, by)
    if ended == "wrong":
        url = url[:-2] + "x/"
    elif ended == "revoked":
        revoke_link(link=link, by=by, at=clock.now())
    elif ended == "over":
        StatusLink.objects.update(ends_at=clock.now() - timedelta(seconds=1))
    else:
        Incident.objects.update(drill=True)
    for part in ("", "feed.atom", "updates.ics"):
        answer = client.get(url + part)
        assert answer.status_code == 404 and "This page is not open" in answer.content.decode()
        assert "Northwind" not in answer.content.decode() and "no-store" in answer["Cache-Control"]
    assert client.post(f"{url}follow/", {"email": "ana@northwind.example"}).status_code == 404
    assert not Delivery.objects.filter(topic="mail.send", purpose="incident.follow").exists()


def test_a_page_is_found_by_nobody_kept_by_nothing_and_told_to_no_other_site(client: Client, made: Made) -> None:
    row, theirs, by = made
    link, url = linked(row, theirs, by)
    for part in ("", "feed.atom", "updates.ics"):
        answer = client.get(url + part)
        assert answer["X-Robots-Tag"] == "noindex, nofollow" and answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in client.get(url)["Cache-Control"]
    feed = client.get(f"{url}feed.atom")
    assert client.get(f"{url}feed.atom", headers={"If-None-Match": feed["ETag"]}).status_code == 304
    link.refresh_from_db()
    assert link.seen == 1
    client.get(url, headers={"X-Again": "1"})
    link.refresh_from_db()
    assert link.seen == 1


def test_the_page_asks_the_same_however_much_there_is(
    client: Client, made: Made, django_assert_num_queries: Any
) -> None:
    row, theirs, by = made
    _, url = linked(row, theirs, by)
    approved(told(row, by))
    with django_assert_num_queries(7):
        client.get(url, headers={"X-Again": "1"})
    for number in range(2, 8):
        approved(told(row, by, at=row.at + 2 * number * MINUTE + 10 * MINUTE))
    with django_assert_num_queries(7):
        text = client.get(url, headers={"X-Again": "1"}).content.decode()
    assert "Show 3 more" in text and text.count("<li id=\"update-") == 4
    assert client.get(f"{url}?all=1").content.decode().count("<li id=\"update-") == 7


def test_when_it_is_over_the_page_says_so_and_takes_no_more_followers(client: Client, made: Made) -> None:
    row, theirs, by = made
    _, url = linked(row, theirs, by)
    update = told(row, by, status="resolved", at=row.at + 50 * MINUTE, stop=True)
    assert page_of(Incident.objects.get(pk=row.pk), theirs, row.at + 52 * MINUTE).over is False
    approved(update)
    text = client.get(url).content.decode()
    assert "The problem is solved." in text and "50 minutes" in text and "Follow by mail" not in text
    assert "Nothing more is to come" in text and "No further update" not in text


def test_while_an_update_is_still_promised_after_the_end_the_page_waits_for_it(client: Client, made: Made) -> None:
    row, theirs, by = made
    _, url = linked(row, theirs, by)
    approved(told(row, by, status="resolved", at=row.at + 50 * MINUTE))
    text = client.get(url).content.decode()
    assert "The problem is solved." in text and "Next update</dt>" in text and "Follow by mail" in text


def test_a_page_goes_on_in_the_incident_into_which_its_own_was_merged(client: Client, made: Made) -> None:
    row, theirs, by = made
    link, url = linked(row, theirs, by)
    follower(link)
    approved(told(row, by))
    into = factories.incident("Another title", customer=theirs, commander=by, at=row.at + 5 * MINUTE)
    Incident.objects.filter(pk=row.pk).update(state=State.MERGED, merged_into=into)
    approved(told(into, by, at=row.at + 30 * MINUTE, summary="It goes on here."))
    text = client.get(url).content.decode()
    assert "It goes on here." in text and "We look into it" in text
    assert Delivery.objects.filter(purpose="incident.follower").count() == 2


def test_the_calendar_holds_the_open_promise_and_not_one_that_moved(client: Client, made: Made) -> None:
    row, theirs, by = made
    _, url = linked(row, theirs, by)
    approved(told(row, by))  # early: what was promised before it is over
    text = client.get(f"{url}updates.ics").content.decode()
    assert text.count("BEGIN:VEVENT") == 2
    due = Incident.objects.get(pk=row.pk).next_update_at
    assert f"DTSTART:{row.at + 15 * MINUTE:%Y%m%dT%H%M%SZ}" in text and f"DTSTART:{due:%Y%m%dT%H%M%SZ}" in text


def test_after_a_merge_into_what_does_not_concern_the_customer_nothing_of_it_reaches_them(
    client: Client, made: Made
) -> None:
    row, theirs, by = made
    link, url = linked(row, theirs, by)
    follower(link)
    into = factories.incident(commander=by, at=row.at + 5 * MINUTE)
    Incident.objects.filter(pk=row.pk).update(state=State.MERGED, merged_into=into)
    approved(told(into, by, at=row.at + 30 * MINUTE, summary="Not for them."))
    assert "Not for them" not in everything(client, url)
    assert not Delivery.objects.filter(purpose="incident.follower").exists()


# ---- Following by mail ----------------------------------------------------------------


def letter_url(which: str) -> str:
    text = Delivery.objects.filter(topic="mail.send").order_by("-id")[0].payload["text"]
    found = re.search(rf"/s/{which}/[\w-]{{43}}/", text)
    assert found, text
    return found[0]


def test_nothing_is_sent_before_somebody_has_said_yes_and_nothing_after_they_left(client: Client, made: Made) -> None:
    row, theirs, by = made
    _, url = linked(row, theirs, by)
    assert client.post(f"{url}follow/", {"email": "Ana@Northwind.example"})["Location"] == f"{url}?asked=1#follow"
    assert "Look at your mail" in client.get(f"{url}?asked=1").content.decode()
    confirm = letter_url("confirm")
    assert "Northwind" in client.get(confirm).content.decode()  # showing changes nothing: scanners follow links
    version = approved(told(row, by))
    assert subscribers_of(version, clock.now()) == []
    assert "You follow the updates" in client.post(confirm).content.decode()
    at = clock.now()
    [letter] = mail_subscribers(version, at)
    assert mail_subscribers(version, at) == [letter]
    leave = letter.payload["unsubscribe"]
    assert letter.payload["to"].lower() == "ana@northwind.example" and leave in letter.payload["text"]
    path = leave[leave.index("/s/"):]
    assert "End these mails?" in client.get(path).content.decode()
    assert needless_letter(letter) == ""
    strict = Client(enforce_csrf_checks=True)  # a mail program keeps no cookie
    assert strict.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert strict.post(path).status_code == 200
    assert needless_letter(letter) != "" and subscribers_of(version, at) == []


def test_who_presses_twice_gets_two_letters_and_either_opens(client: Client, made: Made) -> None:
    row, theirs, by = made
    _, url = linked(row, theirs, by)
    client.post(f"{url}follow/", {"email": "ana@northwind.example"})
    first = letter_url("confirm")
    client.post(f"{url}follow/", {"email": "ana@northwind.example"})
    assert letter_url("confirm") == first and first.split("/")[3] not in Subscriber.objects.get().confirm_hash
    client.post(first)
    assert Subscriber.objects.get().confirmed_at is not None
    assert client.get(f"{url}follow/")["Location"] == f"{url}#follow"


def test_whoever_left_is_not_brought_back_by_an_old_letter(client: Client, made: Made) -> None:
    row, theirs, by = made
    _, url = linked(row, theirs, by)
    client.post(f"{url}follow/", {"email": "ana@northwind.example"})
    old = letter_url("confirm")
    client.post(old)
    client.post(f"/s/leave/{Subscriber.objects.get().leave_token}/")
    assert client.post(old).status_code == 404
    assert Subscriber.objects.get().left_at is not None


def test_who_left_follows_again_only_after_saying_yes_again(client: Client, made: Made) -> None:
    row, theirs, by = made
    link, url = linked(row, theirs, by)
    who = follower(link)
    client.post(f"/s/leave/{who.leave_token}/")
    client.post(f"{url}follow/", {"email": who.email})
    version = approved(told(row, by))
    assert subscribers_of(version, clock.now()) == []
    client.post(letter_url("confirm"))
    assert subscribers_of(version, clock.now()) == [who]


def test_an_address_that_follows_already_is_told_so_and_the_page_says_the_same(client: Client, made: Made) -> None:
    row, theirs, by = made
    link, url = linked(row, theirs, by)
    who = follower(link)
    answer = client.post(f"{url}follow/", {"email": who.email.upper()})
    assert answer["Location"].endswith("?asked=1#follow")
    assert "already" in Delivery.objects.get(purpose="incident.follow").payload["text"]
    assert Subscriber.objects.get().confirmed_at == who.confirmed_at


def test_a_question_that_was_asked_long_ago_is_answered_by_nobody(client: Client, made: Made) -> None:
    row, theirs, by = made
    _, url = linked(row, theirs, by)
    client.post(f"{url}follow/", {"email": "ana@northwind.example"})
    Subscriber.objects.update(at=clock.now() - timedelta(days=4))
    assert client.post(letter_url("confirm")).status_code == 404
    assert Subscriber.objects.get().confirmed_at is None


@pytest.mark.parametrize("ended", ["revoked", "over"])
def test_a_page_that_is_gone_writes_to_nobody(made: Made, ended: str) -> None:
    row, theirs, by = made
    link, _ = linked(row, theirs, by)
    follower(link)
    at = clock.now()
    if ended == "revoked":
        revoke_link(link=link, by=by, at=at)
    else:
        StatusLink.objects.update(ends_at=at)
    version = approved(told(row, by, at=at))
    assert mail_subscribers(version, at + 2 * MINUTE) == []


def test_letters_wait_for_the_second_person_as_the_page_does(made: Made) -> None:
    row, theirs, by = made
    link, _ = linked(row, theirs, by)
    follower(link)
    version = told(row, by).versions.get()
    assert mail_subscribers(version, clock.now()) == []
    assert version.reading(Reading.CUSTOMER)
    assert not Delivery.objects.filter(purpose="incident.follower").exists()


@pytest.mark.parametrize("email", [
    "", "ana", "a@b", "ana@northwind.example\nBcc: all@x.example", "x" * 250 + "@x.example",
])
def test_what_is_no_address_is_said_and_asks_nobody(client: Client, made: Made, email: str) -> None:
    row, theirs, by = made
    _, url = linked(row, theirs, by)
    answer = client.post(f"{url}follow/", {"email": email})
    assert answer.status_code == 422 and "email_error" in answer.content.decode()
    assert not Subscriber.objects.exists()


def test_an_address_is_asked_a_few_times_and_no_more(
    client: Client, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public, "PER_ADDRESS", Limit(f"follow-{uuid.uuid4().hex}", tries=2, window=10**10))
    row, theirs, by = made
    _, url = linked(row, theirs, by)
    codes = [client.post(f"{url}follow/", {"email": "ana@northwind.example"}).status_code for _ in range(3)]
    assert codes == [302, 302, 429]
    assert Subscriber.objects.count() == 1
