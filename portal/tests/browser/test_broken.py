"""When something breaks: Jira, the web process, the broker. The board stays, says so, and heals by itself."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from portal.supervisor.running import RunningPortal
from portal.tests.browser.conftest import Walker
from portal.tests.browser.jira import Jira, word
from portal.tests.browser.test_live import MARK, SAME, card, column

LOST = (
    "ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET", "status of 50",
    "htmx:(afterRequest|sendError|responseError)",
)
AWAY = "Jira has not answered since"


def pressed(page: Page) -> None:
    page.get_by_role("button", name="Ask Jira now").click()
    expect(page.locator(".toast").first).to_be_visible()


def test_a_jira_that_is_down_is_said_on_the_board_which_still_shows_and_heals(
    frail: Walker, frail_portal: RunningPortal, frail_jira: Jira
) -> None:
    key = frail_jira.create(f"Stands through the outage {word()}", status="To Do")
    page = frail.board()
    expect(card(page, key)).to_be_attached()
    frail_portal.sandbox.fault(path="/rest/", status=503, times=-1)
    pressed(page)
    expect(page.locator(".callout").filter(has_text=AWAY)).to_be_visible()
    expect(page.locator("#stamp")).to_contain_text("as of")
    expect(page.locator("#stamp")).to_contain_text(AWAY)
    expect(card(page, key)).to_be_visible()
    page.evaluate(MARK)
    home = frail.page("/")
    expect(home.locator(".home-needs").get_by_role("link", name=AWAY)).to_be_visible()
    frail_portal.sandbox.clear_faults()
    frail_portal.mirror()
    expect(page.locator(".callout").filter(has_text=AWAY)).to_have_count(0)
    expect(page.locator("#stamp")).not_to_contain_text(AWAY)
    expect(home.locator(".home-needs").get_by_text(AWAY)).to_have_count(0)
    assert page.evaluate(SAME)


@pytest.mark.parametrize("fault", [{"html": True}, {"garbage": True}], ids=["a login page", "half an answer"])
def test_a_jira_that_answers_nonsense_is_said_in_words_on_the_mirrors_page(
    frail: Walker, frail_portal: RunningPortal, fault: dict[str, bool]
) -> None:
    frail_portal.sandbox.fault(path="/rest/", times=-1, **fault)
    frail_portal.manage("sync_jira", check=False)
    page = frail.page("/sync/")
    expect(page.locator(".callout, [data-tone=red]").first).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("Traceback")
    board = frail.page("/board/")
    expect(board.locator(".callout").first).to_be_visible()
    expect(board.locator(".card").first).to_be_visible()
    frail_portal.sandbox.clear_faults()
    frail_portal.mirror()
    board.reload()
    expect(board.locator(".board-live > .callout:not(.unmapped)")).to_have_count(0)


def _web(portal: RunningPortal) -> Callable[[], None]:
    portal.stop("web")
    return portal.start_web


def _broker(portal: RunningPortal) -> Callable[[], None]:
    portal.stop("broker")
    return portal.start_broker


@pytest.mark.parametrize("stop", [_web, _broker], ids=["the web process", "the broker"])
def test_an_open_board_is_right_again_after_a_restart_of(
    frail: Walker, frail_portal: RunningPortal, frail_jira: Jira, stop: Callable[[RunningPortal], Callable[[], None]]
) -> None:
    frail.expect_errors(*LOST)
    key = frail_jira.create(f"Moved meanwhile {word()}", status="To Do")
    page = frail.board()
    expect(card(page, key)).to_be_attached()
    page.evaluate(MARK)
    start = stop(frail_portal)
    frail_jira.move(key, "In Progress")
    expect(page.locator("#stamp:not([data-state=live])")).to_be_visible()
    start()
    frail_portal.manage("sync_jira")
    expect(column(page, "in_progress").get_by_text(key, exact=True)).to_be_attached()
    expect(page.locator("#stamp")).to_have_attribute("data-state", "live")
    assert page.evaluate(SAME)
    # And what comes afterwards comes live again.
    frail_jira.move(key, "Submitted")
    expect(column(page, "submitted").get_by_text(key, exact=True)).to_be_attached()


def test_only_the_lead_gives_unmapped_statuses_a_column_even_without_scripts(frail: Walker) -> None:
    frail.expect_errors("status of 403")
    engineer = frail.board(role="engineer")
    unmapped = engineer.locator("#unmapped")
    expect(unmapped).to_contain_text("without a column")
    unmapped.locator("summary").click()
    expect(unmapped.get_by_text("The lead can accept these")).to_be_visible()
    expect(unmapped.get_by_role("button", name="Accept all")).to_have_count(0)
    token = json.loads(engineer.locator("body").get_attribute("hx-headers") or "{}")
    refused = engineer.request.post(
        "/sync/mapping/accept/", headers={**token, "Referer": f"{frail.portal.url}/board/"}
    )
    assert refused.status == 403
    assert "form was open too long" not in refused.text()
    expect(engineer.locator("#col-unmapped .card").first).to_be_attached()
    lead = frail.page("/board/", scripts=False)
    lead.locator("#unmapped > summary").click()
    lead.get_by_role("button", name="Accept all").click()
    expect(lead.get_by_text("has a column now")).to_be_visible()
    expect(lead.locator("#col-unmapped")).to_have_count(0)
    expect(engineer.locator("#col-unmapped")).to_have_count(0)
    expect(unmapped).to_have_count(0)
