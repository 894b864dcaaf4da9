"""What every page keeps: axe finds nothing, a phone's thumb finds everything, theme and zone are the reader's."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from portal.tests.browser.conftest import Walker
from portal.tests.browser.jira import Jira, word
from portal.tests.browser.looks import all_findings
from portal.tests.browser.test_live import card

PAGES = {
    "sign-in": ("/sign-in/", ""), "reset": ("/sign-in/reset/", ""), "home": ("/", "lead"),
    "board": ("/board/?backlog=open", "lead"), "board filtered": ("/board/?customer=1", "lead"),
    "board with nothing": ("/board/?q=qqqqqqqq", "lead"), "ticket": ("/tickets/MM-20/", "lead"),
    "work on a ticket": ("/tickets/MM-20/actions/", "engineer"), "outbox": ("/outbox/", "lead"),
    "tickets": ("/tickets/", "lead"), "tickets with nothing": ("/tickets/?q=qqqqqqqq", "lead"),
    "mirror": ("/sync/", "lead"), "mirror of a viewer": ("/sync/", "executive"), "people": ("/people/", "coordinator"),
    "triage": ("/triage/", "lead"), "triage verb": ("/triage/?verb=feature", "lead"),
    "triage duplicate": ("/triage/?verb=duplicate&show=all", "lead"),
    "triage list": ("/triage/?view=list", "executive"),
    "triage numbers": ("/triage/numbers/", "lead"),
    "calendar": ("/calendar/", "lead"), "calendar of a viewer": ("/calendar/?month=2031-01", "executive"),
    "priority": ("/board/priority/?key=MM-20", "lead"), "priority of a viewer": ("/board/priority/", "executive"),
    "order": ("/board/order/", "lead"), "not worth": ("/board/not-worth/?days=30", "lead"),
    "meeting": ("/calendar/meetings/set/", "lead"),
    "teams": ("/people/teams/", "coordinator"), "me": ("/me/", "engineer"), "not found": ("/nothing/here/", "lead"),
    "no such ticket": ("/tickets/MM-999999/", "lead"), "forbidden": ("/people/new-team/", "executive"),
}
BARE = {"home": "/", "board": "/board/", "tickets": "/tickets/", "mirror": "/sync/", "triage": "/triage/"}
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_and_a_phone_has_room_for_a_thumb_without_sideways_scrolling(walk: Walker, name: str) -> None:
    walk.expect_errors("status of 40[34]")
    path, role = PAGES[name]
    # Without transitions: a colour on its way from light to dark has no contrast to speak of.
    page = walk.page(path, role=role, phone=True, reduced_motion="reduce")
    if role:
        expect(page.locator(".bottombar a")).to_have_count(5)
        expect(page.locator(".bottombar")).to_be_in_viewport()
    assert all_findings(page) == []


@pytest.mark.parametrize("name", BARE)
def test_pages_that_have_nothing_to_show_yet_keep_the_same(bare: Walker, name: str) -> None:
    page = bare.page(BARE[name], phone=True, reduced_motion="reduce")
    expect(page.locator("main")).not_to_contain_text("None")
    assert all_findings(page) == []


def test_a_phone_shows_one_column_at_a_time_and_tabs_change_it(walk: Walker) -> None:
    page = walk.board(phone=True)
    expect(page.locator(".column:visible")).to_have_count(1)
    expect(page.locator("#col-todo")).to_be_visible()
    page.locator(".board-tabs").get_by_role("link", name="Submitted").tap()
    expect(page.locator("#col-submitted")).to_be_visible()
    expect(page.locator("#col-todo")).to_be_hidden()
    expect(page.locator(".board-tabs [data-current]")).to_contain_text("Submitted")
    page.locator("#col-submitted .card-link").first.tap()
    expect(page).to_have_url(re.compile("/tickets/MM-"))
    page.go_back()
    expect(page.locator("#col-submitted")).to_be_visible()


def test_the_theme_that_somebody_chose_stands_before_anything_is_painted(walk: Walker) -> None:
    page = walk.page("/me/", role="engineer")
    page.locator(".choices label").filter(has_text="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.add_init_script(
        "new MutationObserver((_, watch) => { if (document.body) { watch.disconnect();"
        " window.__first = document.documentElement.dataset.theme; } })"
        ".observe(document, {childList: true, subtree: true})"
    )
    page.goto("/board/")
    assert page.evaluate("window.__first") == "dark"
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(14, 17, 22)"
    page.locator(".topbar-theme").click()  # dark, then as the system, which is light here
    expect(page.locator("html")).not_to_have_attribute("data-theme", "dark")
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(245, 246, 248)"


def test_times_are_said_in_the_readers_zone_and_do_not_change_when_the_scripts_come(walk: Walker, jira: Jira) -> None:
    key = jira.create(f"When was that {word()}", status="To Do")
    expect(card(walk.board(), key)).to_be_attached()
    for scripts in (False, True):
        page = walk.page(f"/tickets/{key}/", role="engineer", scripts=scripts)
        zone = ZoneInfo(page.locator("html").get_attribute("data-zone") or "")
        assert zone.key != "America/New_York"  # else it might be the team's
        time = page.locator("#activity time").last
        at = datetime.fromisoformat(time.get_attribute("datetime") or "").astimezone(zone)
        expect(time).to_contain_text(f"{at.hour % 12 or 12}:{at:%M} {'am' if at.hour < 12 else 'pm'}")
    time.hover()
    assert f"{at:%Y}, {at.hour % 12 or 12}:{at:%M}" in (time.get_attribute("title") or "")
