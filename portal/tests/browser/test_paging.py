"""Somebody is paged: from the button to the acknowledgement on a phone, live, by keys, and without a script."""

import email
import email.policy
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from portal.supervisor.running import RunningPortal
from portal.tests.browser.conftest import Walker, until_on
from portal.tests.browser.looks import PHONE, all_findings

SHOTS = os.environ.get("PAGING_SHOTS", "")  # a folder: pictures of what the tests see are left there


@pytest.fixture(scope="module")
def staffed(run_portal: Callable[..., Any]) -> Iterator[RunningPortal]:
    """A portal with the demo's rotations, a worker and a timetable: pages really climb."""
    with run_portal(demo="rotations", worker=True, beat=True) as portal:
        yield portal


@pytest.fixture
def walk(staffed: RunningPortal, _walkers: Callable[[RunningPortal], Walker]) -> Walker:
    return _walkers(staffed)


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=Path(SHOTS) / f"{name}-{scheme}.png", full_page=True)


def raised(walk: Walker, reason: str, **how: Any) -> Page:
    """A page that support has raised by the form; its own page is open."""
    page = walk.page("/pages/new/", role="support", **how)
    page.get_by_label("Why").fill(reason)
    page.get_by_role("button", name="Page now").click()
    page.wait_for_url(re.compile(r"/pages/\d+/$"))
    return page


def number_of(page: Page) -> str:
    found = re.search(r"/pages/(\d+)/", page.url)
    assert found
    return found[1]


def link_in_mail(portal: RunningPortal, reason: str) -> str:
    """The signed link in the mail about this page, as somebody finds it on a phone."""
    found: list[str] = []

    def arrived() -> bool:
        for path in sorted((portal.var / "mail").glob("*")):
            for part in path.read_text().split("-" * 79):
                message = email.message_from_string(part.strip(), policy=email.policy.default)
                body = message.get_body(("plain",))
                text = body.get_content() if body else ""
                if reason in text:
                    found.extend(re.findall(r"http\S+/p/\S+/", text))
        return bool(found)

    portal.until(arrived, what="no mail came")
    return found[0]


def test_page_primary_and_acknowledge_it_from_the_link_on_a_phone(walk: Walker, staffed: RunningPortal) -> None:
    desk = raised(walk, "Messages fail to post")
    expect(desk.locator(".page-head .badge")).to_have_text("Paging")
    expect(desk.locator(".entry").filter(has_text="Round 1: Primary")).to_be_visible()
    expect(desk.locator("[data-countdown]")).to_have_text(re.compile(r"^[0-4]:\d\d$"))
    expect(desk.locator(".receipt").first).to_contain_text("Mailed")
    shoot(desk, "page-open-desk")
    address = link_in_mail(staffed, "Messages fail to post")
    phone = walk.page(address, role="", phone=True, reduced_motion="reduce")
    expect(phone.get_by_role("heading", name="Messages fail to post")).to_be_visible()
    shoot(phone, "link-open")
    button = phone.get_by_role("button", name="Acknowledge")
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 56
    assert box["y"] + box["height"] < PHONE["height"] / 2
    button.click()
    expect(phone.get_by_text("You have acknowledged it")).to_be_visible()
    shoot(phone, "link-acknowledged")
    expect(desk.locator(".page-head .badge")).to_have_text("Acknowledged")  # live, without touching it
    expect(desk.locator(".entry").filter(has_text="by the link in a message")).to_be_visible()
    expect(desk.locator("[data-countdown]")).to_have_count(0)
    phone.get_by_role("button", name="Resolve").click()
    expect(phone.get_by_text("There is nothing left to do")).to_be_visible()
    expect(desk.locator(".page-head .badge")).to_have_text("Resolved")
    shoot(desk, "page-resolved-desk")
    assert all_findings(phone) == []
    assert all_findings(walk.page(address, role="", phone=True, reduced_motion="reduce")) == []


def test_keys_answer_a_page_and_do_nothing_in_a_field(walk: Walker) -> None:
    number = number_of(raised(walk, "Search is slow"))
    page = walk.page(f"/pages/{number}/", role="lead")
    shoot(page, "page-answer-desk")
    page.locator("#to").focus()
    page.keyboard.press("r")
    expect(page.locator(".page-head .badge")).to_have_text("Paging")
    page.locator("h1").click()
    page.keyboard.press("a")
    expect(page.locator(".page-head .badge")).to_have_text("Acknowledged")
    expect(page.get_by_role("heading", name="You have it")).to_be_visible()
    page.keyboard.press("s")
    expect(page.locator(".page-head .badge")).to_have_text("Snoozed")
    page.keyboard.press("e")
    expect(page.locator(".page-head .badge")).to_have_text("Paging")
    page.keyboard.press("r")
    expect(page.locator(".page-head .badge")).to_have_text("Resolved")


def test_focus_stays_where_the_reader_went_while_the_news_was_fetched(walk: Walker) -> None:
    number = number_of(raised(walk, "Threads do not load"))
    page = walk.page(f"/pages/{number}/", role="lead")
    held: list[Route] = []
    page.route(re.compile(rf"/pages/{number}/$"), lambda route: held.append(route))  # noqa: PLW0108 - it marks what it is given
    page.locator("#to").focus()
    other = walk.page(f"/pages/{number}/", role="engineer")
    other.get_by_role("button", name="Acknowledge").click()
    expect(other.locator(".page-head .badge")).to_have_text("Acknowledged")
    until_on(page, lambda: held, "the page did not ask for the news")
    page.locator("h1").click()
    for route in held:
        route.continue_()
    page.unroute(re.compile(rf"/pages/{number}/$"))
    expect(page.locator(".page-head .badge")).to_have_text("Acknowledged")
    assert page.evaluate("document.activeElement.tagName") != "SELECT"


def test_without_a_script_everything_works_too(walk: Walker) -> None:
    number = number_of(raised(walk, "Login loops", scripts=False))
    page = walk.page(f"/pages/{number}/", role="engineer", scripts=False)
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.locator(".page-head .badge")).to_have_text("Acknowledged")
    page.locator("#minutes").select_option("60")
    page.get_by_role("button", name="Snooze").click()
    expect(page.locator(".page-head .badge")).to_have_text("Snoozed")
    page.get_by_role("button", name="Resolve").click()
    page.get_by_role("link", name="Pages", exact=True).click()
    expect(page.locator("tr").filter(has_text="Login loops")).to_contain_text("Resolved")


def test_the_lead_changes_a_policy_and_new_pages_follow_it(walk: Walker) -> None:
    walk.expect_errors("status of 422")
    page = walk.page("/pages/policies/", role="lead")
    normal = page.locator("section", has=page.locator("#policy-normal"))
    for number in range(1, 4):
        normal.get_by_role("combobox", name=f"Step {number}", exact=True).select_option("")
    normal.get_by_role("button", name="Save").click()
    expect(normal.get_by_text("at least one step")).to_be_visible()
    shoot(page, "policies-error-desk")
    for number, seat in enumerate(("primary", "lead"), start=1):
        normal.get_by_role("combobox", name=f"Step {number}", exact=True).select_option(seat)
    normal.get_by_label("Again from the top after").fill("90")
    normal.get_by_role("button", name="Save").click()
    expect(page.get_by_text("those under way keep theirs")).to_be_visible()
    expect(normal.get_by_text("again from the top after 90 min")).to_be_visible()


@pytest.mark.parametrize("path", ["/pages/", "/pages/new/", "/pages/policies/", "page"])
def test_axe_finds_nothing_and_a_phone_has_room_for_a_thumb(walk: Walker, path: str) -> None:
    name = path.strip("/").replace("/", "-")
    if path == "page":
        path = f"/pages/{number_of(raised(walk, 'A reason that is as long as somebody in a hurry writes it at 3 am'))}/"
    page = walk.page(path, role="lead", phone=True, reduced_motion="reduce")
    expect(page.locator("h1")).to_be_visible()
    shoot(page, f"{name}-phone")
    assert all_findings(page) == []
    desk = walk.page(path, role="lead")
    expect(desk.locator("h1")).to_be_visible()
    shoot(desk, f"{name}-desk")
