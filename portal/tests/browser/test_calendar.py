"""The calendar is edited by its lead, with scripts or without."""

import re

from playwright.sync_api import expect

from portal.tests.browser.conftest import Walker


def test_a_lead_adds_and_takes_out_a_holiday_without_scripts(walk: Walker) -> None:
    page = walk.page("/calendar/?month=2027-03", scripts=False)
    page.get_by_role("link", name="Add a holiday").click()
    page.get_by_label("Day", exact=True).fill("2027-03-26")
    page.get_by_label("Name", exact=True).fill("Good Friday")
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(re.compile(r"/calendar/\?month=2027-03#holidays"))
    page.get_by_role("link", name="Good Friday").click()
    page.get_by_text("Take out…").click()
    page.get_by_role("button", name="Take it out").click()
    expect(page.get_by_text("Good Friday is a working day now.")).to_be_visible()
    expect(page.get_by_role("link", name="Good Friday")).to_have_count(0)


def test_the_rail_leads_to_the_calendar_and_the_months_stand_in_the_address(walk: Walker) -> None:
    page = walk.page("/")
    page.locator(".rail").get_by_role("link", name="Calendar").click()
    expect(page.get_by_role("heading", name="Calendar", exact=True)).to_be_visible()
    page.goto("/calendar/?month=2026-12")
    page.get_by_role("link", name="A month later").click()
    expect(page).to_have_url(re.compile(r"\?month=2027-01$"))
    expect(page.get_by_role("heading", name="January 2027")).to_be_visible()
    page.get_by_role("link", name="This release").click()
    expect(page.get_by_text("this cycle")).to_be_visible()
