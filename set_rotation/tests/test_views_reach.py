"""The page of how somebody is reached: ways, steps, notices, the test page; and what others see of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from integrations import notify
from people.choices import Role
from people.models import Person
from portal.common import clock
from set_rotation.choices import ContactKind, CyclePhase, Urgency
from set_rotation.models import ChecklistItem, ChecklistMark, ContactMethod, ContactRule, NoticeChoice, Page
from set_rotation.tests.factories import engineer, rotation

pytestmark = pytest.mark.django_db
SECRET = "ntfys://ntfy.example/very-secret-topic-77"
PAGE, ADD = "/me/reach/", "/me/reach/add/"
SCRIPT = {"HX-Request": "true", "HX-Target": "reach"}


@pytest.fixture
def ines() -> Person:
    return engineer("Ines Okafor")


@pytest.fixture
def browser(client: Client, ines: Person) -> Client:
    client.force_login(ines)
    return client


@pytest.fixture(autouse=True)
def known_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library itself is tried in integrations/notify; here it knows every address but one."""

    def check(url: str) -> str:
        if "private" in url:
            raise notify.NotifyRefused(f"{url.partition('://')[2]} lies in a private network; that is not allowed.")
        return "ntfy"

    monkeypatch.setattr(notify, "check", check)


def phone(person: Person, label: str = "My phone", address: str = SECRET, **fields: Any) -> ContactMethod:
    return ContactMethod.objects.create(person=person, kind=ContactKind.APPRISE, label=label, address=address,
                                        added_at=clock.now(), **fields)


def steps(person: Person, urgency: Urgency = Urgency.URGENT) -> list[tuple[int, str]]:
    rows = ContactRule.objects.filter(person=person, urgency=urgency, method__removed_at__isnull=True)
    return list(rows.values_list("minutes", "method__label"))


def test_whoever_chose_nothing_sees_how_everybody_is_reached(browser: Client) -> None:
    page = browser.get(PAGE).content.decode()
    assert page.count("as for everybody who chose nothing") == 2
    assert "No test page was sent yet" in page and "Addresses of the usual services" in page
    assert "Before your first day" not in page


@pytest.mark.parametrize("role", [Role.VIEWER, Role.SUPPORT])
def test_who_never_serves_has_no_such_page(client: Client, role: Role) -> None:
    client.force_login(engineer("Vi", role))
    assert client.get(PAGE).status_code == 403
    assert client.post(ADD, {"address": SECRET}).status_code == 403
    assert not ContactMethod.objects.exists()


def test_a_way_is_added_and_its_address_is_never_drawn(browser: Client, ines: Person) -> None:
    answer = browser.post(ADD, {"address": f" {SECRET} ", "label": "My phone"}, follow=True)
    page = answer.content.decode()
    assert "“My phone” is there" in page and "ntfys://…77" in page and "not proven" in page
    assert "very-secret-topic" not in page and "ntfy.example" not in page
    assert ContactMethod.objects.get(person=ines).address == SECRET


def test_without_a_name_it_is_called_like_its_service(browser: Client, ines: Person) -> None:
    answer = browser.post(ADD, {"address": SECRET}, headers=SCRIPT)
    assert answer.status_code == 200 and "very-secret" not in answer.content.decode() + str(answer.headers)
    assert ContactMethod.objects.get(person=ines).label == "ntfy"


@pytest.mark.parametrize("headers", [{}, SCRIPT])
def test_a_refused_address_is_told_in_words_and_not_repeated(browser: Client, headers: dict[str, str]) -> None:
    for address, words in (("json://private.example/secret-key", "lies in a private network"), ("", "Paste an address"),
                           ("x" * 1001, "at most 1000 characters"), ("json://a\x00b", "Null characters")):
        answer = browser.post(ADD, {"address": address, "label": "My phone"}, headers=headers)
        text = answer.content.decode()
        assert answer.status_code == 422 and words in text
        assert "private.example" not in text and "secret-key" not in text
        assert ("HX-Retarget" in answer) == bool(headers)
    assert not ContactMethod.objects.exists()


def test_a_way_is_removed_and_brought_back(browser: Client, ines: Person) -> None:
    method = phone(ines)
    answer = browser.post(f"/me/reach/{method.pk}/remove/", headers=SCRIPT)
    assert f"/me/reach/{method.pk}/back/" in answer["HX-Trigger"] and "Bring back" in answer.content.decode()
    method.refresh_from_db()
    assert method.removed_at is not None
    page = browser.post(f"/me/reach/{method.pk}/back/", follow=True).content.decode()
    assert "“My phone” is back" in page and f"/me/reach/{method.pk}/remove/" in page


def test_nobody_touches_somebody_elses_ways(browser: Client) -> None:
    method = phone(engineer())
    for verb in ("remove", "back"):
        assert browser.post(f"/me/reach/{method.pk}/{verb}/").status_code == 404
    answer = browser.post("/me/reach/steps/urgent/", {"target": str(method.pk), "minutes": "0"})
    assert answer.status_code == 422 and "removed meanwhile" in answer.content.decode()
    foreign = browser.post(f"/me/reach/steps/urgent/?rungs=0:{method.pk}", follow=True).content.decode()
    assert "One of these ways was removed meanwhile" in foreign
    method.refresh_from_db()
    assert method.removed_at is None and not ContactRule.objects.exists()


def test_steps_are_added_taken_out_and_undone(browser: Client, ines: Person) -> None:
    method = phone(ines, verified_at=clock.now())
    url = "/me/reach/steps/urgent/"
    browser.post(url, {"target": "mattermost", "minutes": "0"})
    browser.post(url, {"target": str(method.pk), "minutes": "5"})
    assert steps(ines) == [(0, "Mattermost"), (5, "My phone")]
    answer = browser.post(url, {"less": f"5:{method.pk}"}, headers=SCRIPT)
    assert steps(ines) == [(0, "Mattermost")] and "rungs=0%3Amattermost%2C5%3A" in answer["HX-Trigger"]
    browser.post(f"{url}?rungs=0:mattermost,5:{method.pk}", headers=SCRIPT)
    assert steps(ines) == [(0, "Mattermost"), (5, "My phone")]
    assert steps(ines, Urgency.NORMAL) == []


@pytest.mark.parametrize(("given", "words"), [
    ({"target": "mail", "minutes": "121"}, "less than or equal to 120"), ({"target": "mail", "minutes": "-1"}, "0"),
    ({"target": "mail", "minutes": "soon"}, "whole number"), ({"target": "pigeon", "minutes": "1"}, "choose another"),
    ({}, "required"),
])
def test_odd_steps_are_told_at_the_field(browser: Client, given: dict[str, str], words: str) -> None:
    answer = browser.post("/me/reach/steps/normal/", given)
    assert answer.status_code == 422 and words in answer.content.decode()
    assert not ContactRule.objects.exists()


@pytest.mark.parametrize("rungs", ["x", "5:", "999:mail", ",".join(f"{minute}:mail" for minute in range(11))])
def test_an_odd_ladder_in_an_address_changes_nothing(browser: Client, rungs: str) -> None:
    assert browser.post(f"/me/reach/steps/urgent/?rungs={rungs}").status_code == 302
    assert not ContactRule.objects.exists()


def test_an_urgency_that_is_none_is_not_there(browser: Client) -> None:
    assert browser.post("/me/reach/steps/dire/", {"usual": "1"}).status_code == 404


def test_the_usual_ladder_is_offered_once_there_is_something_to_call(browser: Client, ines: Person) -> None:
    assert 'name="usual"' not in browser.get(PAGE).content.decode()
    phone(ines, "Push", "pover://user@token")
    phone(ines, "My SMS", "twilio://a:b@+15551234567/+15557654321")
    phone(ines, "My phone", "twilio://a:b@+15551234567/+15557654321?method=call")
    assert "Push at once, SMS after 5 min, call after 10 min" in browser.get(PAGE).content.decode()
    browser.post("/me/reach/steps/urgent/", {"usual": "1"})
    assert steps(ines) == [(0, "Push"), (5, "My SMS"), (10, "My phone")]
    assert browser.get(PAGE).content.decode().count('name="usual"') == 1  # of normal pages


def test_notices_are_chosen(browser: Client, ines: Person) -> None:
    answer = browser.post("/me/reach/notices/", {"mail": "on", "day_before": "on"}, headers=SCRIPT)
    assert answer.status_code == 200
    stored = NoticeChoice.objects.get(person=ines)
    assert (stored.mattermost, stored.mail, stored.week_before, stored.day_before) == (False, True, False, True)
    refused = browser.post("/me/reach/notices/", {"day_before": "on"})
    assert refused.status_code == 422 and "Choose Mattermost, mail or both" in refused.content.decode()


def test_a_test_page_is_sent_once_at_a_time(browser: Client, ines: Person) -> None:
    assert "is on its way to you" in browser.post("/me/reach/test/", follow=True).content.decode()
    page = Page.objects.get()
    assert (page.test, page.only_to, page.by, page.urgency) == (True, ines, ines, Urgency.URGENT)
    assert "waits to be acknowledged" in browser.post("/me/reach/test/", follow=True).content.decode()
    assert Page.objects.count() == 1
    assert "acknowledge it where it came" in browser.get(PAGE).content.decode()


def test_a_planner_sees_how_somebody_is_reached_without_any_secret(client: Client, ines: Person) -> None:
    phone(ines)
    ContactRule.objects.create(person=ines, urgency=Urgency.URGENT, method=phone(ines, "Pager", "pagerduty://abcdefgh@k"),
                               minutes=3)
    client.force_login(engineer("Lea", Role.LEAD))
    page = client.get(f"/people/{ines.pk}/reach/").content.decode()
    assert "My phone" in page and "after 3 min" in page and "not proven" in page
    assert "secret" not in page and "…77" not in page and "abcdefgh" not in page and ines.email not in page


def test_an_engineer_does_not_see_how_others_are_reached(browser: Client) -> None:
    assert browser.get(f"/people/{engineer().pk}/reach/").status_code == 403


def test_the_page_asks_as_much_for_ten_ways_as_for_none(
    browser: Client, ines: Person, django_assert_max_num_queries: Any
) -> None:
    for number in range(10):
        method = phone(ines, f"Phone {number}", f"json://host.example/{number}")
        ContactRule.objects.create(person=ines, urgency=Urgency.URGENT, method=method, minutes=number)
        phone(ines, f"Old {number}", f"json://host.example/old/{number}", removed_at=clock.now() - timedelta(hours=1))
    browser.get(PAGE)
    with django_assert_max_num_queries(14):
        page = browser.get(PAGE).content.decode()
    assert "10 are enough" in page


def test_what_is_left_before_the_first_day_is_ticked_off_here(browser: Client, ines: Person) -> None:
    item = ChecklistItem.objects.create(key="x", phase=CyclePhase.BEFORE, words="The process is read", each=True)
    other = ChecklistItem.objects.create(key="y", phase=CyclePhase.START, words="Later", each=True)
    assert "No coming rotation" in browser.post("/me/reach/tick/", {"item": item.pk}, follow=True).content.decode()
    today = clock.now().date()
    rotation([engineer(), ines], first_on=today + timedelta(days=14 - today.weekday()))
    assert "Before your first day" in browser.get(PAGE).content.decode()
    answer = browser.post("/me/reach/tick/", {"item": item.pk}, headers=SCRIPT)
    assert "Ticked off: The process is read" in answer["HX-Trigger"]
    assert ChecklistMark.objects.filter(item=item, person=ines, by=ines).count() == 1
    browser.post(f"/me/reach/tick/?item={item.pk}&open=1")
    assert not ChecklistMark.objects.exists()
    for odd in ({"item": other.pk}, {"item": "x"}, {"item": "9" * 30}, {}):
        assert browser.post("/me/reach/tick/", odd).status_code == 404
