"""Answering with a template: chosen, filled in, previewed, copied, sent; the same without a script."""

import re

import pytest
from playwright.sync_api import Page, expect

from portal.tests.browser.conftest import Walker

BEGUN = """
from django.core.management import call_command
from uuid import uuid4
from customers.tests import factories as customers
from escalations.tests import factories as make
from people.models import Person
from portal.common import clock
call_command("load_handbook", verbosity=0)
asks = Person.objects.filter(groups__name="support").first()
asks.name = "Rafael Souza"
asks.save()
customer = customers.customer(f"Initech {uuid4().hex[:6]}")
row = make.escalation("LDAP sign-in fails after the upgrade", customer=customer, reporter=asks, at=clock.now(),
                      support_ticket="48213", support_mail="t48213@support.example.org")
print(f"E-{row.pk}")
"""


@pytest.fixture
def thread(bare: Walker) -> str:
    """The address of an escalation that Rafael Souza of support has just raised."""
    said = bare.portal.manage("shell", "-c", BEGUN).stdout
    found = re.search(r"E-\d+", said)
    assert found, said
    return f"/escalations/{found[0]}/"


def composer(page: Page) -> None:
    expect(page.locator("#composer")).to_be_visible()


def test_a_template_is_chosen_filled_in_previewed_copied_and_sent(bare: Walker, thread: str) -> None:
    page = bare.page(role="engineer")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(thread)
    composer(page)
    page.get_by_label("Template", exact=True).select_option(label="A configuration reported as a bug")
    shown = page.locator("[data-composer-shown]")
    expect(shown.locator("[data-slot='reporter name']")).to_have_text("Rafael")
    expect(page.locator("#composer-why")).to_contain_text("Fill in “link” and “list of troubleshooting steps” to send")
    # What is open is where the hand goes: a press of the chip, or of Send, leads to its field.
    expect(page.get_by_label("Link", exact=True)).to_be_focused()
    page.get_by_role("button", name="Copy as Markdown").click()
    expect(page.locator(".toast")).to_contain_text("link, list of troubleshooting steps are still open")
    page.get_by_label("Link", exact=True).fill("https://docs.example.org/ldap")
    expect(shown.locator("[data-slot=link]")).to_have_text("https://docs.example.org/ldap")
    page.get_by_role("button", name="Send").click(force=True)  # said to be disabled, and it leads on
    expect(page.get_by_label("List of troubleshooting steps")).to_be_focused()
    page.keyboard.type("Run a test sync")
    page.keyboard.press("Enter")
    page.keyboard.type("Look at the group filter")
    expect(page.locator("#composer-why")).to_be_hidden()
    # Edited by hand, nothing that was filled in is lost, and what was written open is not copied as if it were whole.
    page.get_by_text("Edit the text").click()
    text = page.get_by_label("Text, in Markdown")
    whole = text.input_value()
    text.fill(f"{whole}\n\nGreetings to {{{{their dog}}}}")
    page.get_by_role("button", name="Copy as Markdown").click()
    expect(page.locator(".toast").filter(has_text="Copied, but not whole: their dog is still open.")).to_be_visible()
    text.fill(whole)
    text.fill(f"{text.input_value()}\n\nGreetings to {{{{customer}}}}")
    page.get_by_text("Edit the text").click()
    expect(shown).to_contain_text("Greetings to Initech")
    expect(shown.locator("[data-slot=link]")).to_have_text("https://docs.example.org/ldap")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".composer-preview li")).to_have_text(["Run a test sync", "Look at the group filter"])
    page.get_by_role("button", name="Copy as Markdown").click()
    expect(page.locator(".toast").filter(has_text="Copied as Markdown.")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "<https://docs.example.org/ldap>" in copied and "1. Run a test sync" in copied and "{{" not in copied
    page.get_by_label("Link", exact=True).focus()
    page.keyboard.press("Control+Enter")
    said = page.locator("#messages")
    expect(said).to_contain_text("Look at the group filter")
    expect(said).to_contain_text("A configuration reported as a bug")
    expect(page.get_by_label("Text, in Markdown")).to_have_value("")


def test_without_a_script_what_is_open_comes_back_marked(bare: Walker, thread: str) -> None:
    bare.expect_errors("422")  # what is not whole is answered with
    page = bare.page(f"{thread}compose/?template=unsupported", role="engineer", scripts=False)
    page.get_by_label("Reporter name").fill("Rafa")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Not sent.")).to_be_visible()
    expect(page.get_by_label("Reporter name")).to_have_value("Rafa")
    expect(page.get_by_label("Link", exact=True)).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Link", exact=True).fill("https://docs.example.org/ha")
    page.get_by_label("PM name").fill("Paula Hart")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#messages")).to_contain_text("Hi Rafa,")
    expect(page.locator("#messages")).to_contain_text("Paula Hart")
