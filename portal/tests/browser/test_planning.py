"""A new coordinator's first quarter: an empty roster, thirty people from a spreadsheet, a plan, published."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from portal.supervisor.running import RunningPortal
from portal.tests.browser.conftest import Walker, until_on

TEAMS = ("Channels", "Mobile", "Server Platform", "Integrations", "Search")
SHEET = "Name\tE-mail\tTeam\tSkills\tLead\n" + "\n".join(
    f"Person {number:02}\tperson{number}@example.org\t{TEAMS[number % 5]}\t{'mobile' if number % 3 else 'database'}\t"
    f"{'yes' if number % 4 == 0 else 'no'}" for number in range(30)
)


EMPTY = """
from set_rotation import models
for name in ("HandOver", "Duty", "Override", "Shift", "Place", "Rotation", "Member", "Commitment", "Away"):
    getattr(models, name).objects.all().delete()
"""


@pytest.fixture(scope="module")
def empty_portal(run_portal: Callable[..., Any]) -> Iterator[RunningPortal]:
    """A portal with people and nobody on the roster, and a worker."""
    with run_portal(demo="people", worker=True) as portal:
        portal.manage("shell", "-c", EMPTY)
        yield portal


@pytest.fixture
def empty(empty_portal: RunningPortal, _walkers: Callable[[RunningPortal], Walker]) -> Walker:
    return _walkers(empty_portal)


def paste(page: Page, text: str) -> None:
    page.get_by_label("Lines", exact=True).fill(text)
    page.get_by_role("button", name="Look what they would do").click()


def test_a_coordinator_plans_a_quarter_from_an_empty_roster(empty: Walker) -> None:
    empty.expect_errors("422")  # what a line that cannot be read is answered with
    page = empty.page("/rotations/plan/")
    page.get_by_role("link", name="Fill the roster").click()
    paste(page, SHEET + "\nWithout address\tnone")
    expect(page.get_by_text("“none” is no e-mail address.")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Enter"))).to_have_count(0)
    paste(page, SHEET)
    expect(page.get_by_text("every line can be read")).to_be_visible()
    page.get_by_role("button", name="Enter 30 members").click()
    expect(page.get_by_text(re.compile("30 members entered, 30 people added without access"))).to_be_visible()
    owed = page.locator(".plan-owed li").first
    owed.get_by_label("engineers").fill("4")
    owed.get_by_label("leads").fill("1")
    owed.get_by_label("in every").fill("5")
    page.get_by_role("button", name="Save what teams owe").click()
    expect(page.get_by_text("Changed from today on")).to_be_visible()
    page.get_by_role("link", name="Plan rotations").click()
    page.get_by_label("Keep to what teams owe").uncheck()
    page.get_by_role("button", name="Propose").click()
    expect(page.get_by_role("heading", name="Proposal")).to_be_visible()  # live, without a reload
    expect(page.get_by_text("at most one shift apart")).to_be_visible()
    expect(page.locator(".plan-table tbody td a")).to_have_count(35)
    page.locator(".plan-table tbody td a").first.click()
    page.get_by_role("button", name="Give them the place").click()
    expect(page.get_by_text(re.compile("takes the place of"))).to_be_visible()
    page.get_by_role("button", name=re.compile("^Publish")).click()
    expect(page.get_by_text(re.compile("7 rotations published; .* people are told"))).to_be_visible()
    expect(page.get_by_role("heading", name="Rotations", exact=True)).to_be_visible()


def test_without_scripts_a_plan_is_asked_for_and_looked_at_again(empty: Walker) -> None:
    page = empty.page("/rotations/roster/", scripts=False)
    if not page.locator(".people-table").count():
        paste(page, SHEET)
        page.get_by_role("button", name="Enter 30 members").click()
    page.goto("/rotations/plan/")
    page.get_by_label("How many").fill("2")
    page.get_by_role("button", name="Propose").click()
    proposal = page.get_by_role("heading", name="Proposal")
    until_on(page, lambda: proposal.count() or (page.reload() and proposal.count()), "there is no proposal")
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_text("The plan is put aside.")).to_be_visible()
