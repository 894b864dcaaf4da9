"""Changes of the rota: tried, done as they were seen, refused, overtaken, and taken back."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from people.tests import factories as people
from portal.common import clock
from portal.tests.together import together
from set_rotation import actions, queries
from set_rotation.actions.changes import Done, Overtaken, do_change, try_change
from set_rotation.actions.schedule import change_schedule
from set_rotation.choices import Seat
from set_rotation.models import Away, Duty, Override, Rotation, RotationEvent
from set_rotation.queries.timeline.changes import fingerprint
from set_rotation.queries.timeline.preview import Preview, preview_of
from set_rotation.rules.changes import Add, Cancel, Change, Give, Remove, StandIn, pack, unpack
from set_rotation.tests import factories as make

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
AHEAD = date(2026, 11, 30)
ADDRESS = "/rotations/change/"


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: make.NOON)


@pytest.fixture
def lead() -> Person:
    return people.person(Role.LEAD, name="Ines Moreau", zone="Europe/Paris")


@pytest.fixture
def browser(client: Client, lead: Person) -> Client:
    """Signed in as the lead."""
    client.force_login(lead)
    return client


def do(change: Change, by: Person, at: datetime = make.NOON) -> Done:
    return do_change(change, seen=fingerprint(change), by=by, at=at)


def shown(change: Change, by: Person, at: datetime = make.NOON) -> Preview:
    tried = try_change(change, by=by, at=at)
    return preview_of(tried.before, tried.after, tried.done.moved, at=at, reader=by, zone="Europe/Paris")


def held() -> list[tuple[str, int, datetime, datetime]]:
    return list(Duty.objects.held().order_by("seat", "starts_at").values_list("seat", "person", "starts_at", "ends_at"))


# ---- The verbs --------------------------------------------------------------------------


def test_a_preview_says_before_and_after_and_what_each_is_told_and_changes_nothing(lead: Person) -> None:
    crew = make.crew()
    made = make.rotation(crew, first_on=AHEAD, at=make.NOON)
    before = held()
    swap = Give({make.place(made, 1).pk: crew[4].pk, make.place(made, 4).pk: crew[1].pk})
    preview = shown(swap, lead)
    assert [(line.what, line.before, line.after) for line in preview.lines] == [
        ("Primary, 30 Nov to 7 Dec", crew[1].name, crew[4].name), ("Backup, 7 to 14 Dec", crew[4].name, crew[1].name),
    ]
    told = {one.name: one for one in preview.told}
    assert told.keys() == {crew[1].name, crew[4].name}
    assert told[crew[1].name].lost == (
        "Primary from Mon 30 Nov 2026, 9:00 am EST to Mon 7 Dec 2026, 9:00 am EST",
    )
    assert held() == before
    assert not Delivery.objects.exists()
    assert RotationEvent.objects.count() == 1  # that it was planned


def test_a_swap_is_done_told_and_taken_back(lead: Person) -> None:
    crew = make.crew()
    made = make.rotation(crew, first_on=AHEAD, at=make.NOON)
    before = held()
    done = do(Give({make.place(made, 1).pk: crew[4].pk, make.place(made, 4).pk: crew[1].pk}), lead)
    assert make.place(made, 1).person == crew[4]
    assert Delivery.objects.filter(topic="mail.send").count() == 2
    do_change(done.undo, seen=done.undo_seen, by=lead, at=make.NOON)
    assert held() == before


def test_a_stretch_is_replaced_and_taken_back_and_given_again(lead: Person) -> None:
    crew, stand_in = make.crew(), make.engineer()
    make.rotation(crew)
    before = held()
    done = do(StandIn(Seat.PRIMARY, stand_in.pk, START + 48 * HOUR, START + 51 * HOUR, "dentist"), lead)
    assert queries.holder(Seat.PRIMARY, START + 49 * HOUR) == stand_in
    back = do_change(done.undo, seen=done.undo_seen, by=lead, at=make.NOON)
    assert held() == before
    do_change(back.undo, seen=back.undo_seen, by=lead, at=make.NOON)
    assert Override.objects.held().get().reason == "dentist"


def test_a_rotation_is_added_taken_back_and_made_again_with_the_same_people(lead: Person) -> None:
    crew = make.crew()
    make.rotation()
    asked = Add(AHEAD, make.pattern().pk, {place: person.pk for place, person in enumerate(crew) if place != 2})
    preview = shown(asked, lead)
    assert preview.lines[0].before == "no rotation"
    assert any(line.after == "nobody yet" for line in preview.lines)
    done = do(asked, lead)
    taken = do_change(done.undo, seen=done.undo_seen, by=lead, at=make.NOON)
    assert Rotation.objects.count() == 1
    do_change(taken.undo, seen=taken.undo_seen, by=lead, at=make.NOON)
    again = Rotation.objects.get(number=2)
    assert [make.place(again, number).person for number in (0, 1, 2)] == [crew[0], crew[1], None]


def test_what_was_seen_before_somebody_elses_change_is_not_done(lead: Person) -> None:
    crew, other = make.crew(), make.engineer()
    made = make.rotation(crew, first_on=AHEAD, at=make.NOON)
    wanted = Give({make.place(made, 1).pk: other.pk})
    seen = fingerprint(wanted)
    do(Give({make.place(made, 2).pk: None}), lead)
    with pytest.raises(Overtaken):
        do_change(wanted, seen=seen, by=lead, at=make.NOON)
    assert make.place(made, 1).person == crew[1]


@pytest.mark.parametrize("changed", ["away", "override", "removed", "nothing"])
def test_a_fingerprint_changes_with_what_a_preview_stands_on_and_only_then(lead: Person, changed: str) -> None:
    crew, other = make.crew(), make.engineer()
    made = make.rotation(crew, first_on=AHEAD, at=make.NOON)
    wanted = Give({make.place(made, 1).pk: other.pk})
    seen = fingerprint(wanted)
    if changed == "away":
        Away.objects.create(person=other, starts_at=made.starts_at, ends_at=made.ends_at, made_at=make.NOON)
    elif changed == "override":
        do(StandIn(Seat.BACKUP, other.pk, made.starts_at, made.starts_at + HOUR), lead)
    elif changed == "removed":
        do(Remove(made.pk), lead)
    else:
        make.rotation(first_on=date(2027, 1, 25), at=make.NOON)
    assert (fingerprint(wanted) == seen) is (changed == "nothing")


def test_what_cannot_be_done_is_refused_in_words_at_the_preview(lead: Person) -> None:
    crew = make.crew()
    running = make.rotation(crew)
    ahead = make.rotation(crew[::-1], first_on=AHEAD, at=make.NOON)
    refused: list[tuple[Change, str]] = [
        (Give({make.place(running, 1).pk: make.engineer().pk}), "has begun"),
        (Give({make.place(ahead, 1).pk: crew[0].pk}), "two places"),
        (Give({make.place(ahead, 1).pk: 999_999}), "is not here"),
        (Give({999_999: crew[0].pk}), "not there any more"),
        (StandIn(Seat.PRIMARY, crew[0].pk, START + HOUR, START + 2 * HOUR), "lead and primary at once"),
        (StandIn(Seat.PRIMARY, 999_999, START + HOUR, START + 2 * HOUR), "not there any more"),
        (StandIn(Seat.PRIMARY, crew[0].pk, START + 2 * HOUR, START + HOUR), "end after it starts"),
        (Cancel(999_999), "not there any more"), (Remove(999_999), "not there any more"),
        (Remove(running.pk), "has begun"),
        (Add(AHEAD, make.pattern().pk, {}), "runs at that time"),
        (Add(date(2026, 12, 15), make.pattern().pk, {}), "weekday"),
        (Add(date(2026, 10, 5), make.pattern().pk, {}), "over already"),
        (Add(date(2026, 12, 14), make.pattern().pk, {9: crew[0].pk}), "no such place"),
        (Add(date(2026, 12, 14), 999_999, {}), "not there any more"),
    ]
    for change, words in refused:
        with pytest.raises(actions.Refused, match=words):
            try_change(change, by=lead, at=make.NOON)


def test_a_preview_warns_of_what_would_be_wrong_then_and_says_what_is_mended(lead: Person) -> None:
    crew, other = make.crew(), make.engineer()
    made = make.rotation(crew, first_on=AHEAD, at=make.NOON)
    for person in (crew[1], other):
        Away.objects.create(person=person, starts_at=made.starts_at + 24 * HOUR, ends_at=made.starts_at + 72 * HOUR,
                            made_at=make.NOON)
    preview = shown(Give({make.place(made, 1).pk: other.pk}), lead)
    assert [words.startswith(f"{other.name} is away") for words in preview.fresh] == [True]
    assert [words.startswith(f"{crew[1].name} is away") for words in preview.mended] == [True]


def test_the_schedule_changes_once_and_only_to_what_exists(lead: Person) -> None:
    assert change_schedule(changes={"weekday": 1}, by=lead, at=make.NOON)
    assert not change_schedule(changes={"weekday": 1}, by=lead, at=make.NOON)
    for changes in ({"zone": "Mars/Olympus"}, {"weekday": 8}):
        with pytest.raises(actions.Refused):
            change_schedule(changes=changes, by=lead, at=make.NOON)
    assert RotationEvent.objects.filter(what="schedule_changed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_do_what_they_saw_at_once_one_is_told_to_look_again(lead: Person) -> None:
    crew, one, two = make.crew(), make.engineer(), make.engineer()
    made = make.rotation(crew, first_on=AHEAD, at=make.NOON)
    place = make.place(made, 1).pk
    seen = fingerprint(Give({place: one.pk}))

    def give(person: Person) -> None:
        do_change(Give({place: person.pk}), seen=seen, by=lead, at=make.NOON)

    faults = together(lambda: give(one), lambda: give(two))
    assert [type(fault) for fault in faults] == [Overtaken]
    assert make.place(made, 1).person in {one, two}


# ---- The pages --------------------------------------------------------------------------


def fields(page: str) -> dict[str, str]:
    """The hidden fields of the preview's form."""
    found = {}
    for name in ("change", "seen"):
        start = page.index(f'name="{name}" value="') + len(f'name="{name}" value="')
        found[name] = page[start:page.index('"', start)].replace("&quot;", '"')
    return found


def test_a_drop_is_previewed_done_and_undone_without_a_script(browser: Client) -> None:
    crew = make.crew()
    made = make.rotation(crew, first_on=AHEAD, at=make.NOON)
    one, four = make.place(made, 1).pk, make.place(made, 4).pk
    page = browser.get(f"{ADDRESS}?place={one}&with={four}").content.decode()
    assert "Whose future duty moves" in page
    response = browser.post(ADDRESS, fields(page), follow=True)
    assert response.redirect_chain[-1][0] == "/rotations/"
    assert make.place(made, 1).person == crew[4]
    page = response.content.decode()
    assert "Rotation 1 changed." in page
    start = page.index('<form action="/rotations/change/?') + len('<form action="')
    undo = page[start:page.index('"', start)].replace("&amp;", "&")
    assert "Taken back." in browser.post(undo, follow=True).content.decode()
    assert make.place(made, 1).person == crew[1]
    assert "not taken back" in browser.post(undo, follow=True).content.decode()


def test_with_a_script_the_answer_is_a_toast_with_undo_and_the_word_that_rotations_changed(browser: Client) -> None:
    crew = make.crew()
    made = make.rotation(crew, first_on=AHEAD, at=make.NOON)
    script = {"HX-Request": "true"}
    page = browser.get(f"{ADDRESS}?place={make.place(made, 1).pk}&person={make.engineer().pk}", headers=script)
    text = page.content.decode()
    assert "<html" not in text
    response = browser.post(ADDRESS, fields(text), headers=script)
    told = response.headers["HX-Trigger"]
    assert '"rotations"' in told
    assert "/rotations/change/?" in told
    assert response.content == b""


def test_a_stale_preview_is_shown_again_and_stays_open(browser: Client, lead: Person) -> None:
    crew = make.crew()
    made = make.rotation(crew, first_on=AHEAD, at=make.NOON)
    wanted = Give({make.place(made, 1).pk: make.engineer().pk})
    sent = {"change": pack(wanted), "seen": fingerprint(wanted)}
    do(Give({make.place(made, 2).pk: None}), lead)
    response = browser.post(ADDRESS, sent, headers={"HX-Request": "true"})
    assert (response.status_code, response.headers["HX-Retarget"]) == (422, "#sheet")
    assert "Somebody changed this meanwhile" in response.content.decode()
    assert make.place(made, 1).person == crew[1]
    again = fields(response.content.decode())
    assert again["seen"] != sent["seen"]
    assert browser.post(ADDRESS, again).status_code == 302


def test_somebody_from_the_bench_takes_what_is_left_of_a_shift_that_runs(browser: Client) -> None:
    made = make.rotation()
    place, stand_in = make.place(made, 1), make.engineer("Mei Tanaka")
    shift = place.shifts.get()
    page = browser.get(f"{ADDRESS}?place={place.pk}&shift={shift.pk}&person={stand_in.pk}").content.decode()
    assert "Mei Tanaka instead, from Tue 17 Nov, 6:00 pm to Mon 23 Nov, 3:00 pm" in page
    assert browser.post(ADDRESS, fields(page)).status_code == 302
    row = Override.objects.get()
    assert (row.starts_at, row.ends_at) == (make.NOON, shift.ends_at)


def test_whoever_has_another_place_in_the_rotation_swaps_when_given_one(browser: Client) -> None:
    crew = make.crew()
    for person in crew:
        make.member(person)
    made = make.rotation(crew, first_on=AHEAD, at=make.NOON)
    place = make.place(made, 1)
    assert "the two swap" in browser.get(f"/rotations/places/{place.pk}/").content.decode()
    page = browser.get(f"{ADDRESS}?place={place.pk}&person={crew[4].pk}&how=whole").content.decode()
    assert browser.post(ADDRESS, fields(page)).status_code == 302
    assert (make.place(made, 1).person, make.place(made, 4).person) == (crew[4], crew[1])


def test_a_stretch_is_typed_in_the_clocks_of_a_zone(browser: Client) -> None:
    made = make.rotation()
    place, stand_in = make.place(made, 1), make.engineer("Mei Tanaka")
    make.member(stand_in)
    asked: dict[str, str | int] = {
        "place": place.pk, "shift": place.shifts.get().pk, "person": stand_in.pk, "how": "stretch",
        "starts_on": "2026-11-19", "starts_time": "13:00", "ends_on": "2026-11-19", "ends_time": "15:30",
        "zone": "Asia/Kolkata", "reason": "dentist",
    }
    page = browser.get(ADDRESS, asked).content.decode()
    assert browser.post(ADDRESS, fields(page)).status_code == 302
    row = Override.objects.get()
    assert (row.starts_at, row.ends_at, row.reason) == (
        datetime(2026, 11, 19, 7, 30, tzinfo=UTC), datetime(2026, 11, 19, 10, 0, tzinfo=UTC), "dentist",
    )


@pytest.mark.parametrize(("changed", "words"), [
    ({"starts_on": "2027-03-14", "starts_time": "02:30"}, "skip"),
    ({"starts_on": "2026-11-01", "starts_time": "01:30"}, "twice"),
    ({"starts_on": ""}, "Say the day"), ({"starts_time": "25:00"}, "valid time"), ({"zone": "Mars/Olympus"}, "valid"),
    ({"how": "whole"}, "It has begun"), ({"person": "0"}, "valid choice"), ({"person": ""}, "Choose somebody"),
    ({"starts_on": "0001-01-01"}, "Choose a day"),
])
def test_odd_stretches_are_refused_at_the_field(browser: Client, changed: dict[str, str], words: str) -> None:
    made = make.rotation()
    place, stand_in = make.place(made, 1), make.engineer()
    make.member(stand_in)
    asked = {"place": str(place.pk), "person": str(stand_in.pk), "how": "stretch", "starts_on": "2026-11-19",
             "starts_time": "13:00", "ends_on": "2026-11-19", "ends_time": "15:30", "zone": "America/New_York"}
    response = browser.get(ADDRESS, asked | changed)
    assert response.status_code == 422
    assert words in response.content.decode()


def test_a_time_that_the_clocks_show_twice_is_asked_about_and_then_taken(browser: Client) -> None:
    made = make.rotation(first_on=date(2026, 10, 26), at=datetime(2026, 10, 20, tzinfo=UTC))
    place, stand_in = make.place(made, 1), make.engineer()
    make.member(stand_in)
    asked = {"place": str(place.pk), "shift": str(place.shifts.get().pk), "person": str(stand_in.pk), "how": "stretch",
             "starts_on": "2026-11-01", "starts_time": "01:30", "ends_on": "2026-11-01", "ends_time": "04:00",
             "zone": "America/New_York"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: datetime(2026, 10, 27, tzinfo=UTC))
        page = browser.get(ADDRESS, asked)
        assert page.status_code == 422
        assert "starts_which" in page.content.decode()
        second = browser.get(ADDRESS, asked | {"starts_which": "second"}).content.decode()
        assert browser.post(ADDRESS, fields(second)).status_code == 302
    assert Override.objects.get().starts_at == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


def test_an_override_is_cancelled_from_its_place(browser: Client, lead: Person) -> None:
    made = make.rotation()
    do(StandIn(Seat.PRIMARY, make.engineer("Mei Tanaka").pk, START + 48 * HOUR, START + 51 * HOUR), lead)
    page = browser.get(f"/rotations/places/{make.place(made, 1).pk}/").content.decode()
    assert "Mei Tanaka" in page
    override = Override.objects.get()
    assert f"{ADDRESS}?cancel={override.pk}" in page
    preview = browser.get(f"{ADDRESS}?cancel={override.pk}").content.decode()
    assert browser.post(ADDRESS, fields(preview)).status_code == 302
    assert not Override.objects.held().exists()


def test_who_could_take_a_place_comes_first_and_why_others_cannot_is_said(browser: Client) -> None:
    crew = make.crew()
    made = make.rotation(crew, first_on=AHEAD, at=make.NOON)
    free, away, leaver = make.engineer("Free One"), make.engineer("Away One"), make.engineer("Leaving One")
    for person in (free, away):
        make.member(person)
    make.member(leaver, leaves_on=date(2026, 12, 2))
    Away.objects.create(person=away, starts_at=made.starts_at, ends_at=made.starts_at + 48 * HOUR, made_at=make.NOON)
    page = browser.get(f"/rotations/places/{make.place(made, 1).pk}/").content.decode()
    assert page.index("Free One") < page.index("Cannot, or had better not") < page.index("Away One")
    assert "Leaves the roster on Wed 2 Dec" in page


@pytest.mark.parametrize("address", [
    f"{ADDRESS}", f"{ADDRESS}?place=999999&with=1", f"{ADDRESS}?place=x", f"{ADDRESS}?change=%7B", f"{ADDRESS}?place=1",
    f"{ADDRESS}?change=%7B%22stand_in%22:[%22primary%22,1,%222026-12-01T09:00%2B00:00%22,%222026-12-02T09:00%2B00:00%22,%22%5Cud800%22]%7D",
    f"{ADDRESS}?how=stretch", "/rotations/places/999999/",
])
def test_what_is_not_there_is_404_and_no_error(browser: Client, address: str) -> None:
    assert browser.get(address).status_code == 404


def test_undoing_a_removal_brings_back_who_stood_in(lead: Person) -> None:
    stand_in, made = make.engineer(), make.rotation(first_on=AHEAD, at=make.NOON)
    begin = made.starts_at + DAY
    row, _ = actions.make_override(seat=Seat.PRIMARY, person=stand_in, starts_at=begin, ends_at=begin + DAY, by=lead,
                                   at=make.NOON, reason="dentist")
    done = do(Remove(made.pk), lead)
    assert not Override.objects.held().exists()
    assert unpack(pack(done.undo)) == done.undo
    again = do(done.undo, lead)
    assert Override.objects.held().get() == row
    assert Duty.objects.at(begin).get(seat=Seat.PRIMARY).person == stand_in
    assert stand_in.pk in {change.person for change in again.moved}


def test_an_undo_brings_back_nothing_of_other_days(lead: Person) -> None:
    made = make.rotation(first_on=AHEAD, at=make.NOON)
    row, _ = actions.make_override(seat=Seat.PRIMARY, person=make.engineer(), starts_at=made.starts_at + DAY,
                                   ends_at=made.starts_at + 2 * DAY, by=lead, at=make.NOON)
    actions.cancel_override(override=row, by=lead, at=make.NOON)
    do(Add(AHEAD + 2 * WEEK, made.pattern_id, {}, (row.pk,)), lead)
    assert not Override.objects.held().exists()


def test_a_post_of_nonsense_is_404_and_of_what_is_gone_is_said(browser: Client, lead: Person) -> None:
    assert browser.post(ADDRESS, {"change": "{"}).status_code == 404
    made = make.rotation(first_on=AHEAD, at=make.NOON)
    wanted = Remove(made.pk)
    sent = {"change": pack(wanted), "seen": fingerprint(wanted)}
    do(wanted, lead)
    response = browser.post(ADDRESS, sent)
    assert response.status_code == 422
    assert "not there any more" in response.content.decode()

