"""Leave, swaps and taking over in a browser: asked, accepted as another, undone; a running seat taken on a phone."""

import os
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from integrations.ical.tests.server import calendar_server
from portal.supervisor.running import RunningPortal
from portal.tests.browser.conftest import Walker
from portal.tests.browser.looks import all_findings
from portal.tests.patience import PATIENCE

SHOTS = os.environ.get("LEAVE_SHOTS", "")  # a folder: pictures of what the tests see are left there
# The engineer is primary for a day, three rotations on, where the lead is free.
STAGE = """
from datetime import timedelta
from people.models import Person
from portal.common import clock
from set_rotation.actions import make_override
from set_rotation.choices import Seat
from set_rotation.models import Away, LeaveFeed, Member, Place, Rotation
at = clock.now()
engineer, lead = Person.objects.get(pk={engineer}), Person.objects.get(pk={lead})
for person in (engineer, lead):
    Member.objects.get_or_create(person=person, defaults=dict(leads=True, joins_on=at.date() - timedelta(days=30)))
Member.objects.filter(person=engineer).update(leads=True)
for rotation in Rotation.objects.filter(starts_at__gt=at + timedelta(days=30)).order_by("starts_at"):
    if not Place.objects.filter(rotation=rotation, person__in=[engineer, lead]).exists():
        break
start = rotation.starts_at + timedelta(days=2)
make_override(seat=Seat.PRIMARY, person=engineer, starts_at=start, ends_at=start + timedelta(days=1), by=None, at=at)
Away.objects.create(person=engineer, starts_at=start + timedelta(hours=2), ends_at=start + timedelta(hours=8),
                    all_day=False, note="school play", made_at=at)
LeaveFeed.objects.create(
    name="Team leave", address="https://calendar.example.com/secret/basic.ics", added_by=lead, added_at=at,
    checked_at=at, read_at=at - timedelta(hours=3), failures=2, fault="The calendar is larger than 2 MB: give one that "
    "holds leave alone.", unmatched=[["Office closed", 4], ["Offsite in a place with a very long name, day two", 1]])
LeaveFeed.objects.create(
    name="My holidays", address="https://calendar.example.org/other/basic.ics", person=lead, added_by=lead, added_at=at,
    checked_at=at, read_at=at, remarks="1 entry could not be read.")
"""


def numbers(url: str) -> dict[str, str]:
    """The ids of the demo's first engineer and first lead, as the sign-in page has them."""
    text = httpx.get(f"{url}/sign-in/", trust_env=False, timeout=PATIENCE).text
    buttons = re.findall(r'name="person" value="(\d+)">.*?list-main"><span>([^<]+)</span>', text, re.DOTALL)
    return {role: next(pk for pk, said in buttons if said.casefold().startswith(role)) for role in ("engineer", "lead")}


@pytest.fixture(scope="module")
def staged(run_portal: Callable[..., Any]) -> Iterator[RunningPortal]:
    with run_portal(demo="rotations", worker=True) as portal:
        portal.manage("shell", "-c", STAGE.format(**numbers(portal.url)))
        yield portal


@pytest.fixture
def walk(staged: RunningPortal, _walkers: Callable[[RunningPortal], Walker]) -> Walker:
    return _walkers(staged)


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def looks(page: Page, name: str) -> None:
    """What axe and a thumb find; pictures of it are left, on a phone and a desk, light and dark."""
    shoot(page, f"{name}-phone")
    assert all_findings(page) == []
    shoot(page, f"{name}-desk-dark")
    page.emulate_media(color_scheme="light")
    shoot(page, f"{name}-desk")


@pytest.mark.parametrize(("path", "role"), [
    ("/away/", "lead"), ("/away/", "engineer"), ("/away/new/", "lead"), ("/away/calendars/new/", "lead"),
    ("/swaps/", "lead"), ("/swaps/ask/", "lead"), ("/on-call/take/", "lead"),
    ("/on-call/take/?seat=backup", "engineer"),
    ("/away/?when=past&who=me", "lead"),
])
def test_axe_finds_nothing_and_a_phone_has_room_for_a_thumb(walk: Walker, path: str, role: str) -> None:
    page = walk.page(path, role=role, phone=True, reduced_motion="reduce")
    expect(page.locator("main h1, main .panel-title").first).to_be_visible()
    looks(page, re.sub(r"\W+", "-", path.strip("/")) + f"-{role}")


def test_leave_with_a_mistake_is_put_right_taken_out_and_brought_back(walk: Walker) -> None:
    walk.expect_errors("422")
    page = walk.page("/away/new/", role="engineer", phone=True, reduced_motion="reduce")
    page.get_by_label("First day").fill("2031-11-20")
    page.get_by_label("Last day").fill("2031-11-19")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("It ends before it starts.")).to_be_visible()
    looks(page, "away-new-error")
    page.get_by_label("Last day").fill("2031-11-21")
    page.get_by_role("button", name="Save").click()
    row = page.locator(".leave-list > li").filter(has_text="2031")
    expect(row).to_contain_text("Thu 20 to Fri 21 Nov 2031")
    row.get_by_role("button", name="Take out").click()
    expect(row).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(row).to_have_count(1)


def test_a_clash_has_its_replacement_in_two_clicks(walk: Walker) -> None:
    page = walk.page("/away/", role="lead", reduced_motion="reduce")
    line = page.locator(".leave-list > li").filter(has_text="walking holiday")
    line.get_by_role("link", name="Find a replacement").click()
    shoot(page, "away-stand-in")
    page.get_by_role("link", name="Choose").first.click()
    expect(page.get_by_role("heading", name="What this changes")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    looks(page, "away-stand-in-chosen")
    page.get_by_role("button", name=re.compile("^Have .* stand in$")).click()
    expect(page.get_by_text("Both are told.")).to_be_visible()
    expect(line.locator(".leave-clash")).to_have_count(0)


def test_a_calendar_is_added_read_by_the_worker_and_shown_without_a_reload(walk: Walker) -> None:
    with calendar_server() as server:
        soon = datetime.now(UTC).date() + timedelta(days=40)
        server.says(f"UID:a\nSUMMARY:Away\nDTSTART;VALUE=DATE:{soon:%Y%m%d}")
        page = walk.page("/away/calendars/new/", role="engineer")
        page.get_by_label("Name").fill("From my calendar")
        page.get_by_label("Address").fill(server.address)
        page.get_by_role("button", name="Add it").click()
        row = page.locator(".leave-list > li").filter(has_text="From my calendar")
        expect(row).to_have_count(1)
        expect(page.locator("main")).not_to_contain_text("secret-calendar-key")
        feed = page.locator(".leave-feeds > li").filter(has_text="From my calendar")
        expect(feed).to_contain_text("127.0.0.1/•••• · 1 entry ahead")
        shoot(page, "away-calendar-read-desk")
        feed.get_by_role("button", name="Take out").click()
        expect(row).to_have_count(0)
        page.get_by_role("button", name="Undo").click()
        expect(feed).to_have_count(1)


@pytest.mark.parametrize("scripts", [True, False])
def test_asked_accepted_as_another_and_undone(walk: Walker, scripts: bool) -> None:
    asker = walk.page("/swaps/", role="engineer", scripts=scripts)
    mine = asker.locator("section", has=asker.locator("#mine-h"))
    mine.get_by_role("link", name="Ask for a swap of Primary").last.click()
    asker.get_by_label("Why").fill("a concert")
    asker.get_by_role("button", name="Ask", exact=True).click()
    expect(asker.get_by_text("Everybody who can is asked.")).to_be_visible()

    other = walk.page("/swaps/", role="lead", scripts=scripts)
    line = other.locator(".swaps > li").filter(has_text="a concert").filter(has_text="asks everybody")
    shoot(other, "swaps-open-desk")
    line.get_by_role("button", name="I take it").click()
    expect(other.get_by_text("You take it.")).to_be_visible()
    expect(other.locator(".swaps > li").filter(has_text="Accepted").first).to_contain_text("gave to")

    asker.reload()
    asker.get_by_role("button", name="Undo what lies ahead").first.click()
    expect(asker.get_by_text("The swap is taken back, as far as it lies ahead.")).to_be_visible()
    expect(mine.get_by_role("link", name="Ask for a swap of Primary").last).to_be_visible()


def test_who_is_asked_finds_it_at_home_and_declines_with_words(walk: Walker, staged: RunningPortal) -> None:
    asker = walk.page("/swaps/", role="engineer")
    lead = numbers(staged.url)["lead"]
    asker.get_by_role("link", name="Ask for a swap of Primary").last.click()
    asker.locator(f"input[name=asked][value='{lead}']").check()
    asker.set_viewport_size({"width": 390, "height": 844})
    asker.emulate_media(reduced_motion="reduce")
    shoot(asker, "swaps-ask")
    asker.get_by_role("button", name="Ask", exact=True).click()
    home = walk.page("/", role="lead")
    home.get_by_role("link", name=re.compile("asks you for a swap")).click()
    home.get_by_placeholder("Why not (optional)").last.fill("in the air then")
    shoot(home, "swaps-asked-desk")
    home.get_by_role("button", name="Decline").last.click()
    expect(home.get_by_text("is told that you cannot")).to_be_visible()
    asker.goto("/swaps/")
    expect(asker.get_by_text("“in the air then”")).to_be_visible()


def test_a_running_seat_is_taken_on_a_phone_in_two_presses_and_given_back(walk: Walker) -> None:
    page = walk.page("/on-call/", role="engineer", phone=True)
    page.get_by_role("link", name="Take it now…").click()
    # The demo's engineer is primary now: who takes the backup's seat changes places with them.
    page.locator("#seat-backup").get_by_role("button", name="1 hour").click()
    expect(page.get_by_text(re.compile("^You are backup, "))).to_be_visible()
    shoot(page, "taken-phone")
    page.goto("/on-call/take/")
    shoot(page, "take-taken-phone")
    page.get_by_role("button", name="Give it back").first.click()
    expect(page.get_by_text("It is given back.")).to_be_visible()


def test_a_portal_without_a_plan_says_what_to_do(bare: Walker, bare_portal: RunningPortal) -> None:
    bare_portal.manage("shell", "-c", "from set_rotation import models\nfor name in ('HandOver', 'Duty', 'Override', "
                       "'Shift', 'Place', 'Rotation', 'Member', 'Away'): getattr(models, name).objects.all().delete()")
    for path in ("/away/", "/swaps/", "/swaps/ask/", "/on-call/take/"):
        page = bare.page(path, role="lead", phone=True, reduced_motion="reduce")
        expect(page.locator("main .empty").first).to_be_visible()
        looks(page, "empty-" + re.sub(r"\W+", "-", path.strip("/")))
