"""Sev1: declared, told, approved, resolved and looked back on, with a second browser watching live, a customer on their
private page, and the second person on a phone."""

import re

import pytest
from playwright.sync_api import Page, expect

from portal.supervisor.running import RunningPortal
from portal.tests.browser.conftest import Walker
from portal.tests.browser.jira import word
from portal.tests.browser.looks import all_findings


@pytest.fixture(scope="module")
def live_portal(asked_portal: RunningPortal) -> RunningPortal:
    """Not the one on whose pages others count: an open Sev1 stands on each of them."""
    return asked_portal


def test_from_the_call_to_the_retrospective(walk: Walker) -> None:
    name = word()
    leads = declared(walk, name)
    path = leads.url.removeprefix(walk.portal.url).partition("#")[0]
    watches = walk.page(path, role="executive")
    expect(watches.locator("#timeline")).to_contain_text("Sev1 declared")

    publish(leads, status="Investigating", summary=f"Posts fail since three {name}.", technical="The pool is empty.")
    expect(watches.locator("#timeline")).to_contain_text(f"Posts fail since three {name}.")
    assert not all_findings(walk.page(path, role="engineer", phone=True))

    theirs = customers_page(walk, path)
    expect(theirs.locator("body")).not_to_contain_text(name + ".")
    approve(walk, path)
    expect(watches.locator("#timeline")).to_contain_text("The customer's text of update 1 was approved")
    theirs.reload()
    expect(theirs.locator("main")).to_contain_text(f"Posts fail since three {name}.")
    expect(theirs.locator("body")).not_to_contain_text("The pool is empty")

    publish(leads, status="Resolved", summary=f"The pool is larger {name}.", technical="900 connections.", stop=True)
    expect(watches.locator(".inc-head")).to_contain_text("Resolved")
    looked_back(leads, path)
    expect(watches.locator("#timeline")).to_contain_text("The retrospective was held")


def declared(walk: Walker, name: str) -> Page:
    """The page of an incident that an engineer has just declared."""
    page = walk.page("/incidents/new/", role="engineer")
    page.locator("#customer-1").fill(f"Customer {name}")
    page.keyboard.press("Escape")
    page.get_by_label("What is down").fill(f"Messages fail to post {name}")
    page.get_by_role("button", name="Declare it").click()
    expect(page.locator("h1")).to_contain_text(f"Messages fail to post {name}")
    expect(page.locator("#inc-due [role=timer]")).to_be_visible()
    expect(page).to_have_title(re.compile(r"^14:\d\d left · Sev1 · Messages fail to post"))
    return page


class Shared:
    """One incident for all tests of a module, declared by the first that asks for it."""

    def __init__(self) -> None:
        self._path = ""

    def path(self, walk: Walker) -> str:
        self._path = self._path or declared(walk, word()).url.removeprefix(walk.portal.url).partition("#")[0]
        return self._path


def publish(page: Page, *, status: str, summary: str, technical: str, stop: bool = False) -> None:
    """The commander writes an update and sends it."""
    form = page.locator("#update-form")
    form.locator("#update-status").select_option(label=status)
    form.locator("#update-summary").fill(summary)
    form.locator("#update-impact").fill("About one message in five fails.")
    form.locator("#update-technical").fill(technical)
    if stop:
        form.get_by_label("No next update is promised").check()
    expect(form.locator("#update-readings [data-reading=internal]")).to_contain_text(summary)
    form.get_by_role("button", name=re.compile("^Send")).last.click()
    expect(page.locator("#timeline")).to_contain_text(summary)


def customers_page(walk: Walker, path: str) -> Page:
    """The customer's private page, opened by somebody who is not signed in."""
    makes = walk.page(f"{path}links/", role="engineer")
    makes.get_by_role("button", name="Make a page").click()
    shown = makes.locator("#made-link")
    expect(shown).to_be_visible()
    address = shown.evaluate("place => place.value ?? place.textContent").strip()
    assert "/s/" in address
    return walk.page("/s/" + address.partition("/s/")[2], role="")


def approve(walk: Walker, path: str) -> None:
    """The second person reads the customer's text on a phone, and lets it go."""
    page = walk.page(f"{path}updates/1/approve/", role="lead", phone=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)


def looked_back(page: Page, path: str) -> None:
    """Confirmed by the customer, held, written, set as paper."""
    page.goto(path)
    page.get_by_label("Who at the customer confirmed it").fill("Their head of IT")
    page.get_by_role("button", name="Confirmed", exact=True).click()
    expect(page.locator("#after")).to_contain_text("by Their head of IT")
    page.goto(f"{path}retrospective/")
    page.get_by_role("button", name="It was held").click()
    page.get_by_label("Root cause").fill("A pool for 3,000 people.")
    page.get_by_label("Cause", exact=False).last.select_option("Capacity")
    page.get_by_role("button", name="Save").first.click()
    page.get_by_role("button", name="The summary is drafted").click()
    expect(page.locator(".page-head")).to_contain_text("customer’s edition is next".replace("’", "'"), ignore_case=True)
    with page.expect_download() as paper:
        page.get_by_role("link", name="PDF").first.click()
    assert paper.value.path().read_bytes().startswith(b"%PDF")
