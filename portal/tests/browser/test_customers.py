"""Customers in a browser: a file is tried, put right and applied; what it brought is found, changed and taken back."""

import os
import re
from pathlib import Path

from playwright.sync_api import FilePayload, Page, expect

from portal.tests.browser.conftest import Walker
from portal.tests.browser.looks import all_findings

SHOTS = os.environ.get("CUSTOMER_SHOTS", "")  # a folder: pictures of what the test sees are left there
HEAD = "name;aliases;plan;arr;seats;zone;opens;closes;holidays;contacts\n"
GOOD = (
    "Wintergreen Mutual;WGM;Enterprise;96.000,50;850;Europe/Oslo;8:00;16:00;2031-12-24 Christmas Eve; "
    "\nWinterthorn Labs and Everybody Who Works There With a Very Long Name Indeed;;Premier;1.250.000;14.500;;;;;\n"
    'Winterbourne;"WB; Bourne";E20;;;America/Denver;;;;"Dana Reyes | dana@winterbourne.example | Platform lead"\n'
)
WRONG = "Winterlake;;Gold;lots;-5;Mars/Olympus;17:00;9:00;24/12/2031;\n"


def looks(page: Page, name: str) -> None:
    """What axe and a thumb find; pictures of it are left, on a phone and a desk, light and dark."""
    found = all_findings(page)  # leaves a dark desk
    if SHOTS:
        for place, size in (("desk", {"width": 1440, "height": 900}), ("phone", {"width": 390, "height": 844})):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            for scheme in ("dark", "light"):
                page.emulate_media(color_scheme=scheme)
                page.screenshot(path=Path(SHOTS) / f"{name}-{place}-{scheme}.png", full_page=True)
    assert found == []
    page.set_viewport_size({"width": 390, "height": 844})


def choose(page: Page, text: str) -> None:
    page.goto("/customers/import/")
    page.get_by_label("CSV file").set_input_files(
        FilePayload(name="customers.csv", mimeType="text/csv", buffer=text.encode("cp1252"))
    )
    page.get_by_role("button", name="Look at it").click()


def test_a_file_is_tried_put_right_and_applied_and_a_customer_is_found_and_changed(walk: Walker) -> None:
    page = walk.page("/customers/import/", phone=True, reduced_motion="reduce")
    looks(page, "import")
    choose(page, HEAD + GOOD + WRONG)
    expect(page.get_by_text("row 5, arr: “lots” is not US dollars")).to_be_visible()
    expect(page.get_by_role("button", name="Apply")).to_have_count(0)
    looks(page, "trial-faults")
    choose(page, HEAD + GOOD)
    expect(page.get_by_text("3 would be added, 0 changed")).to_be_visible()
    expect(page.get_by_text("$96,000.50")).to_be_visible()
    looks(page, "trial")
    page.get_by_role("button", name="Apply to 3 customers").click()
    expect(page.get_by_text("3 added, 0 changed, 0 as they were.")).to_be_visible()
    choose(page, HEAD + GOOD)
    expect(page.get_by_text("There is nothing to change.")).to_be_visible()
    page.goto("/customers/")
    page.get_by_label("Name or another name").fill("winter")
    expect(page).to_have_url(re.compile(r"/customers/\?q=winter$"))
    expect(page.locator(".customers-link")).to_have_count(3)
    looks(page, "list")
    page.get_by_role("link", name="Wintergreen Mutual").click()
    expect(page.get_by_text("$96,000.50")).to_be_visible()
    page.get_by_label("Another name").fill("Wintergreen of old")
    page.locator("#names").get_by_role("button", name="Add").click()
    page.get_by_role("button", name="Remove Wintergreen of old").click()
    expect(page.locator("#names")).not_to_contain_text("Wintergreen of old")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#names")).to_contain_text("Wintergreen of old")
    page.reload()  # without the toast
    looks(page, "customer")
    page.goto("/customers/wintergreen-mutual/edit/")
    looks(page, "edit")
    page.goto("/customers/wintergreen-mutual/merge/?q=winter")
    looks(page, "merge")


def test_who_may_not_see_amounts_sees_on_which_side_of_the_mark_they_lie(walk: Walker) -> None:
    page = walk.page("/customers/import/", role="coordinator")
    choose(page, "name,arr\nBandwidth Beacon,77777\n")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("1 added")).to_be_visible()
    page = walk.page("/customers/?q=beacon", role="engineer")
    expect(page.locator(".customers-table")).to_contain_text("above $50K")
    page.get_by_role("link", name="Bandwidth Beacon").click()
    expect(page.get_by_text("above $50K")).to_be_visible()
    assert "77" not in page.locator("main").inner_text()
