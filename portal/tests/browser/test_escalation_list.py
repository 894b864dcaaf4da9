"""The list of escalations is filtered and moved several at once; whether it helped is said on a phone."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from portal.supervisor.running import RunningPortal
from portal.tests.browser.conftest import Walker

LOAD = "from datetime import timedelta; from portal.common import clock; at = clock.now(); " \
       "from customers.actions.demo import load_demo_customers; load_demo_customers(at=at - timedelta(weeks=26)); " \
       "from escalations.actions.demo import load_demo_escalations; load_demo_escalations(at=at)"
ASK = "from escalations.models import Escalation; from escalations.actions.ratings import ask_rating; " \
      "from portal.common import clock; row = Escalation.objects.filter(ratings__isnull=True).first(); " \
      "print(ask_rating(escalation=row, at=clock.now()))"


@pytest.fixture(scope="module")
def asked_portal(run_portal: Callable[..., Any]) -> Iterator[RunningPortal]:
    """A portal with the demo's escalations."""
    with run_portal(demo="people") as portal:
        portal.manage("shell", "-c", LOAD)
        yield portal


@pytest.fixture
def asked(asked_portal: RunningPortal, _walkers: Callable[[RunningPortal], Walker]) -> Walker:
    return _walkers(asked_portal)


def test_a_list_is_filtered_given_and_given_back(asked: Walker) -> None:
    page = asked.page("/escalations/?tab=team")
    rows = page.locator(".esc-table tbody tr")
    expect(rows.first).to_be_visible()
    assert not Axe().run(page).response["violations"]
    number = rows.first.locator(".esc-link .key").inner_text()
    page.get_by_role("searchbox", name="Words, a number").fill(number)
    expect(page).to_have_url(re.compile(rf"q={number}"))
    expect(rows).to_have_count(1)
    owner = rows.locator(".esc-owner .person").inner_text()
    expect(page.locator(".esc-bulk")).to_be_hidden()
    rows.get_by_role("checkbox").check()
    expect(page.locator(".esc-bulk")).to_contain_text("1 ticked")
    page.get_by_label("Give to").select_option("nobody" if "Nobody" not in owner else "Me")
    page.get_by_role("button", name="Give", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("1 given to")
    expect(page).to_have_url(re.compile(rf"q={number}"))
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts")).to_contain_text("1 given back")
    assert rows.locator(".esc-owner .person").inner_text() == owner


def test_whether_it_helped_is_said_with_a_thumb_and_no_script(asked: Walker, asked_portal: RunningPortal) -> None:
    token = asked_portal.manage("shell", "-v0", "-c", ASK).stdout.strip().splitlines()[-1]
    page = asked.page(f"/escalations/rate/{token}/", role="", phone=True, scripts=False)
    page.get_by_label("Did our help solve it?").fill("Quick and kind")
    page.get_by_role("button", name="Yes, it helped").click()
    expect(page.get_by_text("Thank you, it is noted.")).to_be_visible()
    expect(page.get_by_text("Quick and kind").first).to_be_visible()
    page.get_by_role("button", name="No, it did not").click()
    expect(page.get_by_text("it did not help")).to_be_visible()
