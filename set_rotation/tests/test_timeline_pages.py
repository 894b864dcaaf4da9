"""The timeline and its pages: what they show, to whom, and in how many queries."""

import csv
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from people.choices import Role
from people.models import Person
from people.tests import factories as people
from portal.common import clock
from set_rotation import actions
from set_rotation.choices import Seat, What
from set_rotation.models import Away, Duty, Rotation, RotationEvent, Schedule
from set_rotation.tests import factories as make

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)
HOUR, WEEK = timedelta(hours=1), timedelta(days=7)
PLAN = "Plan rotations"


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: make.NOON)


@pytest.fixture
def lead(client: Client) -> Person:
    """Signed in, and may plan."""
    person = people.person(Role.LEAD, name="Ines Moreau", zone="Europe/Paris")
    client.force_login(person)
    return person


def text(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status
    return response.content.decode()


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as counted:
        assert client.get(path).status_code == 200
    return len(counted)


def test_the_timeline_shows_who_holds_which_seat_and_says_it_in_words(client: Client, lead: Person) -> None:
    crew = make.crew()
    make.rotation(crew)
    page = text(client, "/rotations/")
    assert f"Primary, 16 to 23 Nov: {crew[1].name}" in page
    assert f"Lead, 16 to 30 Nov: {crew[0].name}" in page
    assert "No rotation is planned from 30 Nov 2026" in page
    assert "1 gap" in page
    assert "conflict" not in page.split("Wants a look")[0].split("<table")[0]


def test_without_any_rotation_it_says_what_to_do_next(client: Client, lead: Person) -> None:
    page = text(client, "/rotations/")
    assert "No rotation is planned yet" in page
    assert "/rotations/new/" in page
    assert "<table" not in page


def test_an_override_splits_its_cell_and_says_until_when_in_the_readers_zone(client: Client, lead: Person) -> None:
    make.rotation()
    stand_in = make.engineer("Mei Tanaka")
    actions.make_override(seat=Seat.PRIMARY, person=stand_in, starts_at=START + 48 * HOUR, ends_at=START + 51 * HOUR,
                          by=None, at=make.NOON, reason="dentist", tells=False)
    page = text(client, "/rotations/")
    assert "Mei Tanaka instead, from Wed 18 Nov, 3:00 pm to Wed 18 Nov, 6:00 pm (dentist)" in page
    assert page.count("shift-split") >= 2  # the cell, and the legend


def test_conflicts_are_outlined_with_their_words(client: Client, lead: Person) -> None:
    crew = make.crew()
    make.rotation(crew, at=make.NOON - WEEK)
    later = make.rotation([make.engineer(), crew[1], *make.crew(3)], first_on=date(2026, 11, 30), at=make.NOON)
    Away.objects.create(person=crew[3], starts_at=datetime(2026, 11, 24, 5, tzinfo=UTC),
                        ends_at=datetime(2026, 11, 28, 5, tzinfo=UTC), made_at=make.NOON)
    gone = make.place(later, 3).person
    assert gone
    gone.is_active = False
    gone.save()
    page = text(client, "/rotations/")
    assert f"{crew[3].name} is away 24 to 27 Nov" in page
    assert f"{crew[1].name} serves in rotation 1 too, right before" in page
    assert f"{gone.name} has left" in page
    assert "3 conflicts" in page


def test_somebody_who_is_no_member_then_is_a_conflict_once_there_is_a_roster(client: Client, lead: Person) -> None:
    crew = make.crew()
    make.rotation(crew)
    assert "is not on the roster then" not in text(client, "/rotations/")
    for person in crew[:4]:
        make.member(person)
    page = text(client, "/rotations/")
    assert f"{crew[4].name} is not on the roster then" in page
    assert "1 conflict<" in page.replace("\n", "")


def test_the_pattern_with_people_who_have_no_seat_shows_them(client: Client, lead: Person) -> None:
    crew = make.crew()
    make.rotation(crew, key="two-take-turns")
    page = text(client, "/rotations/")
    assert f"No seat, 16 to 30 Nov: {crew[3].name}" in page
    assert f"No seat, 16 to 30 Nov: {crew[4].name}" in page


def test_the_span_is_in_the_address_and_nonsense_there_is_the_usual_span(client: Client, lead: Person) -> None:
    make.rotation()
    assert "from=2026-08-17" in text(client, "/rotations/?from=2026-11-18&weeks=8")
    page = text(client, "/rotations/?from=tomorrow&weeks=-3")
    assert "Six months" in page
    for odd in ("?from=0001-01-01", "?from=9999-12-31&weeks=999", "?weeks=%F0", "?from=2026-11-16&weeks=٣"):
        text(client, f"/rotations/{odd}")


def test_a_longer_span_with_more_in_it_takes_as_many_queries(client: Client, lead: Person) -> None:
    make.rotation()
    few = queries(client, "/rotations/")
    for number in range(1, 6):
        crew = make.crew()
        for person in crew:
            make.member(person)
        made = make.rotation(crew, first_on=make.FIRST + number * 2 * WEEK)
        actions.make_override(seat=Seat.BACKUP, person=make.engineer(), starts_at=made.starts_at,
                              ends_at=made.starts_at + HOUR, by=None, at=make.NOON, tells=False)
    assert queries(client, "/rotations/?weeks=52") <= few + 1  # the loads of a bench that has somebody
    assert queries(client, "/rotations/?weeks=104") == queries(client, "/rotations/?weeks=26")


def test_whoever_may_not_plan_sees_it_all_and_changes_nothing(client: Client) -> None:
    reader = people.person(Role.SUPPORT)
    client.force_login(reader)
    made = make.rotation()
    page = text(client, "/rotations/")
    assert "Add a rotation" not in page
    assert "data-bench" not in page
    place = make.place(made, 1)
    assert "Preview" not in text(client, f"/rotations/places/{place.pk}/")
    assert client.get(f"/rotations/change/?place={place.pk}&person={reader.pk}").status_code == 403
    assert client.post("/rotations/change/").status_code == 403


def test_whoever_serves_finds_the_way_to_a_swap_of_their_own_duty_alone(client: Client) -> None:
    crew = make.crew()
    made = make.rotation(crew)
    client.force_login(crew[1])
    duty = Duty.objects.held().get(person=crew[1])
    assert f"/swaps/ask/?duty={duty.pk}" in text(client, f"/rotations/places/{make.place(made, 1).pk}/")
    assert "Ask for a swap" not in text(client, f"/rotations/places/{make.place(made, 2).pk}/")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: START + 2 * WEEK)
        assert "Ask for a swap" not in text(client, f"/rotations/places/{make.place(made, 1).pk}/")


def test_the_spreadsheet_holds_every_stretch_in_two_zones_and_no_formula(client: Client, lead: Person) -> None:
    crew = [make.engineer("=HYPERLINK(1)"), *make.crew(4)]
    make.rotation(crew)
    actions.make_override(seat=Seat.BACKUP, person=make.engineer("Ada"), starts_at=START, ends_at=START + HOUR, by=None,
                          at=make.NOON, tells=False)
    response = client.get("/rotations/export.csv?from=2026-11-16&weeks=4")
    head, *rows = csv.reader(response.content.decode().splitlines())
    assert head[:4] == ["rotation", "seat", "person", "e-mail"]
    assert len(rows) == 6
    assert rows[0][2] == "'=HYPERLINK(1)"
    ada = next(row for row in rows if row[2] == "Ada")
    assert ada[4:] == ["2026-11-16T14:00+00:00", "2026-11-16T15:00+00:00", "2026-11-16T09:00-05:00",
                       "2026-11-16T10:00-05:00", "yes"]


def test_a_rotation_has_its_people_its_overrides_and_who_changed_what(client: Client, lead: Person) -> None:
    crew = make.crew()
    made = make.rotation(crew, first_on=date(2026, 11, 30))
    actions.set_places(changes={make.place(made, 2).pk: None}, by=lead, at=make.NOON, tells=False)
    page = text(client, "/rotations/1/")
    assert crew[0].name in page
    assert f"Engineer 2: {crew[2].name} → nobody" in page
    assert "Ines Moreau" in page
    assert "Take it back" in page
    text(client, "/rotations/77/", 404)


def test_a_rotation_that_has_begun_is_not_taken_back(client: Client, lead: Person) -> None:
    make.rotation()
    assert "Take it back" not in text(client, "/rotations/1/")


def test_a_new_rotation_begins_after_the_last_and_goes_to_the_preview(client: Client, lead: Person) -> None:
    make.rotation()
    member = make.engineer("Kofi Danso")
    make.member(member)
    page = text(client, "/rotations/new/")
    assert 'value="2026-11-30"' in page
    assert "Kofi Danso" in page
    assert "Engineer 3: primary in week 2" in page
    response = client.get("/rotations/new/", {"pattern": "one-seat-each", "first_on": "2026-11-30",
                                              "place_0": str(member.pk)})
    assert response.status_code == 302
    preview = text(client, response["Location"])
    assert "Kofi Danso" in preview
    assert "now yours: Lead" in preview
    assert Rotation.objects.count() == 1


def test_a_new_rotation_on_another_weekday_is_refused_at_the_field(client: Client, lead: Person) -> None:
    page = text(client, "/rotations/new/?first_on=2026-12-01&place_0=0", 422)
    assert "Rotations begin on Mondays." in page


def test_the_schedule_is_changed_for_what_is_made_from_now_on(client: Client, lead: Person) -> None:
    made = make.rotation()
    form = {"weekday": "2", "at": "10:30", "zone": "Asia/Kolkata", "pattern": make.pattern("two-take-turns").pk,
            "hand_over_weekday": "1", "hand_over_at": "16:00"}
    assert client.post("/rotations/schedule/", form).status_code == 302
    row = Schedule.objects.get()
    assert (row.weekday, row.zone, row.pattern.key) == (2, "Asia/Kolkata", "two-take-turns")
    event = RotationEvent.objects.get(what=What.SCHEDULE_CHANGED)
    assert (event.by, event.from_value.startswith("Mondays at 09:00")) == (lead, True)
    assert Rotation.objects.get().starts_at == made.starts_at
    assert "Wednesdays at 10:30, Asia/Kolkata" in text(client, "/rotations/schedule/")


@pytest.mark.parametrize(("field", "value", "words"), [
    ("zone", "Mars/Olympus", "Choose a zone"), ("weekday", "9", "valid choice"), ("at", "25:00", "valid time"),
])
def test_a_schedule_that_cannot_be_is_refused_in_words(
    client: Client, lead: Person, field: str, value: str, words: str
) -> None:
    form = {"weekday": "2", "at": "10:30", "zone": "UTC", "pattern": make.pattern().pk, "hand_over_weekday": "1",
            "hand_over_at": "16:00"} | {field: value}
    response = client.post("/rotations/schedule/", form)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert Schedule.objects.get().weekday == 0
