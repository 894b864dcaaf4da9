"""The board's filters: in the address, so that Back, reload and a link to somebody else keep them."""

import re

from playwright.sync_api import Page, Route, expect

from portal.tests.browser.conftest import Walker
from portal.tests.browser.jira import Jira, word


def keys(page: Page) -> set[str]:
    return set(page.locator(".card .key").all_inner_texts())


def total(page: Page) -> int:
    return int(page.locator(".board-line b").inner_text())


def field(page: Page) -> str:
    return page.get_by_role("searchbox", name="Filter cards").input_value()


def test_filters_stand_in_the_address_and_back_and_reload_keep_them(walk: Walker, jira: Jira) -> None:
    name = word()
    first = jira.create(f"The {name} one", status="To Do", labels=["customer-bug"])
    second = jira.create(f"The {name} two", status="In Progress")
    page = walk.board()
    expect(page.locator(".card").filter(has_text=second)).to_be_attached()
    page.get_by_role("searchbox", name="Filter cards").fill(name)
    expect(page).to_have_url(re.compile(rf"/board/\?q={name}$"))
    expect(page.locator(".card")).to_have_count(2)
    page.locator("label").filter(has_text="Customer").click()
    expect(page).to_have_url(re.compile(rf"/board/\?q={name}&customer=1$"))
    expect(page.locator(".card")).to_have_count(1)
    assert (keys(page), total(page)) == ({first}, 1)
    page.reload()
    assert (keys(page), field(page)) == ({first}, name)
    expect(page.locator("input[name=customer]")).to_be_checked()
    page.go_back()
    expect(page.locator(".card")).to_have_count(2)
    expect(page.locator("input[name=customer]")).not_to_be_checked()
    assert keys(page) == {first, second}
    page.get_by_role("link", name="Clear filters").click()
    expect(page).to_have_url(re.compile(r"/board/$"))
    assert field(page) == ""
    assert len(keys(page)) > 2


def test_customers_tickets_are_those_that_jira_labels_so(walk: Walker, jira: Jira) -> None:
    page = walk.board("?customer=1&backlog=open")
    done = [issue["key"] for issue in jira.search("project = MM AND labels = customer-bug AND statusCategory = Done")]
    known = {issue["key"] for issue in jira.search("project = MM AND labels = customer-bug")}
    assert keys(page) <= known
    assert len(known) - len(done) <= total(page) <= len(known)


def test_an_engineer_sees_their_own_with_one_click_and_an_assignee_is_chosen_by_name(walk: Walker, jira: Jira) -> None:
    page = walk.board(role="engineer")
    me = page.locator("body").get_attribute("data-me") or ""
    page.locator("label").filter(has_text="Mine").click()
    expect(page).to_have_url(re.compile(r"mine=1"))
    expect(page.locator("#board[data-filtered]")).to_be_visible()
    owned = f'project = MM AND assignee = "{me}" AND status in ("To Do", "In Progress", "Submitted")'
    mine = {issue["key"] for issue in jira.search(owned)}
    open_columns = page.locator("#col-todo, #col-in_progress, #col-submitted").locator(".card .key")
    assert set(open_columns.all_inner_texts()) == mine
    page.locator("label").filter(has_text="Mine").click()
    expect(page.locator("#board[data-filtered]")).to_have_count(0)
    page.get_by_role("combobox", name="Assignee").select_option(me)
    expect(page).to_have_url(re.compile(rf"assignee={me}$"))
    expect(page.locator("#board[data-filtered]")).to_be_visible()
    assert set(open_columns.all_inner_texts()) == mine


def test_filters_that_find_nothing_say_so_and_lead_back(walk: Walker) -> None:
    page = walk.board(f"?q={word()}")
    expect(page.get_by_text("0 match")).to_be_visible()
    expect(page.locator("#col-todo .column-empty")).to_have_text("Nothing here matches the filters.")
    page.get_by_role("link", name="Clear filters").click()
    expect(page.locator(".card").first).to_be_visible()


def test_show_more_and_the_backlog_open_in_place_and_the_address_keeps_them(walk: Walker) -> None:
    page = walk.board()
    page.locator(".column-closed").click()
    expect(page).to_have_url(re.compile("backlog=open"))
    backlog = page.locator("#col-backlog .card")
    shown, more = backlog.count(), page.locator("#col-backlog [data-more] a")
    more.scroll_into_view_if_needed()
    more.click()
    expect(page).to_have_url(re.compile("more=backlog"))
    expect(backlog.nth(shown)).to_be_attached()
    longer = backlog.count()
    assert len(set(page.locator("#col-backlog .key").all_inner_texts())) == longer
    page.reload()
    expect(backlog).to_have_count(longer)


def test_a_filter_stands_even_if_the_board_looks_again_before_it_is_answered(walk: Walker, jira: Jira) -> None:
    name, page, held = word(), walk.board(), list[Route]()
    key = jira.create(f"The {name} one", status="To Do")
    expect(page.locator(".card").filter(has_text=key)).to_be_attached()
    page.route(re.compile(r"/board/\?q="), lambda route: route.continue_() if held else held.append(route))
    with page.expect_request(re.compile(r"/board/\?q=")):
        page.get_by_role("searchbox", name="Filter cards").fill(name)
    page.evaluate("addEventListener('live:stale', () => { document.documentElement.dataset.looked = 'yes'; })")
    walk.portal.manage("shell", "-c", "from portal.common import live; live.publish('board', 'stale', '')")
    expect(page.locator("html[data-looked]")).to_be_attached()
    held[0].continue_()
    expect(page).to_have_url(re.compile(rf"/board/\?q={name}$"))
    expect(page.locator(".card")).to_have_count(1)
