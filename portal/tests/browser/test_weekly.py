"""The lead's Tuesday: the numbers open their lists, a note is added, it is posted, a mistake is corrected."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from portal.supervisor.running import RunningPortal
from portal.tests.browser.conftest import Walker
from portal.tests.browser.jira import word
from portal.tests.browser.looks import all_findings

SHOTS = os.environ.get("WEEKLY_SHOTS", "")  # a folder: pictures of what the tests see are left there
LOOKS = {
    "charts": "/updates/weekly/charts/", "history": "/updates/weekly/history/",
    "moment": "/updates/weekly/?at=2026-06-02T12:00",
    "list": "/updates/weekly/tickets/backlog/", "empty list": "/updates/weekly/tickets/resolved/?at=1999-01-01",
}


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def posts(portal: RunningPortal, text: str) -> list[dict[str, Any]]:
    """What stands in the SET channel with these words."""
    teams = portal.sandbox.mattermost("GET", "teams/name/community").json()
    channel = portal.sandbox.mattermost(
        "GET", f"teams/{teams['id']}/channels/name/sustained-engineering"
    ).json()
    found = portal.sandbox.mattermost("GET", f"channels/{channel['id']}/posts").json()
    return [post for post in found["posts"].values() if text in post["message"]]


def test_the_lead_drafts_notes_posts_once_and_corrects(walk: Walker, live_portal: RunningPortal) -> None:
    page, note, better = walk.page("/updates/weekly/"), word(), word()
    shoot(page, "not-drafted")
    page.get_by_role("button", name="Draft now").click()
    expect(page).to_have_url(re.compile(r"/updates/weekly/20\d\d-\d\d-\d\d/"))
    editor = page.get_by_label("Text of the update")
    expect(editor).to_have_value(re.compile(r"^#set-update #set-update-20\d\d-\d\d-\d\d\n\nBugs resolved"))

    number = page.locator(".nrow", has_text="Total bugs in backlog")
    count = number.locator("b").inner_text()
    number.click()
    expect(page.locator("#lines ~ .count")).to_have_text(count)
    page.get_by_role("link", name="Weekly update").first.click()

    editor.fill(editor.input_value() + f"\n\n* The **{note}** week")
    expect(page.locator("#weekly-preview strong")).to_have_text(note)  # drawn while it is typed, not saved yet
    shoot(page, "draft")
    other = walk.page(page.url, role="coordinator")
    other.get_by_role("button", name="Post to the SET channel").wait_for()
    page.get_by_role("button", name="Post to the SET channel").click()
    expect(page.get_by_text("On its way to the channel")).to_be_visible()
    other.get_by_role("button", name="Post to the SET channel").click()
    expect(other.get_by_text("there is one post")).to_be_visible()
    expect(page.locator(".receipt").first).to_contain_text("In Mattermost")
    [post] = posts(live_portal, note)
    assert post["message"].startswith("#set-update #set-update-20")

    editor.fill(editor.input_value().replace(note, better))
    page.get_by_role("button", name="Correct the post").click()
    expect(page.get_by_text("first text stays readable")).to_be_visible()
    expect(page.locator(".receipt")).to_have_count(2)
    expect(page.locator(".receipt").first).to_contain_text("In Mattermost")
    assert [one["id"] for one in posts(live_portal, better)] == [post["id"]]
    assert not posts(live_portal, note)
    page.reload()
    page.get_by_text("versions").click()
    page.locator(".weekly-versions details summary").nth(1).click()
    expect(page.locator(".weekly-versions pre").nth(1)).to_contain_text(note)
    shoot(page, "posted")
    page.goto(f"/updates/weekly/history/?q={better}")
    expect(page.locator("#updates .count")).to_have_text("1")


def test_who_may_not_post_reads_all_of_it_and_without_scripts_it_works_too(walk: Walker) -> None:
    reader = walk.page("/updates/weekly/", role="executive")
    expect(reader.locator(".nrow")).to_have_count(5)
    expect(reader.get_by_role("button", name="Post")).to_have_count(0)
    plain = walk.page("/updates/weekly/?at=2026-11-10T12:00", scripts=False)
    expect(plain.locator(".post-body")).to_contain_text("#set-update-2026-11-10")


@pytest.mark.parametrize("name", [*LOOKS, "update"])
def test_axe_finds_nothing_on_the_pages_of_the_update(walk: Walker, name: str) -> None:
    page = walk.page(LOOKS.get(name, "/updates/weekly/"), phone=True, reduced_motion="reduce")
    shoot(page, f"{name}-phone")
    found = all_findings(page)
    shoot(page, f"{name}-dark")
    page.emulate_media(color_scheme="light")
    shoot(page, f"{name}-desk")
    assert found == []


def test_an_archived_channel_is_said_where_the_lead_looks_and_nothing_is_lost(frail: Walker) -> None:
    chat, note = frail.portal.sandbox.mattermost, word()
    team = chat("GET", "teams/name/community").json()["id"]
    channel = chat("GET", f"teams/{team}/channels/name/sustained-engineering").json()["id"]
    page = frail.page("/updates/weekly/")
    page.get_by_role("button", name="Draft now").click()
    editor = page.get_by_label("Text of the update")
    editor.fill(editor.input_value() + f"\n\n* {note}")
    assert chat("DELETE", f"channels/{channel}").status_code == 200
    try:
        page.get_by_role("button", name="Post to the SET channel").click()
        receipt = page.locator(".receipt").first
        expect(receipt).to_have_attribute("data-tone", "red")
        expect(receipt).to_contain_text("archived")
        expect(page.locator(".chain")).to_contain_text("not in the channel yet")
        shoot(page, "refused")
    finally:
        assert chat("POST", f"channels/{channel}/restore").status_code == 200
    receipt.get_by_role("button", name="Retry").click()
    expect(page.locator(".receipt").first).to_contain_text("In Mattermost")
    assert len(posts(frail.portal, note)) == 1
