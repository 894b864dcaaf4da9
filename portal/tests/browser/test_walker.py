"""What of a page's console counts: a request that the page gave up is no fault, one that failed is."""

import pytest
from playwright.sync_api import Page, expect

from portal.tests.browser.conftest import Walker

ASK = """() => {
  window.__asked = new Promise((done) => addEventListener("htmx:beforeSend", () => setTimeout(done), { once: true }));
  htmx.ajax("GET", "/asked/", { target: "main", swap: "none" }).catch(() => {});
  return window.__asked;
}"""
FAILED = "htmx:sendError"


def asks(page: Page) -> None:
    """The page asks the server something, and is not answered yet."""
    page.route("**/asked/", lambda _: None)
    page.evaluate(ASK)


def test_a_request_that_was_under_way_when_its_page_was_left_is_no_fault(bare: Walker) -> None:
    page = bare.page("/")
    asks(page)
    page.goto("/board/")
    expect(page.get_by_role("heading", name="Board")).to_be_visible()
    assert bare.close() == []


def test_one_that_the_page_gave_up_for_another_is_none(bare: Walker) -> None:
    page = bare.page("/")
    asks(page)
    with page.expect_console_message(lambda message: "htmx:sendAbort" in message.text):
        page.evaluate("htmx.trigger(document.body, 'htmx:abort')")
    assert [fault.said for fault in bare.faults] == ["htmx:afterRequest", "htmx:sendAbort"]
    assert bare.close() == []


def test_one_that_was_under_way_when_its_page_was_closed_is_none(bare: Walker) -> None:
    asks(bare.page("/"))
    assert bare.close() == []


@pytest.mark.parametrize("more", [False, True], ids=["alone", "and another is given up"])
def test_one_that_failed_is_a_fault(bare: Walker, more: bool) -> None:
    page = bare.page("/")
    page.route("**/asked/", lambda route: route.abort("connectionrefused"))
    with page.expect_console_message(lambda message: FAILED in message.text):
        page.evaluate(ASK)
    if more:
        page.unroute_all()
        asks(page)
        with page.expect_console_message(lambda message: "htmx:sendAbort" in message.text):
            page.evaluate("htmx.trigger(document.body, 'htmx:abort')")
    found = bare.close()
    assert any(FAILED in fault for fault in found) and any("htmx:afterRequest" in fault for fault in found)
    assert not any("htmx:sendAbort" in fault for fault in found)
    bare.expect_errors("htmx:", "ERR_CONNECTION_REFUSED")
