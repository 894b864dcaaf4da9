"""The pages about paging, and the link in a message."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from people.choices import Role
from people.models import Person
from people.tests import factories as people
from portal.common import clock
from set_rotation.actions import paging
from set_rotation.choices import ContactKind, PageSource, PageState, Urgency
from set_rotation.models import ContactMethod, ContactRule, Page, PagePolicy
from set_rotation.queries.page_links import LASTS, link_token, opened
from set_rotation.tests import factories as make

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 18, 8, 0, tzinfo=UTC)


@pytest.fixture
def crew(monkeypatch: pytest.MonkeyPatch) -> list[Person]:
    monkeypatch.setattr(clock, "now", lambda: AT)
    people = make.crew()
    make.rotation(people)
    return people


def paged(key: str = "one", **more: Any) -> Page:
    values: dict[str, Any] = {"urgency": Urgency.URGENT, "reason": "Messages fail to post", "at": AT,
                              "source": PageSource.BUTTON} | more
    page = paging.raise_page(key=key, **values)[0]
    paging.take_steps(page_id=page.pk, at=AT)
    return page


def signed_in(client: Client, person: Person) -> Client:
    client.force_login(person)
    return client


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_the_list_says_who_has_what_and_what_to_do_when_it_is_empty(client: Client, crew: list[Person]) -> None:
    signed_in(client, crew[1])
    assert "Nobody has been paged yet" in text(client.get(reverse("set_rotation:pages")))
    page = paged()
    paged("two", reason="Second", urgency=Urgency.NORMAL)
    paging.acknowledge(page=Page.objects.get(pk=page.pk), by=crew[1], at=AT + timedelta(minutes=2))
    shown = text(client.get(reverse("set_rotation:pages")))
    assert shown.index("Second") < shown.index("Messages fail to post")
    assert f"{crew[1].name} was called" in shown
    assert "2 min 00 s" in shown
    only = text(client.get(reverse("set_rotation:pages"), {"state": "acknowledged"}))
    assert "Messages fail to post" in only
    assert "Second" not in only
    assert client.get(reverse("set_rotation:pages"), {"state": "odd", "page": "x"}).status_code == 200


def test_an_incident_is_declared_from_a_page_but_from_none_of_an_incident(client: Client, crew: list[Person]) -> None:
    signed_in(client, crew[1])
    page, own = paged(), paged("two", source=PageSource.INCIDENT)
    way = f'href="/incidents/new/?page={page.pk}"'
    assert way in text(client.get(reverse("set_rotation:page", args=[page.pk])))
    assert "Declare an incident" not in text(client.get(reverse("set_rotation:page", args=[own.pk])))
    signed_in(client, people.person(Role.VIEWER))
    assert way not in text(client.get(reverse("set_rotation:page", args=[page.pk])))


def test_tests_of_a_set_up_stand_apart_from_the_pages(client: Client, crew: list[Person]) -> None:
    paged(reason="Is my phone right?", only_to=crew[1], test=True, source=PageSource.TEST)
    signed_in(client, crew[1])
    assert "Nobody is being paged" in text(client.get(reverse("set_rotation:pages")))
    assert "Is my phone right?" in text(client.get(reverse("set_rotation:pages"), {"state": "tests"}))


def test_the_list_asks_the_database_no_more_for_fifty_pages_than_for_one(
    client: Client, crew: list[Person], django_assert_max_num_queries: Any
) -> None:
    signed_in(client, crew[1])
    for number in range(50):
        paged(f"p{number}")
    with django_assert_max_num_queries(16):
        client.get(reverse("set_rotation:pages"))


def test_a_page_is_raised_by_the_form_and_once_however_often_it_is_sent(client: Client, crew: list[Person]) -> None:
    support = make.engineer("Sam", Role.SUPPORT)
    signed_in(client, support)
    address = reverse("set_rotation:page_new")
    shown = text(client.get(address, {"reason": "Outage & more", "path": "/tickets/MM-1/", "key": "E-12"}))
    assert 'value="Outage &amp; more"' in shown
    assert 'value="/tickets/MM-1/"' in shown
    for person in crew[:3]:
        assert person.name in shown
    told = {"reason": "Outage", "urgency": "urgent", "path": "/tickets/MM-1/", "key": "E-12"}
    first, second = (client.post(address, told) for _ in range(2))
    page = Page.objects.get()
    assert first["Location"] == second["Location"] == reverse("set_rotation:page", args=[page.pk])
    assert (page.by, page.source, page.key) == (support, PageSource.BUTTON, "E-12")


@pytest.mark.parametrize(("change", "words"), [
    ({"reason": ""}, "Say in a few words"), ({"path": "javascript:alert(1)"}, "Give a page of the portal"),
    ({"urgency": "panic"}, "valid choice"), ({"reason": "x" * 201}, "at most 200"),
])
def test_odd_input_is_said_at_the_form_and_pages_nobody(
    client: Client, crew: list[Person], change: dict[str, str], words: str
) -> None:
    signed_in(client, crew[1])
    response = client.post(reverse("set_rotation:page_new"), {"reason": "Outage", "urgency": "urgent", **change})
    assert response.status_code == 422
    assert words in text(response)
    assert not Page.objects.exists()


def test_who_may_not_page_or_answer_is_refused_and_may_still_look(client: Client, crew: list[Person]) -> None:
    page = paged()
    signed_in(client, make.engineer("Vera", Role.VIEWER))
    assert client.get(reverse("set_rotation:page_new")).status_code == 403
    answer = reverse("set_rotation:page_answer", args=[page.pk])
    assert client.post(answer, {"verb": "acknowledge"}).status_code == 403
    assert client.post(reverse("set_rotation:page_policies"), {"urgency": "urgent"}).status_code == 403
    shown = text(client.get(reverse("set_rotation:page", args=[page.pk])))
    assert "Round 1: Primary" in shown
    assert "data-paging-key" not in shown
    support = make.engineer("Sam", Role.SUPPORT)
    signed_in(client, support)
    assert client.post(answer, {"verb": "acknowledge"}).status_code == 403
    assert Page.objects.get().state == PageState.OPEN


@pytest.mark.parametrize(("told", "state", "words"), [
    ({"verb": "acknowledge"}, PageState.ACKNOWLEDGED, "You have acknowledged it"),
    ({"verb": "resolve"}, PageState.RESOLVED, "Resolved."),
    ({"verb": "escalate"}, PageState.OPEN, "the next step is called now"),
    ({"verb": "snooze", "minutes": "60"}, PageState.SNOOZED, "Snoozed for 60 min"),
    ({"verb": "snooze", "minutes": "1441"}, PageState.OPEN, "24 hours"),
    ({"verb": "snooze"}, PageState.OPEN, "how many minutes"),
    ({"verb": "reassign"}, PageState.OPEN, "Choose who takes it"),
    ({"verb": "take"}, PageState.ACKNOWLEDGED, "It is yours now"),
    ({"verb": "explode"}, PageState.OPEN, "Nothing here is called that"),
    ({"verb": "escalate", "seen": "long.ago.0"}, PageState.OPEN, "moved on meanwhile"),
])
def test_each_button_does_what_it_says(
    client: Client, crew: list[Person], told: dict[str, str], state: str, words: str
) -> None:
    page = paged()
    signed_in(client, crew[2])
    response = client.post(reverse("set_rotation:page_answer", args=[page.pk]), told, follow=True)
    assert words in text(response)
    assert Page.objects.get().state == state


def test_a_page_is_given_to_somebody_by_the_form(client: Client, crew: list[Person]) -> None:
    page = paged()
    signed_in(client, crew[1])
    told = {"verb": "reassign", "to": str(crew[3].pk)}
    assert f"{crew[3].name} is called now" in text(
        client.post(reverse("set_rotation:page_answer", args=[page.pk]), told, follow=True)
    )
    assert Page.objects.get().only_to == crew[3]


def test_a_page_is_given_to_those_alone_who_may_answer_it(client: Client, crew: list[Person]) -> None:
    page, viewer = paged(), make.engineer("Vera", Role.VIEWER)
    signed_in(client, crew[1])
    assert "Vera" not in text(client.get(reverse("set_rotation:page", args=[page.pk])))
    told = {"verb": "reassign", "to": str(viewer.pk)}
    client.post(reverse("set_rotation:page_answer", args=[page.pk]), told)
    assert Page.objects.get().only_to is None


def test_nobody_reads_what_others_call_their_ways_which_may_be_a_number(client: Client, crew: list[Person]) -> None:
    phone = ContactMethod.objects.create(person=crew[1], kind=ContactKind.APPRISE, label="+1 555 0100", added_at=AT,
                                         address="twilio://a:b@+1555/+1556", verified_at=AT)
    ContactRule.objects.create(person=crew[1], urgency=Urgency.URGENT, method=phone, minutes=0)
    page = paged()
    signed_in(client, crew[2])
    shown = text(client.get(reverse("set_rotation:page", args=[page.pk])))
    assert shown.count("SMS") >= 2 and "0100" not in shown  # on the ladder and on the timeline


def test_the_timeline_ladder_and_facts_of_a_page_in_few_queries(
    client: Client, crew: list[Person], django_assert_max_num_queries: Any
) -> None:
    page = paged(details="<b>bold</b>", path="/tickets/MM-1/")
    signed_in(client, crew[1])
    with django_assert_max_num_queries(18):
        shown = text(client.get(reverse("set_rotation:page", args=[page.pk])))
    assert "&lt;b&gt;bold&lt;/b&gt;" in shown
    assert "On its way to the mail server" in shown
    assert shown.index("Backup</b>") < shown.index("Lead</b>")
    assert client.get(reverse("set_rotation:page", args=[page.pk + 1])).status_code == 404


def test_a_policy_is_changed_by_the_form_and_faults_are_said_there(client: Client, crew: list[Person]) -> None:
    lead = make.engineer("Lea", Role.LEAD)
    signed_in(client, lead)
    address = reverse("set_rotation:page_policies")
    base = {"urgency": "urgent", "urgent-seat_0": "lead", "urgent-minutes_0": "0", "urgent-seat_1": "backup",
            "urgent-minutes_1": "7", "urgent-again": "12", "urgent-rounds": "2", "urgent-stale": "0"}
    for change, words in (
        ({"urgent-seat_0": "", "urgent-seat_1": ""}, "at least one step"), ({"urgent-minutes_1": "241"}, "240"),
        ({"urgent-minutes_1": ""}, "how many minutes"), ({"urgent-rounds": "11"}, "10"),
    ):
        response = client.post(address, {**base, **change})
        assert (response.status_code, words in text(response)) == (422, True)
    assert client.post(address, {**base, "urgency": "odd"}).status_code == 404
    shown = client.post(address, base, follow=True)
    assert "those under way keep theirs" in text(shown)
    row = PagePolicy.objects.get(urgency="urgent")
    assert row.steps == [{"seat": "lead", "minutes": 0}, {"seat": "backup", "minutes": 7}]
    assert (row.again, row.rounds, row.stale, row.edited) == (12, 2, 0, True)
    assert "lead at once, backup after 7 min" in text(shown)


# ---- The link in a message ------------------------------------------------------------


def link(page: Page, person: Person) -> str:
    return reverse("set_rotation:page_link", args=[link_token(page_id=page.pk, person_id=person.pk, at=AT)])


def test_the_link_shows_and_changes_nothing_until_a_button_is_pressed(crew: list[Person]) -> None:
    page, phone = paged(), Client(enforce_csrf_checks=True)
    address = link(page, crew[2])
    for _ in range(2):
        response = phone.get(address, {"do": "acknowledge"})
        assert "Messages fail to post" in text(response)
        assert "no-store" in response["Cache-Control"]
    assert Page.objects.get().state == PageState.OPEN
    assert not phone.cookies
    assert "You have acknowledged it" in text(phone.post(address, {"verb": "acknowledge"}))
    stored = Page.objects.get()
    assert (stored.state, stored.acknowledged_by) == (PageState.ACKNOWLEDGED, crew[2])
    assert page.events.get(what="acknowledged").via == "link"
    assert phone.get(reverse("set_rotation:page", args=[page.pk])).status_code == 302


def test_the_link_acts_for_its_person_and_tells_who_was_faster(crew: list[Person]) -> None:
    page = paged()
    Client().post(link(page, crew[1]), {"verb": "acknowledge"})
    assert f"{crew[1].name} has acknowledged" in text(Client().post(link(page, crew[2]), {"verb": "acknowledge"}))
    assert "Take it over" in text(Client().get(link(page, crew[2])))
    Client().post(link(page, crew[2]), {"verb": "snooze", "minutes": "15"})
    assert Page.objects.get().snoozed_until == AT + timedelta(minutes=15)
    Client().post(link(page, crew[2]), {"verb": "resolve"})
    assert "There is nothing left to do" in text(Client().get(link(page, crew[1])))


def test_whoever_has_it_declares_an_incident_from_the_link_and_nobody_else_does(crew: list[Person]) -> None:
    page, offer = paged(), "Declare an incident"
    assert offer not in text(Client().get(link(page, crew[1])))
    assert offer in text(Client().post(link(page, crew[1]), {"verb": "acknowledge"}))
    assert offer not in text(Client().get(link(page, crew[2])))
    assert offer not in text(Client().post(link(page, crew[1]), {"verb": "resolve"}))


def test_the_link_gives_the_page_to_nobody_else_by_name(crew: list[Person]) -> None:
    page = paged()
    told = text(Client().post(link(page, crew[1]), {"verb": "reassign", "to": str(crew[3].pk)}))
    assert "use the buttons of the page" in told
    assert Page.objects.get().only_to is None


def test_a_link_that_was_altered_is_old_or_whose_person_has_left_opens_nothing(crew: list[Person]) -> None:
    page = paged()
    token = link_token(page_id=page.pk, person_id=crew[1].pk, at=AT)
    assert opened(token, AT + LASTS) is not None
    assert opened(token, AT + LASTS + timedelta(seconds=1)) is None
    other = link_token(page_id=page.pk, person_id=crew[2].pk, at=AT)
    forged = other.partition(":")[0] + ":" + token.partition(":")[2]
    for odd in (token[:-1], forged, "guess", "a:b", "…"):
        assert Client().get(reverse("set_rotation:page_link", args=[odd])).status_code == 404
        assert Client().post(reverse("set_rotation:page_link", args=[odd]), {"verb": "resolve"}).status_code == 404
    Person.objects.filter(pk=crew[1].pk).update(is_active=False)
    assert Client().post(link(page, crew[1]), {"verb": "acknowledge"}).status_code == 404
    assert Page.objects.get().state == PageState.OPEN
