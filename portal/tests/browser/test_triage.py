"""Triage by keyboard alone, by two at once, on a phone, and without scripts."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from portal.supervisor.running import RunningPortal
from portal.tests.browser.conftest import Walker
from portal.tests.browser.jira import Jira, word

TICK = "from portal import flows; from portal.common import clock; flows.tick(at=clock.now())"


def current(page: Page) -> str:
    return page.locator(".triage-queue [aria-current] .key").inner_text()


def decide(page: Page, *keys: str) -> str:
    """Press a verb's key, whatever it asks for, and Enter; returns which bug it was about."""
    key = current(page)
    for press in keys:
        page.keyboard.press(press)
        expect(page.locator("[data-verb-form]")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(f".triage-done .key:text-is('{key}')")).to_be_visible()
    expect(page.locator("[data-verb-form]")).to_have_count(0)
    return key


def inside(portal: RunningPortal, code: str) -> str:
    """Run a line inside the portal: while a browser runs, this process has an event loop that its rows cannot bear."""
    names = "from portal.common import clock; from tickets.models import *; "
    return portal.manage("shell", "-c", names + code).stdout


def sent(portal: RunningPortal, jira: Jira) -> None:
    """Let what was decided leave for Jira, as the timetable would."""
    portal.manage("shell", "-c", f"import time; time.sleep(8); {TICK}")


@pytest.fixture
def eleven(walk: Walker, jira: Jira) -> Iterator[list[str]]:
    """The last list reaches to this moment; since then eleven bugs came, oldest first as they are named here."""
    inside(walk.portal, "from tickets.rules.triage import REACH; at = clock.now(); "
                        "TriageMeeting.objects.create(at=at, made_at=at + REACH, since=at)")
    keys = [jira.create(f"Bug number {number} {word()}") for number in range(1, 12)]
    page = walk.page("/triage/")
    expect(page.locator(".triage-queue > li")).to_have_count(11)
    yield keys
    inside(walk.portal, f"Ticket.objects.filter(key__in={keys}).update(presence='gone'); "
                        "TriageMeeting.objects.all().delete()")


def test_eleven_bugs_are_triaged_by_keyboard_alone(walk: Walker, jira: Jira, eleven: list[str]) -> None:
    twin = jira.create(f"Session expires early {(marked := word())}", status="To Do")
    page = walk.page("/triage/")
    expect(page).to_have_url(re.compile(r"\?ticket=MM-\d+$"))
    assert current(page) == eleven[0]
    for key in ("j", "j", "k", "k"):
        before = current(page)
        page.keyboard.press(key)
        expect(page.locator(".triage-queue [aria-current] .key")).not_to_have_text(before)
    teams = [decide(page, "t", "1"), decide(page, "t", "2"), decide(page, "t", "3"), decide(page, "t", "1")]
    assert teams == eleven[:4]
    taken = [decide(page, "s") for _ in range(3)]
    features = [decide(page, "f"), decide(page, "f", "2")]
    page.keyboard.press("d")
    expect(page.locator("#triage-dup")).to_be_focused()
    key = current(page)
    page.keyboard.type(marked)
    expect(page.locator(".triage-pick").first).to_contain_text(twin)
    page.keyboard.press("Enter")
    expect(page.locator(f".triage-done .key:text-is('{key}')")).to_be_visible()
    asked = decide(page, "i")
    assert [*teams, *taken, *features, key, asked] == eleven
    expect(page.locator(".triage-read")).to_contain_text("All decided")
    sent(walk.portal, jira)
    for route, label in zip(teams, ["channels", "enterprise", "integrations", "channels"], strict=True):
        expect(page.locator(f".triage-done li:has(.key:text-is('{route}'))")).not_to_have_attribute(
            "data-pending", ""
        )
        assert f"team-{label}" in jira.search(f"key = {route}")[0]["fields"]["labels"]
    for each in taken:
        wait_for(page, each)
        assert jira.search(f"key = {each}")[0]["fields"]["status"]["name"] == "To Do"
    for each in (*features, asked):
        wait_for(page, each)
    assert jira.search(f"key = {features[0]}")[0]["fields"]["labels"] == ["feature-request"]
    assert jira.search(f"key = {features[1]}")[0]["fields"]["labels"] == ["story"]
    wait_for(page, key)
    assert jira.search(f"key = {key}")[0]["fields"]["status"]["name"] == "Done"
    assert "needs-info" in jira.search(f"key = {asked}")[0]["fields"]["labels"]


def wait_for(page: Page, key: str) -> None:
    expect(page.locator(f".triage-done li:has(.key:text-is('{key}'))")).not_to_have_attribute(
        "data-pending", ""
    )


def test_what_is_taken_back_is_read_again_and_escape_leaves(walk: Walker, eleven: list[str]) -> None:
    page = walk.page("/triage/")
    page.keyboard.press("c")
    expect(page.get_by_role("button", name="Close it")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("[data-verb-form]")).to_have_count(0)
    key = decide(page, "s")
    page.keyboard.press("z")
    expect(page.locator(".triage-queue [aria-current] .key")).to_have_text(key)
    key = decide(page, "i")
    page.locator("#toasts").get_by_role("button", name="Undo").last.click()
    expect(page.locator(".triage-queue [aria-current] .key")).to_have_text(key)
    expect(page.locator(".triage-done .key", has_text=re.compile(f"^{key}$"))).to_have_count(0)


def test_the_verbs_stay_where_they_are_from_one_bug_to_the_next(walk: Walker, jira: Jira, eleven: list[str]) -> None:
    jira.edit(eleven[1], description="\n\n".join(f"Line {number}" for number in range(80)))
    page = walk.page(f"/triage/?ticket={eleven[0]}")
    places = []
    for key in eleven[:3]:
        expect(page.locator(".triage-queue [aria-current] .key")).to_have_text(key)
        places.append(page.locator("[data-triage-key=s]").bounding_box())
        page.keyboard.press("j")
    assert places[0] == places[1] == places[2]
    page.keyboard.press("k")
    page.keyboard.press("t")
    expect(page.locator("[data-verb-form]")).to_be_visible()
    assert page.locator("[data-triage-key=s]").bounding_box() == places[0]


def test_of_two_at_once_the_second_is_told_who_decided_what(walk: Walker, eleven: list[str]) -> None:
    lead, engineer = walk.page("/triage/"), walk.page("/triage/", role="engineer")
    engineer.keyboard.press("s")
    expect(engineer.locator(".verb-form [type=submit]")).to_be_focused()
    key = decide(lead, "t", "1")
    gone = engineer.locator(".triage-gone")
    expect(gone).to_contain_text(f"Ines Okafor sent {key} to Channels")
    engineer.keyboard.press("Enter")
    expect(engineer.locator("#toasts")).to_contain_text(f"Nothing was changed: Ines Okafor sent {key} to Channels")
    expect(engineer.locator(".triage-queue [aria-current] .key")).to_have_text(eleven[1])
    counted = inside(walk.portal, f"print(TriageDecision.objects.filter(ticket__key='{key}').count())")
    assert counted.splitlines()[-1] == "1"


def test_without_scripts_each_verb_is_a_form_and_the_next_bug_follows(walk: Walker, eleven: list[str]) -> None:
    page = walk.page("/triage/", scripts=False)
    page.locator(".verb-row").get_by_role("button", name="Take for SET").click()
    page.locator(".verb-form [type=submit]").click()
    expect(page.locator("#toasts")).to_contain_text(f"took {eleven[0]} for SET")
    assert current(page) == eleven[1]
    page.locator(f".triage-done li:has(.key:text-is('{eleven[0]}'))").get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts")).to_contain_text(f"{eleven[0]} is in triage again")
    assert current(page) == eleven[0]


def test_a_phone_shows_one_bug_with_its_verbs_at_the_thumb(walk: Walker, eleven: list[str]) -> None:
    page = walk.page("/triage/", phone=True)
    expect(page.locator("[data-triage-key=s]")).to_be_in_viewport()
    page.locator("[data-triage-key=s]").tap()
    page.locator(".verb-form [type=submit]").tap()
    expect(page.locator("#toasts")).to_contain_text("for SET")
    expect(page.locator("#triage-title")).to_contain_text("Bug number 2")
