"""Support asks, SET answers, and the customer is told: one escalation from the form to its end, on both sides, live."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from portal.supervisor.running import RunningPortal
from portal.tests.browser.conftest import Walker, until_on
from portal.tests.browser.jira import Jira, word

LOG = "level=error msg=bind failed user=svc-chat\nAuthorization: Bearer {token}\n"


@pytest.fixture(scope="module")
def live_portal(asked_portal: RunningPortal) -> RunningPortal:
    """Not the one that others count cards on."""
    return asked_portal


def test_support_asks_set_answers_and_the_customer_is_told(walk: Walker, jira: Jira, tmp_path: Path) -> None:
    name = word()
    asks = raised(walk, name, tmp_path)
    address = asks.url.removeprefix(walk.portal.url)
    number = address.strip("/").rpartition("-")[2]
    mask(asks)

    answers = walk.page(address, role="engineer")
    ask_for_more(answers, asks)
    asks.locator("#answer textarea").fill("They sent the group filter; the nested group is at depth 2.")
    asks.locator("#answer").get_by_role("button", name="Send").click()
    expect(answers.locator("#messages")).to_contain_text("depth 2")
    expect(answers.locator(".page-head")).to_contain_text("Waiting for us")

    key = accepted(walk, address, asks)
    # Until then the portal itself is moving it: whoever moves it in between may be overtaken.
    until_on(answers, lambda: jira.status(key) == "In Progress", "an L2's ticket is begun")
    jira.move(key, "Done")
    owed = walk.page("/escalations/owed/", role="engineer")
    expect(owed.locator(f"#E-{number}")).to_be_visible()
    owed.locator(f"#E-{number}").get_by_role("link", name="Read and send").click()
    owed.get_by_role("button", name="Send").click()
    expect(owed.get_by_text(f"All were told: E-{number} is closed.")).to_be_visible()

    expect(asks.locator(".page-head")).to_contain_text("Closed")
    expect(asks.locator("#messages")).to_contain_text("fix")
    assert "for colleagues alone" not in asks.content()
    mine = walk.page("/escalations/mine/", role="support")
    expect(mine.get_by_role("link", name=re.compile(name))).to_be_visible()


def raised(walk: Walker, name: str, folder: Path) -> Page:
    """Support files an L2 with a log; the page of what became of it."""
    page = walk.page("/escalations/new/", role="support")
    page.get_by_label("Customer", exact=True).fill(f"Customer {name}")
    page.keyboard.press("Escape")
    page.get_by_text("L2 high", exact=True).first.click()
    page.get_by_label("In one sentence").fill(f"Nobody can sign in through LDAP {name}")
    page.get_by_label("Category").select_option("AD/LDAP")
    page.get_by_label("Server version").fill("10.4.2")
    page.locator("[name=support_ticket]").fill("48213")
    page.get_by_label("What happens").fill("1,900 of 2,000 people cannot sign in since last night.")
    page.get_by_label("Steps to reproduce").fill("Sign in with a directory account.")
    log = folder / "mattermost.log"
    log.write_text(LOG.format(token="eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"))
    page.locator("input[type=file]").first.set_input_files(log)
    expect(page.get_by_text("mattermost.log").first).to_be_visible()
    expect(page.locator("#intake-state")).to_contain_text("Ready")
    page.get_by_role("button", name="Escalate").click()
    expect(page).to_have_url(re.compile(r"/escalations/E-\d+/$"))
    return page


def mask(asks: Page) -> None:
    """The log holds a token: support is told, and masks it."""
    files = asks.get_by_role("region", name="Files")
    expect(files).to_contain_text("Held")
    files.get_by_role("button", name="Mask and release").click()
    expect(files).to_contain_text("masked")


def ask_for_more(answers: Page, asks: Page) -> None:
    """SET writes a note that support never sees, and asks with the template; the clock stands still."""
    answers.get_by_text("Internal note", exact=True).click()
    answers.get_by_label("Text, in Markdown").fill("Looks like MM-1, for colleagues alone.")
    answers.locator("[data-composer-send]").click()
    expect(answers.locator("#messages")).to_contain_text("for colleagues alone")
    answers.get_by_label("Template", exact=True).select_option(label="We need more information")
    answers.get_by_label("Other needs").fill("The group filter")
    answers.locator("[data-composer-send]").click()
    expect(answers.locator(".page-head")).to_contain_text("Waiting for reporter")
    expect(asks.locator("#messages")).to_contain_text("The group filter")
    expect(asks.locator("#messages")).not_to_contain_text("for colleagues alone")


def accepted(walk: Walker, address: str, asks: Page) -> str:
    """SET takes it: exactly one ticket is made in Jira. Its key."""
    page = walk.page(f"{address}route/?product=yes&code=yes&design=no", role="engineer")
    page.get_by_text("SET takes it", exact=True).first.click()
    reason = page.get_by_label(re.compile("Why"))
    if reason.count() and reason.first.is_visible():
        reason.first.fill("It needs somebody who knows the sync.")
    page.get_by_role("button", name="Decide").click()
    link = page.locator("#routing a[href^='/tickets/']")
    expect(link).to_be_visible()
    return str(link.get_attribute("href")).strip("/").rpartition("/")[2]
