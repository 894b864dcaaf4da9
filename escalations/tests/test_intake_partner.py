"""The form behind a partner's link: sent, counted, throttled, ended; and nothing of ours on it."""

import re
import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from customers.models import Customer
from customers.tests.factories import customer
from escalations.actions.links import make_link, revoke_link
from escalations.choices import Source
from escalations.models import Escalation, FormLink
from escalations.tests.factories import escalation
from escalations.views import partner
from people.choices import Role
from people.rules import Limit
from people.tests import factories as people
from portal.common import clock

pytestmark = pytest.mark.django_db


def link(*, whose: Customer | None = None, lasts: timedelta = timedelta(days=30)) -> tuple[FormLink, str]:
    at = clock.now()
    made, token = make_link(name="Contoso Partners", customer=whose, ends_at=at + lasts,
                            by=people.person(Role.ENGINEER), at=at)
    return made, f"/escalations/form/{token}/"


def sent(**more: str) -> dict[str, str]:
    return {
        "submission": str(uuid.uuid4()), "reporter_name": "Ana Lima", "reporter_email": "ana@contoso.example",
        "customer": "Vandelay", "level": "1", "title": "Nobody can post", "happened": "Each message fails.",
    } | more


def test_a_partner_sends_it_and_gets_its_number(client: Client) -> None:
    made, url = link()
    answer = client.post(url, sent())
    row = Escalation.objects.get()
    assert (row.source, row.reporter, row.reporter_name) == (Source.PARTNER, None, "Ana Lima")
    assert (row.reporter_email, row.customer.name, row.customer.confirmed) == ("ana@contoso.example", "Vandelay", False)
    thanks = client.get(answer["Location"]).content.decode()
    assert "We answer to ana@contoso.example" in thanks
    assert f"Thank you: it is E-{row.pk}" in thanks
    assert "ana@contoso.example" in thanks
    made.refresh_from_db()
    assert made.used == 1


def test_the_same_form_twice_is_one_and_counts_once(client: Client) -> None:
    made, url = link()
    values = sent()
    assert client.post(url, values)["Location"] == client.post(url, values)["Location"]
    assert Escalation.objects.count() == 1
    made.refresh_from_db()
    assert made.used == 1


def test_the_links_customer_holds_whatever_is_sent(client: Client) -> None:
    known = customer("Initech")
    _, url = link(whose=known)
    client.post(url, sent(customer="Another"))
    assert Escalation.objects.get().customer == known
    assert Customer.objects.count() == 1


def test_it_is_held_back_by_the_same_rules(client: Client) -> None:
    _, url = link()
    answer = client.post(url, sent(level="3", reporter_name="", category="ldap", server_version="10.4"))
    assert answer.status_code == 422
    assert {"reporter_name", "steps", "server_version"} == set(answer.context["form"].errors)
    assert not Escalation.objects.exists()


def test_nothing_of_ours_stands_on_it(client: Client) -> None:
    known = customer("Initech", arr=410_000)
    escalation("Nobody can post messages", customer=known)
    _, url = link(whose=known)
    page = client.get(url)
    answer = client.post(url, sent(level="3"))
    for text in (page.content.decode(), answer.content.decode()):
        assert "Nobody can post messages" not in text
        assert "$" not in text
        assert "/escalations/new/" not in text
        assert "Premier" not in text
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in page["Cache-Control"]


@pytest.mark.parametrize("ended", ["wrong", "revoked", "over"])
def test_a_link_that_is_wrong_revoked_or_over_looks_the_same(client: Client, ended: str) -> None:
    made, url = link()
    if ended == "wrong":
        url = url[:-2] + "x/"
    elif ended == "revoked":
        revoke_link(link=made, at=clock.now())
    else:
        FormLink.objects.update(ends_at=clock.now() - timedelta(seconds=1))
    assert client.get(url).status_code == 404
    assert client.post(url, sent()).status_code == 404
    assert not Escalation.objects.exists()


def test_many_in_an_hour_are_told_to_wait_and_lose_nothing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partner, "PER_LINK", Limit("partner-form-link", tries=2, window=10**10))
    _, url = link()
    for _ in range(2):
        assert client.post(url, sent()).status_code == 302
    answer = client.post(url, sent(title="The third"))
    assert answer.status_code == 429
    assert "what you wrote stays here" in answer.content.decode()
    assert answer.context["form"]["title"].value() == "The third"
    assert Escalation.objects.count() == 2


def test_somebody_elses_form_is_not_shown_by_its_key(client: Client) -> None:
    theirs = escalation()
    _, url = link()
    assert client.post(url, sent(submission=str(theirs.submission))).status_code == 422
    assert client.get(f"{url}thanks/", {"of": str(theirs.submission)}).status_code == 404
    assert client.post(url, sent(submission="nonsense")).status_code == 400


def test_a_link_is_made_shown_once_and_revoked(client: Client) -> None:
    customer("Initech")
    client.force_login(people.person(Role.ENGINEER))
    made = client.post("/escalations/forms/make/", {"name": "Contoso", "customer": "initech", "lasts": "7"})
    found = re.search(r"/escalations/form/([\w-]{43})/", made.content.decode())
    assert found
    row = FormLink.objects.get()
    assert row.customer is not None
    assert found[1] not in (row.token_hash, row.hint)
    assert found[1] not in client.get("/escalations/forms/").content.decode()
    assert client.get(f"/escalations/form/{found[1]}/").status_code == 200
    client.post(f"/escalations/forms/{row.pk}/revoke/")
    assert client.get(f"/escalations/form/{found[1]}/").status_code == 404


@pytest.mark.parametrize(("values", "field"), [
    ({"name": "", "lasts": "7"}, "name"), ({"name": "x" * 121, "lasts": "7"}, "name"),
    ({"name": "Contoso", "customer": "Nobody", "lasts": "7"}, "customer"),
    ({"name": "Contoso", "lasts": "9999"}, "lasts"),
])
def test_a_link_that_says_nonsense_is_not_made(client: Client, values: dict[str, str], field: str) -> None:
    client.force_login(people.person(Role.LEAD))
    answer = client.post("/escalations/forms/make/", values)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not FormLink.objects.exists()


def test_support_makes_no_links(client: Client) -> None:
    client.force_login(people.person(Role.SUPPORT))
    assert client.get("/escalations/forms/").status_code == 403
    assert client.post("/escalations/forms/make/", {"name": "Contoso", "lasts": "7"}).status_code == 403


@pytest.mark.parametrize(("zone", "utc"), [
    ("Europe/Oslo", "06:30"), ("UTC", "07:30"), ("", "07:30"), ("Mars/Base", "07:30"), ("../x", "07:30"),
])
def test_times_are_those_of_the_senders_browser_or_utc(client: Client, zone: str, utc: str) -> None:
    _, url = link()
    client.post(url, sent(zone=zone, began_on="2025-11-17", began_time="07:30"))
    began = Escalation.objects.get().began_at
    assert began is not None
    assert f"{began:%H:%M}" == utc


def test_what_a_partner_did_is_told_by_their_name(client: Client) -> None:
    _, url = link()
    client.post(url, sent() | {"files": SimpleUploadedFile("app.log", b"all is well")})
    client.force_login(people.person(Role.LEAD))
    page = client.get(f"/escalations/E-{Escalation.objects.get().pk}/").content.decode()
    assert "Ana Lima raised it" in page
    assert "Ana Lima added a file" in page
    assert "The portal raised" not in page
