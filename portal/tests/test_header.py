"""The header of SET's channel in a running Mattermost: right after every change, with everybody's other words kept."""

import dataclasses
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as now_settings

from cadence.queries import team_zone
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from integrations.outbox.queries import due_ids
from integrations.sandbox.testing import Sandbox, run_sandbox
from people.choices import Role
from people.tests.factories import person
from portal import flows
from portal.common import clock
from portal.env import Mattermost
from portal.flows.header import check_header, header_changed
from set_rotation import actions
from set_rotation.choices import Seat
from set_rotation.models import ChannelHeader, Override, Place, Rotation, RotationEvent
from set_rotation.queries.header import on_set
from set_rotation.rules.header import segments
from set_rotation.tests import factories as make

pytestmark = pytest.mark.django_db
CHANNEL = "sustained-engineering"
HOUR = timedelta(hours=1)
START = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)


class Clock:
    """The portal's clock, to be turned by hand."""

    def __init__(self) -> None:
        self.at = START + HOUR

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    turned = Clock()
    monkeypatch.setattr(clock, "now", turned.now)
    return turned


@pytest.fixture(scope="module")
def site() -> Iterator[Sandbox]:
    with run_sandbox(issues=1) as sandbox:
        yield sandbox


@pytest.fixture
def chat(site: Sandbox, time: Clock) -> Iterator[Sandbox]:
    before = now_settings.ENV
    config = Mattermost(base_url=site.mattermost_url, bot_token=site.mattermost_token, team=site.mattermost_team,
                        set_channel=CHANNEL)
    now_settings.ENV = dataclasses.replace(before, mattermost=config, outbox_settle=0.0)
    site.clear_faults(chat=True)
    write(site, "Docs: https://docs.example.test")
    yield site
    now_settings.ENV = before
    site.clear_faults(chat=True)


def channel(site: Sandbox, name: str = CHANNEL) -> dict[str, Any]:
    path = f"teams/name/community/channels/name/{name}?include_deleted=true"
    found: dict[str, Any] = site.mattermost("GET", path).json()
    return found


def shown(site: Sandbox) -> str:
    return str(channel(site)["header"])


def write(site: Sandbox, header: str) -> None:
    """Somebody edits the header by hand."""
    site.clear_faults(chat=True)
    path = f"channels/{channel(site)['id']}/patch"
    answer = site.mattermost("PUT", path, json={"header": header}, user="ines.okafor")
    assert answer.status_code == 200


def wanted(at: datetime) -> str:
    return next(segments(on_set(at), team_zone()))


def settle(time: Clock) -> None:
    """Some ticks: timers that are due ring, deliveries that are due leave."""
    for _ in range(6):
        time.at += timedelta(seconds=70)
        flows.tick(at=time.at)
        for identity in due_ids(time.at):
            if Delivery.objects.get(pk=identity).topic == "mattermost.header":
                flows.deliver(delivery_id=identity, at=time.at)


def patches(site: Sandbox) -> int:
    return sum(one["method"] == "PUT" and one["path"].endswith("/patch") for one in site.requests(chat=True))


def letters(what: str) -> list[str]:
    """To whom something was told about the header."""
    return sorted(Delivery.objects.filter(purpose="header", title__contains=what, topic="mail.send")
                  .values_list("payload__to", flat=True))


def test_it_is_appended_to_what_is_there_and_follows_each_change_of_hands(chat: Sandbox, time: Clock) -> None:
    people = make.crew()
    make.rotation(people, at=START - HOUR)
    settle(time)
    assert shown(chat) == f"Docs: https://docs.example.test | {wanted(time.at)}"
    assert f"Primary: {people[1].name}" in shown(chat)
    time.at = START + timedelta(days=7)
    settle(time)
    assert shown(chat) == f"Docs: https://docs.example.test | {wanted(time.at)}"
    assert f"Primary: {people[3].name}" in shown(chat)
    time.at = START + timedelta(days=14)
    settle(time)
    assert shown(chat).endswith("| SET: nobody is on duty")
    assert not letters("header")


def test_nothing_is_patched_while_it_is_right(chat: Sandbox, time: Clock) -> None:
    make.rotation(at=START - HOUR)
    settle(time)
    chat.reset_log(chat=True)
    header_changed(time.at)
    settle(time)
    assert check_header(time.at) and patches(chat) == 0
    assert not Delivery.objects.filter(topic="mattermost.header").exclude(state=State.SENT).exists()


def test_an_empty_portal_does_not_write_into_a_channel(chat: Sandbox, time: Clock) -> None:
    assert check_header(time.at)
    header_changed(time.at)
    settle(time)
    assert shown(chat) == "Docs: https://docs.example.test"


def test_one_that_was_taken_out_comes_back_and_the_lead_is_told_once_for_each_loss(chat: Sandbox, time: Clock) -> None:
    lead, *others = make.crew()
    make.rotation([lead, *others], at=START - HOUR)
    settle(time)
    for times in (1, 2):
        write(chat, "Somebody's new words")
        assert not check_header(time.at) and not check_header(time.at)
        settle(time)
        assert shown(chat) == f"Somebody's new words | {wanted(time.at)}"
        assert letters("was gone") == [lead.email] * times


def test_a_lost_answer_and_a_killed_worker_lead_to_no_second_text(chat: Sandbox, time: Clock) -> None:
    make.rotation(at=START - HOUR)
    for how in ("after", "before"):
        chat.fault(chat=True, path="/patch$", method="PUT", drop=how, times=1)
        actions.make_override(seat=Seat.PRIMARY, person=make.engineer(), starts_at=time.at - HOUR,
                              ends_at=time.at + HOUR, by=None, at=time.at)
        settle(time)
        assert shown(chat) == f"Docs: https://docs.example.test | {wanted(time.at)}"
    assert not letters("was gone")


def test_a_channel_that_was_renamed_is_found_and_said(chat: Sandbox, time: Clock) -> None:
    lead, *others = make.crew()
    make.rotation([lead, *others], at=START - HOUR)
    settle(time)
    identity = channel(chat)["id"]
    chat.mattermost("PUT", f"channels/{identity}/patch", json={"name": "set-now"})
    try:
        actions.make_override(seat=Seat.BACKUP, person=make.engineer("Stand In"), starts_at=time.at - HOUR,
                              ends_at=time.at + HOUR, by=None, at=time.at)
        settle(time)
        assert "Backup: Stand In" in channel(chat, "set-now")["header"]
        row = ChannelHeader.objects.get()
        assert "is called ~set-now now" in row.trouble and row.found_name == "set-now"
        assert letters("wants a look") == [lead.email]
    finally:
        chat.mattermost("PUT", f"channels/{identity}/patch", json={"name": CHANNEL})
    check_header(time.at)
    assert ChannelHeader.objects.get().trouble == ""


def test_an_archived_channel_is_said_once_and_written_once_it_is_back(chat: Sandbox, time: Clock) -> None:
    coordinator = person(Role.COORDINATOR)
    make.rotation({1: make.engineer()}, at=START - HOUR)  # nobody leads: the coordinator hears of it
    identity = channel(chat)["id"]
    chat.mattermost("DELETE", f"channels/{identity}")
    try:
        settle(time)
        check_header(time.at)
        header_changed(time.at)
        settle(time)
        assert "is archived" in ChannelHeader.objects.get().trouble
        assert letters("wants a look") == [coordinator.email]
        assert RotationEvent.objects.filter(what="header_trouble").count() == 1
        assert Delivery.objects.filter(topic="mattermost.header", state=State.FAILED).count() == 1
    finally:
        chat.mattermost("POST", f"channels/{identity}/restore")
    check_header(time.at)
    settle(time)
    assert shown(chat) == f"Docs: https://docs.example.test | {wanted(time.at)}"
    assert ChannelHeader.objects.get().trouble == ""
    assert not Delivery.objects.filter(topic="mattermost.header", state=State.FAILED).exists()


def test_a_channel_that_is_not_there_and_a_header_without_room_are_said(chat: Sandbox, time: Clock) -> None:
    make.rotation(at=START - HOUR)
    write(chat, "x" * 1_020)
    settle(time)
    assert "has no room" in ChannelHeader.objects.get().trouble and shown(chat) == "x" * 1_020
    write(chat, "y" * 900)
    check_header(time.at)
    settle(time)
    assert "· until" not in shown(chat) and "Lead: Engineer" in shown(chat) and len(shown(chat)) <= 1_024
    config = dataclasses.replace(now_settings.ENV.mattermost, set_channel="no-such-channel")
    now_settings.ENV = dataclasses.replace(now_settings.ENV, mattermost=config)
    check_header(time.at)
    assert "no channel ~no-such-channel" in ChannelHeader.objects.get(name="no-such-channel").trouble


@pytest.mark.parametrize("seed", [1, pytest.param(4, marks=pytest.mark.long)])
def test_the_header_is_right_after_fifty_random_edits_and_keeps_everybodys_words(
    chat: Sandbox, time: Clock, seed: int
) -> None:
    chance = random.Random(seed)
    people = [make.engineer(name) for name in ("Ana Ruiz", "Bo *Li*", "Cy_Do", "Dee", "Eve", "Fin", "Gus", "Hal")]
    for one, name in zip(people, ["ana", "ana.r", "an", "bo_li", "cy"], strict=False):
        one.mattermost_name = name
        one.save(update_fields=["mattermost_name"])
    for week in (16, 30):
        make.rotation(people[:5], first_on=date(2026, 11, week), at=START - HOUR)
    settle(time)
    before, stands, after = "Docs: https://docs.example.test | ", wanted(time.at), ""
    for number in range(50):
        time.at += timedelta(minutes=chance.randrange(10, 900))
        hand = chance.random()
        if hand < 0.2:  # somebody writes before ours, or after it
            before, after = f"{before}w{number} ", f"{after} z{number}"
            write(chat, before + stands + after)
        elif hand < 0.3:  # somebody writes into ours: it is theirs now
            broken = f"{stands[:30]}!{number}!{stands[30:40].strip()}"
            write(chat, before + broken + after)
            before, after = f"{before}{broken}{after} | ", ""
            check_header(time.at)
        if chance.random() < 0.25:
            chat.fault(chat=True, path="/patch$", method="PUT", drop=chance.choice(["before", "after"]), times=1)
        edit(chance, people, time.at)
        settle(time)
        stands = wanted(time.at)
        assert shown(chat) == before + stands + after, number
    assert Override.objects.count() > 10


def edit(chance: random.Random, people: list[Any], at: datetime) -> None:
    """An override, one taken back, or another person in a place; what is refused changes nothing."""
    try:
        what = chance.random()
        held = list(Override.objects.held().filter(ends_at__gt=at))
        if what < 0.6:
            actions.make_override(
                seat=chance.choice(list(Seat)), person=chance.choice(people), starts_at=at - HOUR,
                ends_at=at + chance.randrange(1, 60) * HOUR, by=None, at=at,
            )
        elif what < 0.8 and held:
            actions.cancel_override(override=chance.choice(held), by=None, at=at)
        else:
            coming = Rotation.objects.filter(starts_at__gt=at).first()
            if coming is not None:
                place = chance.choice(list(Place.objects.filter(rotation=coming)))
                actions.set_places(changes={place.pk: chance.choice([*people, None])}, by=None, at=at)
    except actions.Refused:
        pass
