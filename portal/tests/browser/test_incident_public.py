"""A customer on their private page: followed by mail and by feed, left again, and after its end nothing is open."""

import json
import re

import httpx
import pytest
from playwright.sync_api import expect

from portal.supervisor.running import RunningPortal
from portal.tests.browser.conftest import Walker
from portal.tests.browser.jira import word
from portal.tests.browser.looks import all_findings
from portal.tests.browser.test_incident_walk import approve, customers_page, declared, publish


@pytest.fixture(scope="module")
def live_portal(asked_portal: RunningPortal) -> RunningPortal:
    """Not the one on whose pages others count: an open Sev1 stands on each of them."""
    return asked_portal


LETTERS = """import json
from integrations.outbox.models import Delivery
rows = Delivery.objects.filter(topic="mail.send", payload__to="{to}").order_by("pk")
print("letters", json.dumps([one.payload["text"] for one in rows]))
"""
OVER = """from incidents.models import StatusLink
from portal.common import clock
StatusLink.objects.filter(incident={number}).update(ends_at=clock.now())
"""


def letters(portal: RunningPortal, to: str) -> list[str]:
    said = portal.manage("shell", "-c", LETTERS.format(to=to)).stdout
    found: list[str] = json.loads(said.rpartition("letters")[2])
    return found


def link_in(text: str, which: str) -> str:
    found = re.search(rf"/s/{which}/[\w-]+/", text)
    assert found, text
    return found[0]


def test_a_customer_follows_by_mail_and_by_feed_until_the_page_is_over(walk: Walker) -> None:
    name, portal = word(), walk.portal
    email = f"ana@{name.lower()}.example"
    leads = declared(walk, name)
    path = leads.url.removeprefix(portal.url).partition("#")[0]
    theirs = customers_page(walk, path)
    address = theirs.url.partition("?")[0].partition("#")[0]

    theirs.get_by_label("E-mail").fill(email)
    theirs.get_by_role("button", name="Follow by mail").click()
    expect(theirs.locator("#follow")).to_contain_text("Look at your mail")
    (question,) = letters(portal, email)
    mail = walk.page(link_in(question, "confirm"), role="", phone=True)
    assert not all_findings(mail)
    mail.get_by_role("button", name="Yes, send them to me").click()
    expect(mail.locator("h1")).to_have_text("You follow the updates")

    publish(leads, status="Investigating", summary=f"Posts fail since three {name}.", technical="The pool is empty.")
    assert len(letters(portal, email)) == 1, "nobody has read it yet"
    approve(walk, path)
    portal.until(lambda: len(letters(portal, email)) == 2, what="the letter of the update")
    letter = letters(portal, email)[1]
    assert f"Posts fail since three {name}." in letter and "The pool is empty" not in letter
    feed = httpx.get(f"{address}feed.atom", trust_env=False)
    anchor = re.search(r'href="[^"#]+#(update-\w+)"', feed.text)
    assert anchor and f"Posts fail since three {name}." in feed.text
    theirs.goto(f"{address}#{anchor[1]}")
    expect(theirs.locator(f"#{anchor[1]}")).to_contain_text(f"Posts fail since three {name}.")

    mail.goto(link_in(letter, "leave"))
    mail.get_by_role("button", name="End them").click()
    expect(mail.locator("h1")).to_have_text("No more mails")

    portal.manage("shell", "-c", OVER.format(number=path.rstrip("/").rpartition("-")[2]))
    walk.expect_errors("404")
    theirs.goto(address)
    expect(theirs.locator("h1")).to_have_text("This page is not open")
    assert f"Customer {name}" not in theirs.content()
    for part in ("feed.atom", "updates.ics", "follow/"):
        assert httpx.request("POST" if part == "follow/" else "GET", address + part, trust_env=False).status_code == 404
    mail.goto(link_in(question, "confirm"))
    expect(mail.locator("h1")).to_have_text("This page is not open")
