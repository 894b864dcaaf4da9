"""What every page keeps: axe finds nothing, a phone's thumb finds everything, theme and zone are the reader's."""

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import axe_playwright_python
import pytest
from playwright.sync_api import Page, expect

from portal.tests.browser.conftest import DESK, PHONE, Walker
from portal.tests.browser.jira import Jira, word
from portal.tests.browser.test_live import card

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
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
FINDINGS = """async (options) => (await axe.run(document, options)).violations.map(({ id, help, nodes }) =>
  `${id}: ${help}: ` + nodes.slice(0, 4).map((node) => node.html.slice(0,
  160) + " " + (node.any[0]?.message ?? "")).join(" | "))
"""
# Controls that stand by themselves; links inside running text may be as small as the text.
SMALL = """() => [...document.querySelectorAll(
    "button, select, summary, a.btn, label.btn, .bottombar a, .tabs a, .segments a, .menu a, " +
    "input:not([type=hidden], [type=checkbox], [type=radio])")]
  .filter((element) => element.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true }))
  .filter((element) => !element.closest("p, .prose") || element.matches("button, .btn"))
  .map((element) => [element, element.getBoundingClientRect()])
  .filter(([, box]) => box.width > 1 && (box.height < 39.5 || box.width < 39.5))
  .map(([element, box]) => `${Math.round(box.width)} x ${Math.round(box.height)}: ${element.outerHTML.slice(0, 100)}`)
"""
# The screen, not innerWidth: a phone's window grows with what is too wide, and then nothing is.
WIDE = """() => document.scrollingElement.scrollWidth <= screen.width ? [] :
  [...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > screen.width + 1)
  .slice(0, 5).map((element) => element.outerHTML.slice(0, 120))
"""


# Colours that are still on their way from one theme to the other are nobody's colours.
# What is in no frame, or in a part that is not drawn, never gets there: after a while it is looked at as it is.
SETTLED = """() => Promise.race([
  new Promise((late) => setTimeout(late, 10_000)),
  new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))).then(() => Promise.allSettled(
    document.getAnimations().filter((one) => one instanceof CSSTransition).map((one) => one.finished))),
])"""


def findings(page: Page, *, only: str = "") -> list[str]:
    options = {"resultTypes": ["violations"]} | ({"runOnly": {"type": "rule", "values": [only]}} if only else {})
    page.evaluate(SETTLED)
    found: list[str] = page.evaluate(FINDINGS, options)
    return found


def all_findings(page: Page) -> list[str]:
    """What a thumb and axe find on a phone, then what axe finds on a desk; a theme changes nothing but colours."""
    found = [f"wider than the phone: {line}" for line in page.evaluate(WIDE)]
    found += [f"too small for a thumb: {line}" for line in page.evaluate(SMALL)]
    page.evaluate(AXE)
    for size in (PHONE, DESK):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.emulate_media(color_scheme="light")
        found += [f"{size['width']} light {line}" for line in findings(page)]
        page.emulate_media(color_scheme="dark")
        found += [f"{size['width']} dark {line}" for line in findings(page, only="color-contrast")]
    return found


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
