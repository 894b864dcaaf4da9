"""Who is on duty, on a desk and on a phone: on every page, live, without scripts too; calendars are subscribed to."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from portal.supervisor.running import RunningPortal
from portal.tests.browser.conftest import Walker
from portal.tests.browser.looks import all_findings

GAP = """from django.db import transaction
from portal.common import clock
from set_rotation.actions import rewrite_duty
from set_rotation.models import Override, Shift
at = clock.now()
shift = Shift.objects.get(seat="backup", starts_at__lte=at, ends_at__gt=at)
Override.objects.filter(seat="backup", ends_at__gt=shift.starts_at, starts_at__lt=shift.ends_at).delete()
shift.place.person = None
with transaction.atomic():
    shift.place.save()
    rewrite_duty(starts_at=shift.starts_at, ends_at=shift.ends_at, at=at)
"""
SHOTS = os.environ.get("ON_CALL_SHOTS", "")  # a folder: pictures of what the tests see are left there


@pytest.fixture(scope="module")
def staffed(run_portal: Callable[..., Any]) -> Iterator[RunningPortal]:
    """A portal with the demo's rotations."""
    with run_portal(demo="rotations") as portal:
        yield portal


@pytest.fixture
def walk(staffed: RunningPortal, _walkers: Callable[[RunningPortal], Walker]) -> Walker:
    return _walkers(staffed)


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


@pytest.mark.parametrize(("path", "role"), [
    ("/on-call/", "lead"), ("/on-call/", "executive"), ("/on-call/calendars/", "lead"),
    ("/on-call/calendars/", "executive"),
])
def test_axe_finds_nothing_and_a_phone_has_room_for_a_thumb(walk: Walker, path: str, role: str) -> None:
    page = walk.page(path, role=role, phone=True, reduced_motion="reduce")
    expect(page.locator(".bottombar").get_by_role("link", name="Duty")).to_have_attribute("aria-current", "page")
    name = f"{path.strip('/').replace('/', '-')}-{role}"
    shoot(page, f"{name}-phone")
    assert all_findings(page) == []
    shoot(page, f"{name}-desk-dark")
    page.emulate_media(color_scheme="light")
    shoot(page, f"{name}-desk")


@pytest.mark.parametrize("scripts", [True, False])
def test_the_rail_leads_to_who_is_on_now_and_next(walk: Walker, scripts: bool) -> None:
    page = walk.page("/people/", role="lead", scripts=scripts)
    expect(page.locator(".onnow dt")).to_have_text(["Lead", "Primary", "Backup"])
    page.locator(".rail").get_by_role("link", name="Duty").click()
    expect(page.get_by_role("heading", name="On now")).to_be_visible()
    for card in ("#on-now", "#on-next"):
        seats = page.locator("section", has=page.locator(card)).locator(".seat")
        expect(seats.filter(has_text=re.compile("Lead|Primary|Backup"))).to_have_count(3)
    expect(page.locator("[data-clock-zone]").first).to_have_text(re.compile(r"^\d+:\d\d [ap]m$"))


def test_a_phone_shows_lead_and_primary_in_its_head_and_the_buttons_of_duty(walk: Walker) -> None:
    page = walk.page("/on-call/", role="lead", phone=True)
    expect(page.locator(".onnow dt:visible")).to_have_text(["Lead", "Primary"])
    expect(page.get_by_role("link", name="Subscribe")).to_be_visible()


def test_an_address_is_made_read_and_revoked(walk: Walker) -> None:
    page = walk.page("/on-call/calendars/", role="engineer")
    page.get_by_role("button", name="Make an address of SET primary").click()
    url = page.locator(".token-text").inner_text()
    path = url[url.index("/calendars/"):]
    answer = page.request.get(path)
    assert answer.status == 200 and "BEGIN:VEVENT" in answer.text() and "SUMMARY:SET primary: " in answer.text()
    mine = page.locator("#cal-primary")
    mine.get_by_text("Revoke…").click()
    mine.get_by_role("button", name="Revoke it").click()
    expect(page.locator("#cal-primary .cals-made")).to_have_count(0)
    assert page.request.get(path).status == 404


def test_a_portal_without_a_plan_says_what_to_do(bare: Walker) -> None:
    page = bare.page("/on-call/", role="executive", phone=True, reduced_motion="reduce")
    expect(page.locator("main")).not_to_contain_text("None")
    assert all_findings(page) == []
    shoot(page, "empty-desk-dark")


def test_a_gap_is_said_while_the_page_is_open_and_an_edit_is_drawn_without_a_reload(
    walk: Walker, staffed: RunningPortal
) -> None:
    """The last test of the file: it leaves a gap."""
    page = walk.page("/on-call/", role="lead", phone=True, reduced_motion="reduce")
    expect(page.get_by_text("no backup")).to_have_count(0)
    page.wait_for_function("document.querySelector('[data-live]') !== null")
    page.wait_for_timeout(500)  # the stream is open by then; if it is not, the page is told when it opens
    staffed.manage("shell", "-c", GAP)
    expect(page.locator("#on-now ~ .badge")).to_have_text(re.compile("no backup"))
    expect(page.locator("#onnow .person-none")).to_have_count(1)  # the head of the page follows
    assert all_findings(page) == []
    shoot(page, "gap-desk-dark")
    page.emulate_media(color_scheme="light")
    shoot(page, "gap-desk")
    page.goto("/on-call/calendars/")
    page.locator(".cals-sprints summary").first.click()
    expect(page.get_by_role("button", name=re.compile("Save the sprint planning"))).to_be_visible()
    assert all_findings(page) == []
    shoot(page, "sprint-desk-dark")
