"""A person adds a way to be reached, is reached by a test page, acknowledges it where it came, and is ready."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from integrations.notify.tests.service import Service, running_service
from portal.supervisor.running import RunningPortal
from portal.tests.browser.conftest import Walker
from portal.tests.browser.looks import all_findings

SHOTS = os.environ.get("REACH_SHOTS", "")  # a folder: pictures of what the tests see are left there
SECRET = "very-secret-hook"


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


@pytest.fixture
def phone() -> Iterator[Service]:
    """Stands for somebody's phone: what was sent to it."""
    with running_service() as found:
        yield found


@pytest.fixture(scope="module")
def ticking(run_portal: Callable[..., Any]) -> Iterator[RunningPortal]:
    """A portal whose pages are really sent, with rotations behind and ahead."""
    with run_portal(demo="rotations", worker=True, beat=True) as portal:
        yield portal


@pytest.fixture
def walker(ticking: RunningPortal, _walkers: Callable[[RunningPortal], Walker]) -> Walker:
    return _walkers(ticking)


def test_a_way_is_added_put_into_a_ladder_and_proven_by_a_test_page(
    walker: Walker, ticking: RunningPortal, phone: Service
) -> None:
    walker.expect_errors("status of 422")
    page = walker.page("/me/reach/", role="engineer")
    shoot(page, "reach-empty")
    page.get_by_label("Address").fill("json://10.1.2.3/private-key")
    page.get_by_role("button", name="Check and add it").click()
    expect(page.locator("#reach-refusal")).to_contain_text("private network")
    expect(page.get_by_label("Address")).to_have_value("json://10.1.2.3/private-key")  # kept by the browser alone
    shoot(page, "reach-refused")
    page.get_by_label("Address").fill(phone.address(SECRET))
    page.get_by_label("Name").fill("My phone")
    page.get_by_role("button", name="Check and add it").click()
    expect(page.locator("#ways")).to_contain_text("not proven")
    assert SECRET not in page.content()
    urgent = page.locator("#urgent")
    urgent.get_by_label("Reach me by").select_option("My phone")
    urgent.get_by_label("after minutes").fill("5")
    urgent.get_by_role("button", name="Add").click()
    expect(urgent.locator(".ladder > li")).to_have_count(2)
    shoot(page, "reach-not-proven")
    urgent.get_by_role("button", name="Take out: My phone").click()
    expect(urgent).to_contain_text("as for everybody who chose nothing")
    page.locator("#toasts").get_by_role("button", name="Undo").last.click()
    expect(urgent.locator(".ladder > li")).to_have_count(2)

    page.get_by_role("button", name="Send a test page").click()
    expect(page.locator("#last-test")).to_contain_text("acknowledge it where it came")
    ticking.until(lambda: phone.got, what="the test page reached the phone")
    link = re.search(r"http\S+/p/\S+", phone.got[0]["message"])
    assert link, phone.got[0]["message"]
    theirs = walker.context("", phone=True).new_page()
    theirs.goto(link[0])
    theirs.get_by_role("button", name="Acknowledge").click()
    # The page that is open somewhere else follows by itself.
    expect(page.locator("#last-test")).to_contain_text("acknowledged")
    expect(page.locator("#ways")).to_contain_text("proven")
    expect(page.locator("#ways").get_by_text("not proven")).to_have_count(0)
    expect(urgent.locator(".ladder > li")).to_have_count(1)  # mail stood in until the phone was proven
    shoot(page, "reach-proven")
    page.set_viewport_size({"width": 390, "height": 844})
    shoot(page, "reach-proven-phone")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("button", name="Remove My phone").click()
    expect(page.get_by_role("button", name="Bring back My phone")).to_be_visible()
    page.get_by_role("button", name="Bring back My phone").click()
    expect(page.get_by_role("button", name="Remove My phone")).to_be_visible()
    page.get_by_role("button", name="Tick off The incident process is read").click()
    expect(page.locator("#first-day")).not_to_contain_text("The incident process is read")
    page.get_by_label("A day before my duty").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved: that is what you are told.")).to_be_visible()


def test_the_lead_sees_who_is_ready_and_sends_test_pages(walker: Walker) -> None:
    page = walker.page("/rotations/readiness/", role="lead")
    shoot(page, "readiness")
    page.get_by_role("button", name="Test everybody who lacks it").click()
    expect(page.get_by_text("Test pages are on their way")).to_be_visible()
    expect(page.get_by_text("not acknowledged yet").first).to_be_visible()
    page.get_by_role("link", name=re.compile("Look how")).first.click()
    expect(page.get_by_role("heading", name=re.compile("How .* is reached"))).to_be_visible()
    shoot(page, "reach-of")


@pytest.mark.parametrize("path", ["/me/reach/", "/rotations/readiness/"])
def test_the_pages_are_in_order_in_both_sizes_and_both_lights(walker: Walker, path: str) -> None:
    name = path.strip("/").replace("/", "-")
    for dark in (False, True):
        page = walker.page(path, role="lead", dark=dark)
        page.locator("h1").wait_for()
        shoot(page, f"{name}-desk-{'dark' if dark else 'light'}")
        page = walker.page(path, role="lead", phone=True, dark=dark)
        page.locator("h1").wait_for()
        shoot(page, f"{name}-phone-{'dark' if dark else 'light'}")
    assert not all_findings(walker.page(path, role="lead", phone=True, reduced_motion="reduce"))


def test_everything_works_without_a_script(walker: Walker) -> None:
    walker.expect_errors("status of 422")
    page = walker.page("/me/reach/", role="coordinator", scripts=False)
    normal = page.locator("#normal")
    normal.get_by_label("Reach me by").select_option("Mail")
    normal.get_by_label("after minutes").fill("3")
    normal.get_by_role("button", name="Add").click()
    expect(page.locator("#normal .ladder")).to_contain_text("after 3 min")
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.locator("#normal")).to_contain_text("as for everybody who chose nothing")
    page.get_by_label("Address").fill("nonsense")
    page.get_by_role("button", name="Check and add it").click()
    expect(page.get_by_text("That is no address")).to_be_visible()
    shoot(page, "reach-error")
