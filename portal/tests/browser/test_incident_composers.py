"""The composer of an incident where more than one writes, on two devices, as a session ends, and without a network."""

import re
from contextlib import suppress

import pytest
from playwright.sync_api import Error, Page, Route, expect

from portal.supervisor.running import RunningPortal
from portal.tests.browser.conftest import Walker, until_on
from portal.tests.browser.jira import word
from portal.tests.browser.test_incident_walk import Shared, publish

# Whether the head of the page, which stays in sight, lies over the beginning of something.
UNCOVERED = """(one) => {
  const { left, top } = one.getBoundingClientRect();
  return one.contains(document.elementFromPoint(left + 4, top + 4));
}"""
HIDE = """() => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
  document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
}"""
IDS = "() => [...document.querySelectorAll('#entries > li')].map((line) => line.id)"


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


def composer(walk: Walker, path: str, role: str = "engineer", *, phone: bool = False) -> Page:
    """The incident's page with its composer, all of it there and the stream live."""
    page = walk.page(f"{path}#update", role=role, phone=phone)
    expect(page.locator("#update-reading")).to_be_visible()
    expect(page.locator("#timeline [data-live-state]")).to_have_attribute("data-state", "live")
    return page


def number_of(page: Page) -> int:
    """Of the update that is written there."""
    return int(page.locator("#update-h").inner_text().removeprefix("Update "))


def types(page: Page, text: str) -> None:
    page.locator("#update-summary").fill(text)


def saved(page: Page) -> None:
    """What stands there is kept: all of it."""
    expect(page.locator("#update-form:not([data-touched])")).to_be_attached()
    expect(page.locator("#update-saved")).to_contain_text("draft saved")


def send(page: Page) -> None:
    page.locator("[data-update-send]").click()


def test_of_two_who_write_the_second_is_shown_what_the_first_sent_before_theirs_goes(walk: Walker, path: str) -> None:
    walk.expect_errors("status of 422")
    first, second = composer(walk, path), composer(walk, path, "coordinator", phone=True)
    replies = composer(walk, f"{path}?reply=reply-4", "lead")
    mine = f"Not yet over {word()}."
    types(second, mine)
    second.locator("#update-technical").fill("The pool is small.")
    saved(second)
    theirs = f"The pool is larger {word()}."
    publish(first, status="Identified", summary=theirs, technical="900 connections.")

    expect(replies.locator("#update-h")).to_have_text("Update 2")  # drawn anew, and still the reply that it was
    expect(replies.locator("[name=reply]")).to_have_value("reply-4")
    expect(second.locator("#toasts")).to_contain_text("has published update")
    expect(second.locator("#update-unread")).to_contain_text("read it, then send yours")
    send(second)
    until_on(second, lambda: second.locator("[data-update-refused]").evaluate(UNCOVERED), "what was refused is covered")
    expect(second.locator(".update-missed")).to_contain_text(theirs)
    expect(second.locator("#update-summary")).to_have_value(mine)
    send(second)
    expect(second.locator("#receipts")).to_be_attached()
    expect(first.locator("#timeline")).to_contain_text(mine)


def test_whoever_says_that_they_have_read_it_is_not_asked_again(walk: Walker, path: str) -> None:
    first, second = composer(walk, path), composer(walk, path, "coordinator")
    mine = f"Half of it works {word()}."
    types(second, mine)
    theirs = f"It is the pool {word()}."
    publish(first, status="Identified", summary=theirs, technical="900 connections.")
    expect(second.locator(".update-missed")).to_contain_text(theirs)
    second.get_by_role("button", name="I have read it").click()
    expect(second.get_by_role("button", name="I have read it")).to_have_count(0)
    expect(second.locator("#update-unread")).to_be_hidden()
    send(second)
    expect(first.locator("#timeline")).to_contain_text(mine)


def test_a_device_that_was_left_open_writes_over_nothing_and_brings_nothing_back(walk: Walker, path: str) -> None:
    walk.expect_errors("status of 422")
    name = word()
    laptop = composer(walk, path)
    types(laptop, f"{name} A")
    saved(laptop)
    phone = composer(walk, path, phone=True)
    expect(phone.locator("#update-summary")).to_have_value(f"{name} A")
    types(phone, f"{name} A B C")
    saved(phone)

    types(laptop, f"{name} A D")
    expect(laptop.locator("[data-update-elsewhere]")).to_contain_text("You wrote on at another place")
    expect(laptop.locator("#update-summary")).to_have_value(f"{name} A D")
    send(laptop)
    until_on(laptop, lambda: laptop.locator("[data-update-refused]").evaluate(UNCOVERED), "what was refused is covered")
    laptop.get_by_role("link", name="Take that one").click()
    expect(laptop.locator("#update-summary")).to_have_value(f"{name} A B C")
    expect(laptop.locator("[data-update-elsewhere]")).to_have_count(0)

    number = number_of(laptop)
    phone.locator("#update-thanks").evaluate("(field) => { field.closest('details').open = true; }")
    phone.locator("#update-thanks").fill("Huge thanks to Ben")
    saved(phone)
    send(phone)
    expect(laptop.locator("#update-h")).to_have_text(f"Update {number + 1}")
    expect(laptop.locator("#update-thanks")).to_have_value("")
    laptop.reload()
    expect(laptop.locator("#update-saved")).to_contain_text(f"begun from update {number}")


def test_a_session_that_ends_mid_sentence_has_the_words_there_after_signing_in(walk: Walker, path: str) -> None:
    walk.expect_errors(r"status of 40[13]", "401", "htmx:responseError")
    page, words = composer(walk, path), f"It is worse than we thought {word()}."
    types(page, words[:9])
    saved(page)
    cookies = [cookie for cookie in page.context.cookies() if cookie["name"] != "set_session"]
    page.context.clear_cookies()
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    types(page, words)
    with suppress(Error):  # any other answer may lead there first
        page.reload()  # at once: the last words are never answered
    expect(page).to_have_url(re.compile("/sign-in/"))
    page.get_by_role("button", name="Engineer").first.click()
    expect(page.locator("#update-summary")).to_have_value(words)
    expect(page.locator("#toasts")).to_contain_text("is back")
    saved(page)


def test_after_signing_in_at_another_tab_a_page_says_once_that_it_has_to_be_reloaded(walk: Walker, path: str) -> None:
    walk.expect_errors("status of 403")
    page, words = composer(walk, path), f"Typed with an old token {word()}."
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    page.evaluate("() => document.body.setAttribute('hx-headers', JSON.stringify({'X-CSRFToken': 'a'.repeat(64)}))")
    page.evaluate("() => document.querySelector('#update-form [name=csrfmiddlewaretoken]').value = 'a'.repeat(64)")
    types(page, words)
    expect(page.locator("#update-saved")).to_contain_text("reload this page")
    said = len(asked)
    page.wait_for_timeout(2500)  # the first tries again would come after one second and two more
    assert len(asked) == said
    page.reload()
    expect(page.locator("#update-summary")).to_have_value(words)
    saved(page)


def test_focus_moves_to_another_kind_of_control_without_a_fault(walk: Walker, path: str) -> None:
    page = composer(walk, path)
    page.evaluate("""async () => {
      const { name } = performance.getEntriesByType("resource").find(({ name }) => /\\/fragments[^/]*\\.js/.test(name));
      const { swapIn } = await import(name);
      document.querySelector("main").insertAdjacentHTML("beforeend", "<div id=swapped><input value=abc><input></div>");
      document.querySelector("#swapped input").focus();
      swapIn("<div id=swapped><input type=checkbox><input></div>");
    }""")
    expect(page.locator("#swapped input").first).to_be_focused()


def test_of_an_update_whose_answer_is_lost_nothing_comes_back_and_what_follows_is_kept(walk: Walker, path: str) -> None:
    walk.expect_errors("ERR_FAILED", "htmx:sendError", "htmx:afterRequest")
    page = composer(walk, path)
    number, words = number_of(page), f"It went unheard {word()}."
    types(page, words)
    page.locator("#update-thanks").evaluate("(field) => { field.closest('details').open = true; }")
    page.locator("#update-thanks").fill("Huge thanks to Ben")  # of this one alone
    saved(page)
    form = re.compile(r"/updates/new/$")

    def lose(route: Route) -> None:
        if "do=send" not in (route.request.post_data or ""):
            route.continue_()
            return
        route.fetch()
        route.abort()

    page.route(form, lose)
    # Hidden, it hears of no line of the timeline either: that its update went, only the next page can say.
    page.evaluate(HIDE)
    with page.expect_event("requestfailed", lambda request: request.method == "POST"):
        send(page)
    page.unroute(form)
    page.reload()
    expect(page.locator("#toasts")).to_contain_text("It was sent")
    expect(page.locator("#toasts")).not_to_contain_text("is back")
    expect(page.locator("#update-h")).to_have_text(f"Update {number + 1}")
    expect(page.locator("#update-thanks")).to_have_value("")
    expect(page.locator("#update-reading")).to_be_visible()
    types(page, f"And on {words}")
    saved(page)
    page.reload()
    expect(page.locator("#update-summary")).to_have_value(f"And on {words}")


def test_a_lost_network_loses_no_words_and_no_line_and_doubles_none(walk: Walker, path: str) -> None:
    walk.expect_errors("ERR_INTERNET_DISCONNECTED", "htmx:sendError", "Failed to fetch")
    page, words = composer(walk, path), f"Typed in the tunnel {word()}."
    page.context.set_offline(True)
    types(page, words)
    expect(page.locator("#update-saved")).to_contain_text("no connection")
    told = [f"{text} {word()}." for text in ("The queue drains", "The queue is empty")]
    other = composer(walk, path, "coordinator")
    for text in told:
        number = number_of(other)
        publish(other, status="Identified", summary=text, technical="900 connections.")
        expect(other.locator("#update-h")).to_have_text(f"Update {number + 1}")

    page.context.set_offline(False)
    for text in told:
        expect(page.locator("#entries > li").filter(has_text=text)).to_have_count(1)
    expect(page.locator("#timeline [data-live-state]")).to_have_attribute("data-state", "live")
    expect(page.locator(".update-missed")).to_contain_text(told[1])
    expect(page.locator("#update-summary")).to_have_value(words)
    saved(page)
    fresh = composer(walk, path)
    expect(fresh.locator("#update-summary")).to_have_value(words)
    assert page.evaluate(IDS) == fresh.evaluate(IDS)
