"""Everything that a form or a link can do works without JavaScript."""

import re

from playwright.sync_api import expect

from portal.tests.browser.conftest import Walker


def test_a_whole_visit_without_scripts(walk: Walker) -> None:
    page = walk.page("/board/", role="", scripts=False)
    expect(page).to_have_url(re.compile(r"/sign-in/\?next=/board/"))
    page.get_by_role("button", name="Lead").first.click()
    expect(page).to_have_url(f"{walk.portal.url}/board/")
    page.get_by_role("combobox", name="Assignee").select_option("nobody")
    page.locator("label").filter(has_text="Customer").click()
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page).to_have_url(re.compile("assignee=nobody.*customer=1"))
    expect(page.get_by_text(re.compile(r"\d+ match"))).to_be_visible()
    page.get_by_role("link", name="Clear filters").click()
    page.locator(".column-closed").click()
    backlog = page.locator("#col-backlog .card")
    shown = backlog.count()
    page.locator("#col-backlog [data-more] a").click()
    assert backlog.count() > shown
    page.locator("#col-todo .card-link").first.click(position={"x": 8, "y": 8})  # beside what else the card leads to
    expect(page).to_have_url(re.compile(r"/tickets/MM-\d+/$"))
    expect(page.get_by_role("heading", name="Report")).to_be_visible()
    page.get_by_role("link", name=re.compile("Comments")).click()
    expect(page).to_have_url(re.compile("show=comments"))
    page.goto("/sync/")
    page.get_by_role("button", name="Run now").click()
    expect(page.get_by_text("Jira is asked for what changed.")).to_be_visible()
    page.locator(".me > summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto("/board/")
    expect(page).to_have_url(re.compile("/sign-in/"))
