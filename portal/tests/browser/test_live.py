"""What changes in Jira shows on open pages, without a reload."""

import json

from playwright.sync_api import Locator, Page, expect

from portal.tests.browser.conftest import Walker, until_on
from portal.tests.browser.jira import Jira, word

MARK = "window.__same = true"
SAME = "window.__same === true"
# Shifts that no reader asked for, of anything but cards, which make room for one another.
SHIFTS = """() => {
  window.__shifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.hadRecentInput) continue;
      for (const { node } of entry.sources) {
        const element = node?.nodeType === 1 ? node : node?.parentElement;
        if (element && !element.closest(".cards")) window.__shifts.push(element.outerHTML.slice(0, 120));
      }
    }
  }).observe({ type: "layout-shift" });
}"""


def column(page: Page, slug: str) -> Locator:
    return page.locator(f'[data-column-cards="{slug}"]')


def count(page: Page, slug: str) -> int:
    return int(page.locator(f"#col-{slug} .column-n").inner_text())


def card(page: Page, key: str) -> Locator:
    return page.locator(".card").filter(has=page.get_by_text(key, exact=True))


def counts(page: Page) -> dict[str, int]:
    found = page.evaluate(
        "() => Object.fromEntries([...document.querySelectorAll('#columns [data-count]')]"
        ".map((place) => [place.dataset.count, Number(place.textContent)]))"
    )
    return {str(slug): int(number) for slug, number in found.items()}


def test_the_lead_signs_in_with_one_click_and_the_board_counts_what_jira_counts(walk: Walker, jira: Jira) -> None:
    page = walk.page("/", role="")
    page.get_by_role("button", name="Lead").first.click()
    expect(page).to_have_url(f"{walk.portal.url}/")
    expect(page.get_by_role("heading", name="Needs you")).to_be_visible()
    page.get_by_role("navigation", name="Main", exact=True).get_by_role("link", name="Board").click()
    expect(page.get_by_role("heading", name="Board")).to_be_visible()
    expected = jira.columns()
    shown = {slug: number for slug, number in expected.items() if slug != "unmapped" or number}
    assert counts(page) == shown
    for slug in ("todo", "in_progress", "submitted", "done"):
        assert column(page, slug).locator(".card").count() == min(expected[slug], 40) or expected[slug] > 40


def test_a_ticket_that_moves_in_jira_moves_on_the_open_board(walk: Walker, jira: Jira) -> None:
    key = jira.create(f"Board follows a move {word()}", status="To Do")
    page = walk.board()
    expect(column(page, "todo").get_by_text(key, exact=True)).to_be_visible()
    page.evaluate(MARK)
    page.evaluate(SHIFTS)
    for status, slug in (("In Progress", "in_progress"), ("Submitted", "submitted"), ("In Progress", "in_progress")):
        jira.move(key, status)
        expect(column(page, slug).get_by_text(key, exact=True)).to_be_visible()
        # All columns but To do stand with the latest move first.
        assert key in column(page, slug).locator(".card").first.inner_text()
    # The heads of the columns count as those of a page that is opened now; tickets of earlier tests may still arrive.
    fresh = walk.board()
    until_on(page, lambda: fresh.reload() and counts(page) == counts(fresh), "the heads of the columns count otherwise")
    expect(page.locator("[data-changed-newest]")).to_have_text(f"{key} moved to In Progress")
    expect(page.locator("#said")).to_contain_text(f"{key} moved to In Progress")
    assert page.evaluate(SAME)
    assert page.evaluate("window.__shifts") == []


def test_edits_new_tickets_and_deletions_show_on_the_open_board(walk: Walker, jira: Jira) -> None:
    key, person = jira.create(f"Edited while it is looked at {word()}", status="In Progress"), jira.user(1)
    page = walk.board()
    page.evaluate(MARK)
    here = card(page, key)
    expect(here).to_be_visible()
    jira.edit(key, assignee={"accountId": person["accountId"]})
    expect(here.locator(f'[title="{person["displayName"]}"]')).to_be_visible()
    jira.edit(key, priority={"name": "Highest"})
    expect(here.get_by_text("Highest", exact=True)).to_be_visible()
    title = f"Another title {word()}"
    jira.edit(key, summary=title, labels=["customer-bug"])
    expect(here.get_by_text(title)).to_be_visible()
    expect(here.get_by_text("customer", exact=True)).to_be_visible()
    before = counts(page)
    new = jira.create(f"Just found {word()}", status="To Do")
    expect(card(page, new)).to_be_attached()
    expect(page.locator("#col-todo .column-n")).to_have_text(str(before["todo"] + 1))
    jira.delete(new)
    expect(card(page, new)).to_have_count(0)
    expect(page.locator("#col-todo .column-n")).to_have_text(str(before["todo"]))
    expect(page.locator("[data-changed-newest]")).to_have_text(f"{new} was deleted in Jira")
    assert page.evaluate(SAME)


def test_an_open_ticket_and_the_home_page_follow_jira_too(walk: Walker, jira: Jira) -> None:
    key = jira.create(f"Read while it changes {word()}", status="To Do")
    board = walk.board()
    expect(card(board, key)).to_be_attached()
    ticket, home = walk.page(f"/tickets/{key}/"), walk.page("/")
    for page in (ticket, home):
        expect(page.locator("#stamp")).to_have_attribute("data-state", "live")
        page.evaluate(MARK)
    jira.move(key, "In Progress")
    jira.comment(key, "It happens on the **second** try.")
    expect(ticket.locator(".page-head").get_by_text("In Progress", exact=True)).to_be_visible()
    expect(ticket.get_by_text("It happens on the")).to_be_visible()
    expect(home.locator(".home-since").get_by_text(key).first).to_be_visible()
    moved = counts(board)["in_progress"]
    expect(home.locator(".home-board dd a").nth(2)).to_have_text(str(moved))
    assert ticket.evaluate(SAME)
    assert home.evaluate(SAME)


def test_a_filtered_board_follows_and_shows_only_what_matches(walk: Walker, jira: Jira) -> None:
    name = word()
    inside = jira.create(f"The {name} one", status="To Do")
    page = walk.board(f"?q={name}")
    expect(card(page, inside)).to_be_visible()
    page.evaluate(MARK)
    outside = jira.create("Another thing entirely", status="To Do")
    second = jira.create(f"The {name} two", status="In Progress")
    expect(column(page, "in_progress").get_by_text(second, exact=True)).to_be_visible()
    expect(card(page, outside)).to_have_count(0)
    expect(page.locator("#col-todo .column-n")).to_have_text("1")
    jira.move(inside, "In Progress")
    expect(page.locator("#col-in_progress .column-n")).to_have_text("2")
    jira.edit(inside, summary="Renamed, so that it does not match any more")
    expect(card(page, inside)).to_have_count(0)
    expect(page.locator("#col-in_progress .column-n")).to_have_text("1")
    assert page.evaluate(SAME)


def test_the_order_of_to_do_follows_jiras_rank_after_the_next_run(walk: Walker, jira: Jira) -> None:
    key = jira.create(f"Ranked to the top {word()}", status="To Do")
    page = walk.board()
    expect(column(page, "todo").get_by_text(key, exact=True)).to_be_attached()
    jira.rank_first(key)
    walk.portal.manage("sync_jira")
    expect(column(page, "todo").locator(".card").first).to_contain_text(key)


def test_eight_tabs_of_one_browser_all_stay_live_on_one_stream(walk: Walker, jira: Jira) -> None:
    context = walk.context()
    streams: list[str] = []
    context.on("request", lambda request: streams.append(request.url) if "/board/live/" in request.url else None)
    tabs = []
    for _ in range(8):
        tab = context.new_page()
        tab.goto("/board/")
        tabs.append(tab)
    for tab in tabs:
        expect(tab.locator("#stamp")).to_have_attribute("data-state", "live")
    assert len(streams) == 1
    key = jira.create(f"Seen by all of them {word()}", status="In Progress")
    for tab in tabs:
        expect(card(tab, key)).to_be_attached()
    # The tab that reads the stream goes; another one takes it over, and nobody misses anything.
    tabs.pop(0).close()
    jira.move(key, "Submitted")
    for tab in tabs:
        expect(column(tab, "submitted").get_by_text(key, exact=True)).to_be_attached()
    assert len(streams) == 2, json.dumps(streams)


def test_a_hidden_tab_lets_its_stream_go_and_catches_up_when_it_is_shown(walk: Walker, jira: Jira) -> None:
    key = jira.create(f"Changed behind the curtain {word()}", status="To Do")
    page = walk.board()
    expect(card(page, key)).to_be_attached()
    page.evaluate(MARK)
    hide = """(hidden) => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
      document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
    }"""
    expect(page.locator("#stamp")).to_have_attribute("data-state", "live")
    # What it asked before, such as for the change that made the card, may still be answered.
    asked: list[str] = []
    with page.expect_event("requestfailed", lambda request: "/board/live/" in request.url):
        page.evaluate(hide, True)
        page.on("request", lambda request: asked.append(request.url))
    jira.move(key, "In Progress")
    other = walk.board()
    expect(column(other, "in_progress").get_by_text(key, exact=True)).to_be_attached()
    assert not asked, "a hidden page asks nothing"
    page.evaluate(hide, False)
    expect(column(page, "in_progress").get_by_text(key, exact=True)).to_be_attached()
    assert page.evaluate(SAME)


def test_a_laptop_that_was_away_is_right_again_without_a_reload(walk: Walker, jira: Jira) -> None:
    # A page that looks again in the very moment in which it loses its line says so twice.
    walk.expect_errors("ERR_INTERNET_DISCONNECTED", "ERR_NETWORK", "htmx:(sendError|afterRequest)")
    key = jira.create(f"Changed while away {word()}", status="To Do")
    page = walk.board()
    expect(card(page, key)).to_be_attached()
    page.evaluate(MARK)
    page.context.set_offline(True)
    expect(page.locator("#stamp")).to_have_attribute("data-state", "offline")
    jira.move(key, "In Progress")
    other = walk.board()
    expect(column(other, "in_progress").get_by_text(key, exact=True)).to_be_attached()
    page.context.set_offline(False)
    expect(column(page, "in_progress").get_by_text(key, exact=True)).to_be_attached()
    expect(page.locator("#stamp")).to_have_attribute("data-state", "live")
    assert page.evaluate(SAME)
