"""Private pages made and revoked, the status page of the house, and lists of stakeholders."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from customers.models import Contact
from customers.tests import factories as customers
from incidents.actions.base import Refused
from incidents.actions.links import make_link, revoke_link
from incidents.actions.stakeholders import Told, add_member, archive_list, change_list, make_list, remove_member
from incidents.choices import Kind, Reading, Severity, State, What
from incidents.models import (
    Incident,
    IncidentEvent,
    IncidentWatcher,
    SettingsEvent,
    Stakeholder,
    StakeholderList,
    StatusLink,
)
from incidents.queries import status
from incidents.tests import factories
from people.choices import Right, Role
from people.tests import factories as people
from portal.common import clock

pytestmark = pytest.mark.django_db
NIGHT, DAY = factories.NIGHT, timedelta(days=1)


# ---- Private pages --------------------------------------------------------------------


def test_a_page_is_made_shown_once_listed_and_revoked(client: Client) -> None:
    row = factories.incident(customer=customers.customer("Northwind"), at=clock.now())
    who = row.customers.get().customer
    client.force_login(people.person(Role.SUPPORT))
    base = f"/incidents/I-{row.pk}/links/"
    assert "No page is open" in client.get(base).content.decode()
    made = client.post(f"{base}make/", {"customer": str(who.pk), "days": "14"}).content.decode()
    found = re.search(r"/s/([\w-]{43})/", made)
    assert found
    link = StatusLink.objects.get()
    assert found[1] not in (link.token_hash, link.hint) and link.ends_at - link.at == 14 * DAY
    assert found[1] not in client.get(base).content.decode()
    assert client.get(f"/s/{found[1]}/").status_code == 200
    assert "opened 1 time" in client.get(base).content.decode()
    client.post(f"{base}{link.pk}/revoke/")
    assert client.get(f"/s/{found[1]}/").status_code == 404
    assert [*IncidentEvent.objects.filter(what__in=(What.LINK, What.LINK_REVOKED)).values_list("what", flat=True)] == [
        What.LINK, What.LINK_REVOKED]
    assert not IncidentEvent.objects.filter(to_value__contains=found[1]).exists()


def test_what_may_not_have_a_page_says_why() -> None:
    theirs, other, by = customers.customer("Northwind"), customers.customer("Initech"), people.person(Role.ENGINEER)
    row, drill = factories.incident(customer=theirs), factories.incident(customer=theirs, drill=True)
    ours = factories.incident(kind=Kind.COMMUNITY, customers=())
    for given, words in (
        ({"incident": drill, "customer": theirs}, "drill"), ({"incident": row, "customer": other}, "not in this"),
        ({"incident": row, "customer": None}, "Choose the customer"),
        ({"incident": row, "customer": theirs, "ends_at": NIGHT}, "within 90 days"),
        ({"incident": row, "customer": theirs, "ends_at": NIGHT + 91 * DAY}, "within 90 days"),
    ):
        with pytest.raises(Refused, match=words):
            make_link(**({"ends_at": NIGHT + DAY, "by": by, "at": NIGHT} | given))  # type: ignore[arg-type]
    assert not StatusLink.objects.exists()
    link, _ = make_link(incident=ours, customer=None, ends_at=NIGHT + DAY, by=by, at=NIGHT)
    assert revoke_link(link=link, by=by, at=NIGHT) and not revoke_link(link=link, by=by, at=NIGHT)


def test_a_page_of_another_incident_is_not_revoked_here(client: Client) -> None:
    theirs, by = customers.customer("Northwind"), people.person(Role.ENGINEER)
    row, other = factories.incident(customer=theirs), factories.incident(customer=theirs)
    link, _ = make_link(incident=row, customer=theirs, ends_at=NIGHT + DAY, by=by, at=NIGHT)
    client.force_login(by)
    assert client.post(f"/incidents/I-{other.pk}/links/{link.pk}/revoke/").status_code == 404
    assert client.post(f"/incidents/I-{row.pk}/links/make/", {"customer": "999", "days": "14"}).status_code == 422
    assert client.post(f"/incidents/I-{row.pk}/links/make/", {"customer": "x", "days": "4000"}).status_code == 422
    assert StatusLink.objects.get().revoked_at is None


def test_a_private_incidents_pages_are_for_its_people_and_viewers_make_none(client: Client) -> None:
    row = factories.incident(private=True)
    client.force_login(people.person(Role.COORDINATOR))
    assert client.get(f"/incidents/I-{row.pk}/links/").status_code == 404
    assert client.get(f"/incidents/I-{row.pk}/links/preview/").status_code == 404
    client.force_login(people.person(Role.VIEWER))
    assert client.get(f"/incidents/I-{factories.incident().pk}/links/").status_code == 403


def test_the_preview_is_the_page_without_an_address(client: Client) -> None:
    row = factories.incident("Shard melted", customer=customers.customer("Northwind"), at=clock.now())
    client.force_login(people.person(Role.ENGINEER))
    text = client.get(f"/incidents/I-{row.pk}/links/preview/", {"customer": "northwind"}).content.decode()
    assert "This is what Northwind sees now." in text and "Shard melted" not in text and "/s/" not in text
    assert client.get(f"/incidents/I-{row.pk}/links/preview/", {"customer": "initech"}).status_code == 404


# ---- The status page ------------------------------------------------------------------


def test_the_status_page_says_what_is_down_watched_and_over_lately(client: Client) -> None:
    at = clock.now()
    down = factories.incident("Down", at=at - timedelta(hours=9))
    watched, over, old = (factories.incident(title, at=at - 8 * DAY) for title in ("Watched", "Over", "Long over"))
    Incident.objects.filter(pk=watched.pk).update(state=State.WATCHED, resolved_at=at, next_update_at=None)
    Incident.objects.filter(pk=over.pk).update(state=State.CLOSED, resolved_at=at - DAY)
    Incident.objects.filter(pk=old.pk).update(state=State.CLOSED, resolved_at=at - 8 * DAY)
    client.force_login(people.person(Role.VIEWER))
    found = client.get("/status/").context["status"]
    assert [[one.incident.pk for one in ones] for ones in (found.down, found.watched, found.lately)] == [
        [down.pk], [watched.pk], [over.pk]]
    assert found.due_next == down.at + timedelta(minutes=15)
    text = client.get("/status/", headers={"HX-Request": "true", "HX-Target": "status"}).content.decode()
    assert "<b>overdue,</b>" in text and "Long over" not in text and "<html" not in text


def test_nothing_down_is_said_calmly(client: Client) -> None:
    client.force_login(people.person(Role.VIEWER))
    assert "Nothing is down" in client.get("/status/").content.decode()


def test_however_many_were_over_lately_none_that_is_down_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    at, reader = clock.now(), people.person(Role.ENGINEER)
    over, down = factories.incident(at=at - DAY), factories.incident(at=at - DAY, severity=Severity.SEV3)
    Incident.objects.filter(pk=over.pk).update(state=State.CLOSED, resolved_at=at)
    monkeypatch.setattr(status, "MOST", 1)
    found = status.status_page(reader, {Right.SEE_INCIDENTS}, at)
    assert [one.incident.pk for one in found.down] == [down.pk] and not found.lately


def test_what_has_no_place_on_the_page_is_counted_and_its_update_is_missed(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = clock.now()
    first, behind = factories.incident(at=at), factories.incident(at=at - DAY, severity=Severity.SEV3)
    Incident.objects.filter(pk=behind.pk).update(next_update_at=at - timedelta(minutes=10))
    watched, over = factories.incident(at=at - DAY), factories.incident(at=at - DAY)
    Incident.objects.filter(pk=watched.pk).update(state=State.WATCHED, resolved_at=at, next_update_at=None)
    Incident.objects.filter(pk=over.pk).update(state=State.CLOSED, resolved_at=at, next_update_at=at - DAY)
    monkeypatch.setattr(status, "MOST", 1)
    client.force_login(people.person(Role.VIEWER))
    answer = client.get("/status/")
    found, text = answer.context["status"], answer.content.decode()
    assert [one.incident.pk for one in found.down] == [first.pk] and not found.watched
    assert found.counts == {"down": 2, "watched": 1, "lately": 1} and found.due_next == at - timedelta(minutes=10)
    assert "2 open; an update is overdue since" in text and "All of them stand in the list." in text


def test_a_drill_never_stands_before_an_outage() -> None:
    factories.incident("Exercise", drill=True)
    smaller = factories.incident("Smaller", severity=Severity.SEV3)
    reader = people.person(Role.VIEWER)
    first, last = status.status_page(reader, {Right.SEE_INCIDENTS}, factories.NIGHT).down
    assert (first.incident, last.incident.drill) == (smaller, True)


def test_a_private_one_stands_there_for_its_people_alone(client: Client) -> None:
    row, guest = factories.incident("Quiet matter", private=True), people.person(Role.VIEWER)
    client.force_login(guest)
    assert "Quiet matter" not in client.get("/status/").content.decode()
    IncidentWatcher.objects.create(incident=row, person=guest, at=NIGHT)
    assert "Quiet matter" in client.get("/status/").content.decode()
    client.force_login(people.person(Role.COORDINATOR))
    assert "Quiet matter" not in client.get("/status/").content.decode()


def test_the_status_page_asks_the_same_for_one_and_for_many(client: Client, django_assert_max_num_queries: Any) -> None:
    client.force_login(people.person(Role.VIEWER))
    for number in range(6):
        factories.incident(f"Down {number}", at=clock.now())
    client.get("/status/")
    with django_assert_max_num_queries(16):
        client.get("/status/")


# ---- Lists of stakeholders ------------------------------------------------------------


def told(name: str = "Executives", **more: Any) -> Told:
    given: dict[str, Any] = {"name": name, "severity": Severity.SEV2, "reading": Reading.EXECUTIVE}
    return Told(**given | more)


def by() -> dict[str, Any]:
    return {"by": people.person(Role.ACCOUNT), "at": NIGHT}


def test_a_list_is_made_filled_changed_and_archived(client: Client) -> None:
    client.force_login(people.person(Role.ACCOUNT))
    boss = people.person(Role.EXECUTIVE, name="Rosa Lindqvist")
    assert "No list yet" in client.get("/incidents/lists/").content.decode()
    values = {"name": "Executives", "customer": "", "severity": "2", "reading": "executive"}
    page = client.post("/incidents/lists/new/", values)["Location"]
    row = StakeholderList.objects.get()
    client.post(f"{page}add/", {"person": str(boss.pk), "email": "", "name": ""})
    client.post(f"{page}add/", {"person": "", "email": "board@ours.example", "name": "The board"})
    text = client.get(page).content.decode()
    assert "Rosa Lindqvist" in text and "The board" in text and "Sev1 and Sev2" in text
    client.post(page, values | {"name": "Leaders", "severity": "1"})
    row.refresh_from_db()
    assert (row.name, row.severity) == ("Leaders", 1)
    client.post(f"{page}remove/", {"member": str(row.members.get(person=boss).pk)})
    assert [one.email for one in row.members.all()] == ["board@ours.example"]
    text = " ".join(client.get(page).content.decode().split())
    assert "Leaders: incidents of every customer, Sev1 or more urgent" in text and "on it: Rosa Lindqvist" in text
    client.post(f"{page}archive/")
    assert [one.to_value or one.from_value for one in SettingsEvent.objects.filter(list=row).order_by("pk")] == [
        "Executives: incidents of every customer, Sev2 or more urgent, executive reading",
        "on it: Rosa Lindqvist", "on it: board@ours.example",
        "Leaders: incidents of every customer, Sev1 or more urgent, executive reading",
        "on it: Rosa Lindqvist", "not used any more"]
    assert client.get(page).status_code == 404 and "Leaders" not in client.get("/incidents/lists/").content.decode()


def test_what_is_for_customers_goes_to_one_customer_and_what_is_for_us_to_none() -> None:
    theirs, other = customers.customer("Northwind"), customers.customer("Initech")
    Contact.objects.create(customer=theirs, name="Ana", email="ana@northwind.example")
    Contact.objects.create(customer=other, name="Bill", email="bill@initech.example")
    with pytest.raises(Refused, match="of one customer"):
        make_list(told=told(reading=Reading.CUSTOMER), **by())
    for reading in (Reading.INTERNAL, Reading.EXECUTIVE):
        ours = make_list(told=told(f"Ours {reading}", reading=reading, customer=theirs), **by())
        with pytest.raises(Refused, match="is at Northwind"):
            add_member(row=ours, email="ops@NORTHWIND.example", **by())
    row = make_list(told=told("Northwind", reading=Reading.CUSTOMER, customer=theirs), **by())
    add_member(row=row, email="ops@northwind.example", **by())
    with pytest.raises(Refused, match="another customer"):
        add_member(row=row, email="ops@initech.example", **by())
    for reading, whose in ((Reading.INTERNAL, theirs), (Reading.CUSTOMER, other)):
        with pytest.raises(Refused, match="is at Northwind"):
            change_list(row=row, told=told("N", reading=reading, customer=whose), **by())
    row.refresh_from_db()
    assert (row.name, row.reading, row.customer) == ("Northwind", Reading.CUSTOMER, theirs)


def test_nobody_is_on_a_list_twice_and_names_are_taken_once() -> None:
    row, who = make_list(told=told(), **by()), people.person(Role.VIEWER)
    add_member(row=row, person=who, **by())
    for twice in ({"person": who}, {"email": who.email.upper()}):
        with pytest.raises(Refused, match="on it already"):
            add_member(row=row, **twice, **by())
    with pytest.raises(Refused, match="Choose somebody"):
        add_member(row=row, **by())
    with pytest.raises(Refused, match="has this name"):
        make_list(told=told("executives"), **by())
    with pytest.raises(Refused, match="a name"):
        make_list(told=told(" \x00 "), **by())
    assert archive_list(row=row, **by()) and not archive_list(row=row, **by())
    with pytest.raises(Refused, match="not used"):
        add_member(row=row, email="a@ours.example", **by())
    assert make_list(told=told("executives"), **by())
    assert not remove_member(row=row, pk=0, **by())
    assert Stakeholder.objects.count() == 1


@pytest.mark.parametrize("values", [
    {"name": ""}, {"name": "x" * 81}, {"customer": "nobody"}, {"severity": "9"}, {"reading": "all"},
    {"reading": "customer", "customer": ""},
])
def test_nonsense_in_the_form_of_a_list_makes_none(client: Client, values: dict[str, str]) -> None:
    client.force_login(people.person(Role.ENGINEER))
    given = {"name": "Executives", "customer": "", "severity": "2", "reading": "executive"} | values
    assert client.post("/incidents/lists/new/", given).status_code == 422
    assert not StakeholderList.objects.exists()


def test_viewers_keep_no_lists(client: Client) -> None:
    client.force_login(people.person(Role.VIEWER))
    row = make_list(told=told(), **by())
    assert client.get("/incidents/lists/").status_code == 403
    assert client.post(f"/incidents/lists/{row.pk}/archive/").status_code == 403
