"""The form of an escalation in a browser: a good L2 by somebody who was told nothing, without scripts, and a session
that ends while they write."""

import os
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from portal.tests.browser.conftest import Walker
from portal.tests.browser.looks import all_findings

SHOTS = os.environ.get("INTAKE_SHOTS", "")  # a folder: pictures of what the tests see are left there
NEW = "/escalations/new/"
KNOWN = "from customers.tests.factories import customer; customer('Zephyr Airways', arr=410_000, seats=2_000)"


def shoot(page: Page, name: str, *, whole: bool = True) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=whole)


def test_support_files_a_good_l2(walk: Walker) -> None:
    walk.expect_errors("status of 422")
    walk.portal.manage("shell", "-c", KNOWN)
    page = walk.page(NEW, role="support")
    expect(page.get_by_role("heading", name="New escalation")).to_be_visible()
    shoot(page, "empty-desk", whole=False)
    name = page.get_by_label("Customer", exact=True)
    name.fill("Nobody Inc")
    expect(page.get_by_text("Nobody of this name is known. It will be added as unconfirmed.")).to_be_visible()
    name.fill("zeph")
    expect(page.get_by_role("option", name="Zephyr Airways")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(name).to_have_value("Zephyr Airways")
    expect(page.get_by_role("heading", name="Zephyr Airways")).to_be_visible()
    page.get_by_text("L2 high", exact=True).first.click()
    page.get_by_label("In one sentence").fill("Nobody can sign in through LDAP since the upgrade to 10.4.2")
    expect(page.get_by_role("heading", name="L2 means")).to_be_visible()
    page.get_by_label("Category").select_option("AD/LDAP")
    page.get_by_label("Server version").fill("10.4")
    page.get_by_label("What happens").fill("1,900 of 2,000 people cannot sign in. The log says: bind failed.")
    expect(page.locator("#intake-state")).to_contain_text("1 thing is missing for L2")
    expect(page.locator("#intake-saved")).to_contain_text("draft saved")
    shoot(page, "filled-desk", whole=False)
    page.get_by_role("button", name="Escalate").click()
    expect(page.get_by_role("alert")).to_contain_text("We need the patch version too, such as 10.4.2.")
    shoot(page, "error-desk")
    page.get_by_label("Server version").fill("10.4.2")
    expect(page.locator("#intake-state")).to_contain_text("Ready")
    page.get_by_role("button", name="Escalate").click()
    expect(page).to_have_url(re.compile(r"/escalations/E-\d+/$"))
    expect(page.locator("#toasts")).to_contain_text("is raised")
    page.goto(NEW)
    expect(page.get_by_label("In one sentence")).to_have_value("")


def test_the_form_works_without_scripts(walk: Walker) -> None:
    walk.expect_errors("status of 422")
    page = walk.page(NEW, role="support", scripts=False)
    page.get_by_label("Customer", exact=True).fill("Globex without Scripts")
    page.get_by_text("L3 normal", exact=True).first.click()
    page.get_by_label("In one sentence").fill("Search leaves out older files")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("The draft is saved.")).to_be_visible()
    page.get_by_label("Category").select_option("Search")
    page.get_by_label("Server version").fill("10.4.2")
    page.get_by_label("What happens").fill("Files from before May are not found.")
    page.get_by_role("button", name="Escalate").click()
    expect(page.get_by_role("alert")).to_contain_text("Steps to reproduce: List the steps")
    page.get_by_label("Steps to reproduce").fill("1. Search for a file of last April.")
    page.get_by_role("button", name="Escalate").click()
    expect(page).to_have_url(re.compile(r"/escalations/E-\d+/$"))


def test_a_session_that_ends_loses_nothing(walk: Walker) -> None:
    page = walk.page(NEW, role="support", phone=True, dark=True, reduced_motion="reduce")
    page.get_by_label("Customer", exact=True).fill("Umbra of the Browser")
    page.get_by_label("In one sentence").fill("The desktop app shows no pictures")
    expect(page.locator("#intake-saved")).to_contain_text("draft saved")
    shoot(page, "phone-dark")
    found = all_findings(page)
    assert not found, "\n".join(found)
    cookies = [cookie for cookie in page.context.cookies() if cookie["name"] != "set_session"]
    page.context.clear_cookies()
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    page.get_by_label("What happens").fill("A grey square stands where each picture should be.")
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    page.get_by_role("button", name="Escalate").click()
    expect(page).to_have_url(re.compile("/sign-in/"))
    page.get_by_role("button", name="Support").first.click()
    expect(page.get_by_label("What happens")).to_have_value("A grey square stands where each picture should be.")
    expect(page.get_by_label("In one sentence")).to_have_value("The desktop app shows no pictures")


def test_a_partner_sends_the_form_behind_a_link(walk: Walker) -> None:
    walk.expect_errors("status of 422")
    page = walk.page("/escalations/forms/", role="engineer")
    page.get_by_label("For whom").fill("Contoso Partners")
    page.get_by_role("button", name="Make a link").click()
    address = page.locator(".token-text").inner_text()
    shoot(page, "links-desk")
    outside = walk.page(address, role="", phone=True, reduced_motion="reduce")
    outside.get_by_role("button", name="Send").click()
    expect(outside.get_by_role("alert")).to_contain_text("Say who you are.")
    found = all_findings(outside)
    assert not found, "\n".join(found)
    shoot(outside, "partner-phone")
    outside.get_by_label("Your name").fill("Ana Lima")
    outside.get_by_label("Your mail address").fill("ana@contoso.example")
    outside.get_by_label("Customer", exact=True).fill("Vandelay of the Browser")
    outside.get_by_text("L1 urgent", exact=True).first.click()
    outside.get_by_label("In one sentence").fill("Nobody can post")
    outside.get_by_label("What happens").fill("Each message fails at once.")
    outside.get_by_role("button", name="Send").click()
    expect(outside.get_by_role("heading", name=re.compile(r"Thank you: it is E-\d+"))).to_be_visible()
    shoot(outside, "thanks-phone")
    page.goto("/escalations/forms/")
    expect(page.get_by_text("used 1 time")).to_be_visible()


def test_what_the_portal_never_got_is_there_again_after_a_reload(walk: Walker) -> None:
    page = walk.page(NEW, role="support")
    page.route("**/escalations/new/follow/", lambda route: route.abort())
    walk.expect_errors("Failed to load resource", "ERR_FAILED", "htmx:(afterRequest|sendError)")
    page.get_by_label("In one sentence").fill("Typed while the portal was away")
    expect(page.locator("#intake-saved")).to_contain_text("kept on this machine")
    page.reload()
    expect(page.get_by_label("In one sentence")).to_have_value("Typed while the portal was away")
    expect(page.locator("#toasts")).to_contain_text("here again")
