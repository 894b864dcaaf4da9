"""Decided in a browser: the proposal follows the answers, the ticket comes from Jira, and each customer is told."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from portal.supervisor.running import RunningPortal
from portal.tests.browser.conftest import Walker
from portal.tests.browser.jira import Jira, word
from portal.tests.browser.looks import all_findings

ASKED = """import uuid
from customers.models import Customer
from escalations.actions.affected import add_customer
from escalations.actions.intake import Asked, raise_escalation
from people.models import Person
from portal.common import clock
at, name = clock.now(), "{name}"
support = Person.objects.filter(groups__name="support").order_by("pk").first()
def customer(name):
    return Customer.objects.create(name=name, slug=name.lower().replace(" ", "-"), plan="premier", seats=2000,
                                   zone="America/Chicago", created_at=at)
values = {{"title": f"LDAP sign-in fails {{name}}", "level": 3, "kind": "problem", "category": "ldap",
    "source": "support", "server_version": "10.4.2", "happened": "1,900 of 2,000 people cannot sign in.",
    "steps": "Sign in through LDAP", "support_ticket": "48213", "support_mail": "t48213@support.example"}}
row = raise_escalation(asked=Asked(customer=customer(f"Initech {{name}}"), values=values, reporter=support,
    reporter_name=support.name, reporter_email=support.email, submission=uuid.uuid4()), at=at)[0]
add_customer(escalation=row, customer=customer(f"Globex {{name}}"), reporter=support, reporter_name=support.name,
    by=support, at=at)
print("number", row.pk)
"""
SHOTS = os.environ.get("ROUTING_SHOTS", "")  # a folder: pictures of what the tests see are left there


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


@pytest.fixture(scope="module")
def live_portal(asked_portal: RunningPortal) -> RunningPortal:
    """Not the one that others count cards on."""
    return asked_portal


@pytest.fixture
def number(live_portal: RunningPortal) -> int:
    """An L3 of two customers."""
    said = live_portal.manage("shell", "-c", ASKED.format(name=word())).stdout
    return int(said.rpartition("number")[2].split()[0])


def looked_at(walk: Walker, path: str, name: str) -> None:
    page = walk.page(path, role="engineer", phone=True, reduced_motion="reduce")
    shoot(page, f"{name}-phone")
    assert all_findings(page) == []
    shoot(page, f"{name}-desk-dark")
    page.emulate_media(color_scheme="light")
    shoot(page, f"{name}-desk")


def test_it_is_decided_gets_its_ticket_and_each_customer_is_told(walk: Walker, jira: Jira, number: int) -> None:
    looked_at(walk, f"/escalations/E-{number}/route/?product=yes&code=yes&design=no", "route")
    page = walk.page(f"/escalations/E-{number}/route/", role="engineer")
    proposal = page.locator("#proposal-h")
    expect(proposal).to_have_text("Proposed: SET takes it")
    page.get_by_role("group", name="Is it an issue of the product?").get_by_text("No", exact=True).click()
    expect(proposal).to_have_text("Proposed: Answer it now")
    page.get_by_role("group", name="Is it an issue of the product?").get_by_text("Yes").click()
    expect(proposal).to_have_text("Proposed: SET takes it")
    page.get_by_role("button", name="Decide").click()
    side = page.locator("#routing")
    expect(side).to_contain_text("SET takes it")
    expect(side).to_contain_text("2 customers")
    looked_at(walk, f"/escalations/E-{number}/ticket/", "ticket")
    looked_at(walk, f"/escalations/E-{number}/", "page")
    key = str(side.locator("a[href^='/tickets/']").get_attribute("href")).strip("/").rpartition("/")[2]
    jira.move(key, "Done")
    owed = walk.page("/escalations/owed/", role="engineer")
    mine = owed.locator(f"#E-{number}")
    expect(mine).to_be_visible()
    looked_at(walk, "/escalations/owed/", "owed")
    looked_at(walk, str(mine.get_by_role("link", name="Read and send").first.get_attribute("href")), "reply")
    mine.get_by_role("link", name="Read and send").first.click()
    owed.get_by_role("button", name="Send").click()
    expect(owed.get_by_text("was told.")).to_be_visible()
    owed.locator(f"#E-{number}").get_by_role("link", name="Read and send").click()
    owed.get_by_role("button", name="Send").click()
    expect(owed.get_by_text(f"All were told: E-{number} is closed.")).to_be_visible()
