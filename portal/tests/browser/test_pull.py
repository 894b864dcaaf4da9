"""Pulling the top of To Do, what is blocked, and what somebody who only reads sees of both."""

from urllib.parse import urlparse

from playwright.sync_api import Page, expect

from portal.tests.browser.conftest import Walker
from portal.tests.browser.jira import Jira, word
from portal.tests.browser.test_live import card, column
from portal.tests.browser.test_moves import status, until


def on_top(walk: Walker, jira: Jira, title: str, role: str = "engineer") -> tuple[Page, str]:
    """A board with a new ticket that nobody has on the top of To Do."""
    key = jira.create(f"{title} {word()}", status="To Do")
    jira.rank_first(key)
    walk.portal.mirror()  # an order makes no call by itself: Jira's ranks are read
    page = walk.board(role=role)
    expect(column(page, "todo").locator("[data-card] .key").first).to_have_text(key)
    return page, key


def pulled(page: Page, jira: Jira, key: str) -> None:
    """The page is the ticket's, says whose it is, and Jira knows it too."""
    page.wait_for_url(f"**/tickets/{key}/")
    expect(page.locator("body")).to_contain_text(f"{key} is yours: ")
    until(lambda: status(jira, key), "In Progress")
    owner = jira._ask("GET", f"/rest/api/2/issue/{key}")["fields"]["assignee"]
    assert owner["accountId"]


def test_pull_makes_the_top_of_to_do_mine_and_other_boards_see_it(walk: Walker, jira: Jira) -> None:
    page, key = on_top(walk, jira, "Pulled by a press")
    other = walk.board(role="lead")
    expect(card(other, key)).to_be_visible()
    page.get_by_role("button", name="Pull next").click()
    pulled(page, jira, key)
    expect(column(other, "in_progress").get_by_text(key, exact=True)).to_be_visible()
    expect(other.locator("[data-changed-newest]")).to_contain_text(f"{key} moved to In Progress by ")


def test_p_pulls_without_a_mouse(walk: Walker, jira: Jira) -> None:
    page, key = on_top(walk, jira, "Pulled by a key")
    page.keyboard.press("p")
    pulled(page, jira, key)


def test_pull_needs_no_script(walk: Walker, jira: Jira) -> None:
    _, key = on_top(walk, jira, "Pulled by a plain form")
    page = walk.page("/board/", role="engineer", scripts=False)
    page.get_by_role("button", name="Pull next").click()
    pulled(page, jira, key)


def test_what_is_blocked_is_passed_over_until_it_goes_on(walk: Walker, jira: Jira) -> None:
    page, key = on_top(walk, jira, "Blocked on the top")
    page.goto(f"/tickets/{key}/")
    form = page.locator(f'form[action="/tickets/{key}/block/"]')
    if not form.locator('[name="why"]').is_visible():
        page.locator("details").filter(has=form).locator("summary").first.click()
    form.locator('[name="why"]').fill("Waits for a log")
    form.get_by_role("button").click()
    expect(page.locator("body")).to_contain_text(f"{key} is marked as blocked.")
    page.goto("/board/")
    expect(card(page, key)).to_contain_text("Waits for a log")
    page.get_by_role("button", name="Pull next").click()
    page.wait_for_url("**/tickets/*/")
    assert urlparse(page.url).path != f"/tickets/{key}/"
    assert status(jira, key) == "To Do"
    page.goto(f"/tickets/{key}/")
    page.locator(f'form[action="/tickets/{key}/unblock/"]').get_by_role("button").click()
    expect(page.locator("body")).to_contain_text(f"{key} goes on.")


def test_who_only_reads_sees_no_pull_and_the_meeting_all_the_same(walk: Walker) -> None:
    page = walk.board(role="executive")
    expect(page.get_by_role("button", name="Pull next")).to_have_count(0)
    page.keyboard.press("p")
    assert urlparse(page.url).path == "/board/"
    page.goto("/board/meeting/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
