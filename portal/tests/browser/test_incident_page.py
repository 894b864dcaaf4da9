"""An incident's page at night: what a phone shows first, what the keys reach, and who hears of it without a reload."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from portal.supervisor.running import RunningPortal
from portal.tests.browser.conftest import Walker
from portal.tests.browser.jira import word
from portal.tests.browser.looks import PHONE, WIDE, all_findings
from portal.tests.browser.test_incident_walk import Shared, declared, publish
from portal.tests.browser.test_keys import STOP

# Links, with what is laid around them for a thumb; those inside a sentence may be as small as it.
SMALL_LINKS = """() => [...document.querySelectorAll("main a")]
  .filter((one) => one.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true }))
  .filter((one) => !one.closest("p, .prose, .visually-hidden, .update-text, .table-cards thead"))
  .map((one) => {
    const box = one.getBoundingClientRect(), around = getComputedStyle(one, "::after");
    const laid = around.content !== "none" && around.position === "absolute" ? around : null;
    return [one, parseFloat(laid?.height ?? 0) || box.height, box.width];
  })
  .filter(([, height, width]) => width > 1 && height < 24)
  .map(([one, height]) => `${Math.round(height)}: ${one.outerHTML.slice(0, 100)}`)
"""
# Of one thing on the screen: where it begins and ends, from the top.
PLACE = "(one) => { const box = one.getBoundingClientRect(); return [box.top, box.bottom]; }"


@pytest.fixture(scope="module")
def live_portal(asked_portal: RunningPortal) -> RunningPortal:
    """Not the one on whose pages others count: an open Sev1 stands on each of them."""
    return asked_portal


@pytest.fixture(scope="module")
def shared() -> Shared:
    """The incident of the tests below: each open Sev1 stands on every page of this portal."""
    return Shared()


@pytest.fixture
def path(walk: Walker, shared: Shared) -> str:
    return shared.path(walk)


def test_open_pages_hear_of_a_sev1_and_of_its_end_without_a_reload(walk: Walker) -> None:
    """On a clock that stands still nothing looks again by itself: what comes, comes over a stream."""
    name, context = word(), walk.context("executive")
    context.clock.set_fixed_time(datetime.now(UTC))
    home, people = context.new_page(), context.new_page()
    home.goto("/")
    people.goto("/people/")
    leads = declared(walk, name)
    expect(home.locator("#home-sev1")).to_contain_text(name)
    for page in (home, people):
        expect(page.locator("#strip")).to_contain_text(name)
    publish(leads, status="Resolved", summary=f"The pool is larger {name}.", technical="900 connections.", stop=True)
    for page in (home, people):
        expect(page.locator("#strip")).not_to_contain_text(name)
    expect(home.locator("#home-sev1")).not_to_contain_text(name)


def test_a_phones_first_screen_holds_the_countdown_the_update_and_the_next_step(walk: Walker, path: str) -> None:
    page = walk.page(path, role="engineer", phone=True)
    dock = page.locator("#inc-dock")
    expect(dock.locator("[data-countdown]")).to_be_visible()
    expect(dock.get_by_role("link", name="Write update")).to_be_visible()
    parts = ("#inc-head", "#inc-next", ".inc-tabs", "#entries", "#inc-dock")
    places = [page.locator(one).evaluate(PLACE) for one in parts]
    assert [one[0] for one in places] == sorted(one[0] for one in places)
    assert places[-1][0] - places[3][0] > 250, places  # room for the newest lines

    people = page.locator("#inc-people")
    expect(people).to_be_hidden()
    page.locator("#inc-who > summary").tap()
    expect(people).to_be_visible()
    page.locator("#inc-next").tap()
    expect(page.locator("#playbook .step-now")).to_be_in_viewport()
    expect(page.locator("#timeline")).to_be_hidden()


def test_a_commander_with_a_long_name_makes_no_page_wider_than_the_phone(walk: Walker, path: str) -> None:
    page = walk.page(path, role="engineer", phone=True)
    page.locator(".inc-who .truncate").evaluate("(name) => name.prepend('Maximiliana von und zu Hohenlohe '.repeat(3))")
    assert page.evaluate(WIDE) == []


def test_keys_lead_to_what_is_done_at_night_and_the_help_lists_them(walk: Walker, path: str) -> None:
    page = walk.page(path, role="engineer")
    expect(page.locator("#update-reading")).to_be_visible()
    for key, place in (("u", "#update-summary"), ("p", "#playbook .step-now .btn"), ("n", "#note textarea")):
        page.keyboard.press(key)
        expect(page.locator(place).first).to_be_focused()
        page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("The playbook’s next step")
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    expect(page).to_have_url(re.compile("/promise/#snooze$"))


def test_tab_goes_through_the_whole_page_in_order_in_sight_and_out_of_it_again(walk: Walker, path: str) -> None:
    stops = stops_of(walk.page(path, role="engineer"))
    assert [one["html"] for one in stops if not (one["ringed"] and one["after"] and one["seen"])] == []
    for part in (">More", "step-title", "entry-link", "update-summary", 'value="send"'):
        assert any(part in one["html"] for one in stops), part


@pytest.mark.parametrize("there", [
    "/", "/status/", "/incidents/", "/incidents/new/", "/incidents/figures/", "/incidents/playbook/",
    "/incidents/settings/", "{}promise/", "{}people/", "{}links/", "{}updates/new/", "{}patch/",
])
def test_every_page_of_the_room_fits_a_thumb_and_axe_finds_nothing(walk: Walker, path: str, there: str) -> None:
    page = walk.page(there.format(path), role="coordinator", phone=True)
    assert all_findings(page) == []
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert page.evaluate(SMALL_LINKS) == []


def stops_of(page: Page) -> list[dict[str, Any]]:
    """Every stop of the Tab key, until it leaves the page; a trap would have no end."""
    found: list[dict[str, Any]] = []
    expect(page.locator("#update-reading")).to_be_visible()
    for _ in range(400):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None:
            return found
        found.append(stop)
    raise AssertionError(f"no way out after {found[-1]}")
