"""The board by keyboard alone."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from portal.tests.browser.conftest import Walker
from portal.tests.browser.jira import word

# What has the focus: which element, whether a ring is drawn around it or its card or label, whether it is in sight.
STOP = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const ringed = [at, at.closest(".card"), at.closest("label"), at.parentElement].filter(Boolean).some((element) => {
    const style = getComputedStyle(element);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  });
  const box = at.getBoundingClientRect();
  window.__stops ??= [];
  const last = window.__stops.at(-1);
  const after = !last || Boolean(last.compareDocumentPosition(at) & Node.DOCUMENT_POSITION_FOLLOWING);
  window.__stops.push(at);
  const seen = box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight;
  const card = at.closest(".cards") !== null;
  return { html: at.outerHTML.slice(0, 90), ringed, after, card, seen };
}"""


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.closest('.card')?.id ?? document.activeElement.tagName"))


def column_of(page: Page) -> str:
    return str(page.evaluate("document.activeElement.closest('.column')?.id ?? ''"))


def test_slash_goes_to_the_filter_and_escape_out_of_it(walk: Walker) -> None:
    page = walk.board()
    page.keyboard.press("/")
    search = page.get_by_role("searchbox", name="Filter cards")
    expect(search).to_be_focused()
    assert search.input_value() == ""
    page.keyboard.press("Escape")
    expect(search).not_to_be_focused()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("searchbox", name="Search tickets")).to_be_focused()


def test_arrows_walk_the_cards_and_columns_and_enter_opens_the_ticket(walk: Walker) -> None:
    page = walk.board()
    ids = page.locator("#col-todo .card").evaluate_all("cards => cards.map((card) => card.id)")
    page.keyboard.press("ArrowDown")
    assert focused(page) == ids[0]
    page.keyboard.press("ArrowDown")
    assert focused(page) == ids[1]
    page.keyboard.press("ArrowUp")
    assert focused(page) == ids[0]
    page.keyboard.press("End")
    assert focused(page) == ids[-1]
    assert page.evaluate(STOP)["seen"]
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert column_of(page) == "col-in_progress"
    page.keyboard.press("ArrowLeft")
    assert column_of(page) == "col-todo"
    key = page.locator(f"#{focused(page)} .key").inner_text()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/tickets/{key}/$"))


def test_a_question_mark_lists_the_keys_and_g_with_a_letter_goes_there(walk: Walker) -> None:
    page = walk.board()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("h")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    # Each page must have its scripts before it can hear a key.
    for letter, path in (("t", "/tickets/"), ("m", "/sync/"), ("h", "/"), ("b", "/board/")):
        page.keyboard.press("g")
        page.keyboard.press(letter)
        expect(page).to_have_url(f"{walk.portal.url}{path}")
        page.wait_for_load_state()


def test_nothing_fires_while_somebody_types(walk: Walker) -> None:
    page = walk.board()
    page.keyboard.press("/")
    page.keyboard.type("g b?/h")
    search = page.get_by_role("searchbox", name="Filter cards")
    expect(search).to_have_value("g b?/h")
    expect(search).to_be_focused()
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    expect(page).to_have_url(re.compile("/board/"))


@pytest.mark.parametrize("path", ["/board/", "/", "/tickets/", "/sync/"])
def test_tab_stops_come_in_order_in_sight_and_with_a_ring(walk: Walker, path: str) -> None:
    page, stops = walk.page(path), []
    for _ in range(28):
        page.keyboard.press("Tab")
        stop: dict[str, Any] | None = page.evaluate(STOP)
        if stop is None:
            break
        stops.append(stop)
    assert "Skip to content" in stops[0]["html"]
    assert [stop["html"] for stop in stops if not stop["ringed"]] == []
    assert [stop["html"] for stop in stops if not stop["after"]] == []
    assert [stop["html"] for stop in stops if not stop["seen"]] == []


def test_a_card_keeps_the_focus_when_the_board_is_drawn_again(walk: Walker) -> None:
    page = walk.board()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    before = focused(page)
    page.evaluate(f"document.querySelector('#columns').dataset.old = '{word()}'")
    walk.portal.manage("shell", "-c", "from portal.common import live; live.publish('board', 'stale', '')")
    expect(page.locator("#columns[data-old]")).to_have_count(0)
    assert focused(page) == before
