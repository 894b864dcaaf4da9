"""The lead's Tuesday at nine: the board says who stands out of order, the moves are shown, Jira has them in order."""

import re

import pytest
from playwright.sync_api import Page, expect

from portal.tests.browser.conftest import Walker
from portal.tests.browser.jira import Jira, word
from portal.tests.browser.test_live import card
from portal.tests.patience import until


@pytest.fixture
def ordered(walk: Walker) -> Walker:
    walk.portal.manage("load_handbook")
    return walk


def out_of_order(page: Page) -> int:
    bar = page.locator("[data-count-shown=out_of_order]")
    return int(bar.locator("b").inner_text()) if bar.is_visible() else 0


def todo_in_jira(jira: Jira) -> list[str]:
    return [issue["key"] for issue in jira.search('project = MM AND status = "To Do" ORDER BY Rank')]


def test_to_do_is_put_in_order_and_a_few_seconds_later_jira_has_it(ordered: Walker, jira: Jira) -> None:
    hotfix = jira.create(word("hot"), "To Do", labels=["hotfix"])  # at the very end of To Do, as all that are new
    page = ordered.board()
    mine = card(page, hotfix)
    ordered.portal.mirror()
    page.reload()
    expect(mine.get_by_text(re.compile(r"places? too low"))).to_be_visible()
    expect(mine.get_by_text("3 · hotfix")).to_be_visible()
    assert out_of_order(page) >= 1
    page.get_by_role("link", name="Order…").click()
    row = page.get_by_role("row").filter(has_text=hotfix)
    expect(row.get_by_text("3 · hotfix")).to_be_visible()
    page.get_by_role("button", name=re.compile(r"Move \d+ ticket")).click()
    expect(page).to_have_url(f"{ordered.portal.url}/board/")
    expect(page.locator("[data-count-shown=out_of_order]")).to_be_hidden()
    shown = page.locator('[data-column-cards="todo"] .card .key').all_inner_texts()
    until(lambda: todo_in_jira(jira)[: len(shown)] == shown, "Jira's order is another one")


def test_the_lead_says_what_marks_a_ticket_and_sees_at_once_what_one_would_be(ordered: Walker, jira: Jira) -> None:
    label = word("label")
    key = jira.create(word("marked"), "To Do", labels=[label])
    expect(card(ordered.board(f"?label={label}"), key)).to_be_visible()
    page = ordered.page("/board/priority/")
    page.get_by_label("Name of the new one").fill(label)
    page.get_by_label("What the new one means").select_option("Quality issue on the community server")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. Every ticket is placed again")).to_be_visible()
    page.get_by_label("Key of a ticket").fill(key)
    page.get_by_role("button", name="Check").click()
    expect(page.locator("#checked").get_by_text("1 · community server")).to_be_visible()
    page.get_by_role("checkbox", name=f"Take {label} away").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("checkbox", name=f"Take {label} away")).to_have_count(0)


def test_without_a_script_the_order_is_applied_all_the_same(ordered: Walker, jira: Jira) -> None:
    jira.create(word("hot"), "To Do", labels=["hotfix"])
    ordered.portal.mirror()
    page = ordered.page("/board/order/", role="engineer", scripts=False)
    page.get_by_role("button", name=re.compile(r"Move \d+ ticket")).click()
    expect(page.get_by_text(re.compile(r"\d+ tickets? moved"))).to_be_visible()


def test_bugs_that_are_not_worth_it_are_closed_kindly_and_jira_has_comment_and_resolution(
    ordered: Walker, jira: Jira
) -> None:
    page = ordered.page("/board/not-worth/?days=30", role="engineer")
    box = page.get_by_role("checkbox", name=re.compile("Close MM-")).first
    key = str(box.locator("xpath=ancestor::tr").locator(".key").inner_text())
    box.check()
    page.get_by_label("Resolution").select_option("Won't Do")
    page.get_by_label("Comment on each").fill("Hi {reporter}, we do not get to {key}. Thank you all the same.")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text(f"we do not get to {key}.")).to_be_visible()
    page.get_by_role("button", name="Close 1 bug").click()
    expect(page.get_by_role("heading", name="1 bug closed in Jira")).to_be_visible()
    [issue] = jira.search(f'key = {key} AND resolution = "Won\'t Do"')
    assert issue["fields"]["status"]["name"] in {"Done", "Closed"}
    comments = jira.comments(key)
    assert sum(f"we do not get to {key}." in each for each in comments) == 1
