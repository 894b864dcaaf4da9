"""Clocks in a browser: they run down by themselves, and what is promised is edited without a script."""

import re
from datetime import timedelta

from playwright.sync_api import expect

from portal.common import clock
from portal.tests.browser.conftest import Walker

ASKED = """
import uuid
from customers.models import Customer
from escalations.actions.intake import Asked, raise_escalation
from portal.common import clock
at = clock.now()
customer, _ = Customer.objects.get_or_create(slug="umbra", defaults={"name": "Umbra", "plan": "premier",
                                                                    "created_at": at})
values = {"title": "Push notifications arrive an hour late", "level": 2, "source": "support"}
raise_escalation(asked=Asked(customer=customer, values=values, reporter=None, reporter_name="Ada Park",
                             submission=uuid.uuid4()), at=at)
"""


def test_a_clock_runs_down_by_itself_and_says_without_colour_that_it_is_overdue(walk: Walker) -> None:
    walk.portal.manage("shell", "-c", ASKED)
    page = walk.page()
    walk.expect_errors("/live/.*ERR_FAILED")
    page.route(re.compile("/live/"), lambda route: route.abort())  # a stream would say what time it is
    page.clock.install(time=clock.now())
    page.goto("/escalations/?tab=all&q=Push+notifications+arrive")
    cell = page.locator(".clock:has(> time[data-countdown-form=left])").first
    expect(cell).to_have_text(re.compile(r"left|overdue by"))
    due = cell.locator("time").get_attribute("data-countdown")
    assert due
    page.clock.pause_at(clock.now() + timedelta(days=90))
    page.clock.run_for(2_000)
    expect(cell).to_contain_text(re.compile(r"overdue by \d+ d"))
    expect(cell).to_have_attribute("data-tone", "red")
    expect(cell.locator("use")).to_have_attribute("href", re.compile("#fail$"))


def test_a_promise_is_changed_without_a_script_and_seen_before_it_is_saved(walk: Walker) -> None:
    page = walk.page("/escalations/clocks/", scripts=False)
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Next reply, Premium, L4").fill("40 bh")
    page.get_by_role("button", name="Show what changes").last.click()
    expect(page.get_by_text("Next reply, Premium, L4: 24 h → 40 bh")).to_be_visible()
    page.get_by_label("Why").fill("Agreed with support")
    page.get_by_role("button", name=re.compile("Save as version")).click()
    expect(page.get_by_text("holds for clocks that begin from now on")).to_be_visible()
    expect(page.get_by_text("Agreed with support").first).to_be_visible()
