"""The Friday of a rotation: its hand-over has drafted itself, two sentences are added, tickets get their new owners in
Jira, it is handed over, and the next crew says that they have read it."""

import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Page, expect

from integrations.sandbox.testing import run_sandbox
from people.models import Person
from portal.common import clock
from portal.supervisor.running import RunningPortal
from portal.tests.browser.conftest import Walker
from portal.tests.browser.jira import Jira, word
from portal.tests.browser.looks import all_findings
from portal.tests.patience import PATIENCE
from set_rotation.models import HandOverTicket, Rotation
from set_rotation.queries.hand_over import Crews, crews
from tickets.models import Ticket

T = TypeVar("T")
SHOTS = os.environ.get("HAND_OVER_SHOTS", "")  # a folder: pictures of what the tests see are left there


def there(portal: RunningPortal, do: Callable[[], T], *, rows: bool = True) -> T:
    """What is done with the portal's rows; the browser's own thread must not ask a database."""

    def inside() -> T:
        if not rows:
            return do()
        with portal.rows():
            return do()

    with ThreadPoolExecutor(max_workers=1) as one:
        return one.submit(inside).result(timeout=PATIENCE)


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


@pytest.fixture(scope="module")
def friday(run_portal: Callable[..., Any]) -> Iterator[RunningPortal]:
    """A portal with the demo's rotations, whose outgoing engineers have tickets of ours in hand."""
    with run_sandbox() as sandbox, run_portal(demo="rotations", jira=sandbox.environment, worker=True) as portal:
        portal.sandbox = sandbox
        out = there(portal, outgoing)
        jira = Jira(sandbox)
        for person, status in zip(out[1:4], ("In Progress", "Submitted", "To Do"), strict=True):
            jira.create(f"In the hands of {person.name}", status=status,
                        assignee={"accountId": person.jira_account_id})
        portal.mirror()
        sandbox.control("webhooks", {"url": f"{portal.url}/webhooks/jira/", "secret": portal.webhook_secret})
        yield portal


def outgoing() -> list[Person]:
    """The crew that is on SET now in the demo's rotations, the lead first."""
    return [place.person for place in both().outgoing if place.person]


@pytest.fixture
def walk(friday: RunningPortal, _walkers: Callable[[RunningPortal], Walker]) -> Walker:
    return _walkers(friday)


def both() -> Crews:
    now = clock.now()
    return crews(Rotation.objects.get(starts_at__lte=now, ends_at__gt=now))


def page_of(walk: Walker, person: Person, path: str, **how: Any) -> Page:
    """A page, signed in as this very person."""
    context = walk.context("", **how)
    cookies = there(walk.portal, lambda: walk.portal.cookies_of(lambda: person), rows=False)
    context.add_cookies([{"name": name, "value": value, "url": walk.portal.url} for name, value in cookies.items()])
    page = context.new_page()
    page.goto(path)
    return page


def crew_of(portal: RunningPortal) -> tuple[Person, list[Person], int]:
    """The outgoing lead, the incoming people and the number of the rotation."""
    found = there(portal, both)
    assert found.lead is not None
    return found.lead, list(found.taking), found.rotation.number


def live(page: Page) -> Page:
    expect(page.locator("#stamp")).to_have_attribute("data-state", "live")
    return page


def test_the_friday_of_a_rotation(walk: Walker, friday: RunningPortal) -> None:
    lead, incoming, number = crew_of(friday)
    jira, said = Jira(friday.sandbox), word()
    page = page_of(walk, lead, "/hand-over/")
    expect(page).to_have_url(re.compile(f"/hand-over/{number}/$"))
    page.get_by_role("button", name=re.compile("^Draft")).click()
    expect(page.locator("#tickets")).to_contain_text("In the hands of")
    shoot(page, "drafted")

    page.get_by_role("link", name="Write").click()
    page.get_by_label("What is not written down").fill(f"The flaky **{said}** test is not ours.\n\nAsk Anna about it.")
    expect(page.locator("#hand-over-preview strong")).to_have_text(said)
    shoot(page, "writing")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#words strong")).to_have_text(said)

    row = live(page).locator("tr", has_text="In the hands of").first
    key = row.locator(".key").inner_text()
    choice = row.get_by_role("combobox")
    chosen = next(one for one in incoming if one.jira_account_id and str(one.pk) != choice.input_value())
    choice.select_option(str(chosen.pk))
    expect(page.get_by_text("Jira learns of it when you write them")).to_be_visible()
    page.get_by_role("button", name=re.compile("new owners? to Jira")).click()
    expect(page.locator("#tickets .receipt", has_text="In Jira").first).to_be_visible()
    expect(page.locator("#tickets .receipt", has_text="On its way")).to_have_count(0)
    shoot(page, "written")
    wanted, mirrored = there(friday, written)
    assert wanted[key] == chosen.jira_account_id
    assert owners(jira, wanted) == wanted == mirrored
    assert all(changes(jira, one) == 1 for one in wanted)

    page.get_by_text("Hand over…").click()
    page.get_by_role("button", name="Hand over", exact=True).click()
    expect(page.locator(".chain")).to_contain_text("Handed over")
    expect(page.locator(".chain")).to_contain_text(f"0 of {len(incoming)} have read it")
    shoot(page, "given")

    reader = page_of(walk, incoming[1], "/", phone=True)
    reader.get_by_role("link", name=f"Read the hand-over of rotation {number}").tap()
    expect(reader.locator("#words strong")).to_have_text(said)
    reader.get_by_label("A word, if you like").fill("Thank you")
    shoot(reader, "to-read-phone")
    reader.get_by_role("button", name="I have read it").tap()
    expect(reader.locator(".chain")).to_contain_text(f"1 of {len(incoming)} have read it")
    shoot(reader, "read-phone")
    expect(page.locator(".chain")).to_contain_text(f"1 of {len(incoming)} have read it")  # without a reload
    expect(page.locator(".hand-over-said")).to_have_text("“Thank you”")
    page.get_by_role("button", name="Say so in the SET channel").click()
    expect(page.locator(".hand-over-post")).to_contain_text("In Mattermost")
    shoot(page, "posted")


def written() -> tuple[dict[str, str], dict[str, str | None]]:
    """Who was to have which ticket, and who has it by the mirror."""
    rows = HandOverTicket.objects.filter(write__gt=0, goes_to__isnull=False).select_related("goes_to")
    wanted = {row.key: row.goes_to.jira_account_id for row in rows if row.goes_to}
    return wanted, dict(Ticket.objects.filter(key__in=wanted).values_list("key", "assignee_id"))


def owners(jira: Jira, keys: Any) -> dict[str, str]:
    """Who has these tickets, by Jira itself."""
    found = jira.search(f"key in ({', '.join(keys)})")
    return {one["key"]: (one["fields"]["assignee"] or {}).get("accountId", "") for one in found}


def changes(jira: Jira, key: str) -> int:
    """How often a ticket of ours got another owner by the portal's hand."""
    [found] = jira.search(f"key = {key}", expand="changelog")
    items = [item for entry in found["changelog"]["histories"] for item in entry["items"]
             if entry["author"]["displayName"] != "nobody" and item["field"] == "assignee"]
    return sum(item["to"] == (found["fields"]["assignee"] or {})["accountId"] for item in items)


def test_the_checklist_is_ticked_seen_by_others_at_once_and_undone(walk: Walker, friday: RunningPortal) -> None:
    lead, _, number = crew_of(friday)
    path = f"/rotations/{number + 1}/cycle/"  # of the present one all is ticked: by its people, and by handing over
    page, other = live(page_of(walk, lead, path)), live(page_of(walk, lead, path))
    shoot(page, "cycle")
    words = "All open work was gone over"
    box, seen = (one.get_by_role("button", name=words, exact=True) for one in (page, other))
    expect(box).to_have_attribute("aria-pressed", "false")
    box.click()
    expect(box).to_have_attribute("aria-pressed", "true")
    expect(seen).to_have_attribute("aria-pressed", "true")
    shoot(page, "cycle-ticked")
    page.get_by_role("button", name="Undo").click()
    expect(box).to_have_attribute("aria-pressed", "false")
    expect(seen).to_have_attribute("aria-pressed", "false")


def test_what_is_typed_stays_while_others_change_the_page(walk: Walker, friday: RunningPortal) -> None:
    _, incoming, number = crew_of(friday)
    page = live(page_of(walk, incoming[0], f"/hand-over/{number + 1}/"))
    page.get_by_role("button", name="Draft now").click()
    page.get_by_role("link", name="Write").click()
    live(page).get_by_label("What is not written down").fill("Half a sentence")
    other = page_of(walk, incoming[1], f"/hand-over/{number + 1}/?edit=1", scripts=False)
    other.get_by_label("What is not written down").fill("A whole sentence.")
    with page.expect_response(lambda response: "/hand-over/" in response.url):  # the page looks again
        other.get_by_role("button", name="Save").click()
    expect(other.locator("#words")).to_contain_text("A whole sentence.")
    page.wait_for_timeout(500)
    expect(page.get_by_label("What is not written down")).to_have_value("Half a sentence")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#theirs")).to_contain_text("A whole sentence.")
    expect(page.get_by_label("What is not written down")).to_have_value("Half a sentence")
    shoot(page, "conflict")
    walk.expect_errors("status of 422")
    page.get_by_label("What is not written down").fill("A whole sentence. Half a sentence")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#words")).to_contain_text("A whole sentence. Half a sentence")


LOOKS = {"hand-over": "/hand-over/", "cycle": "/rotations/cycle/", "past": "/hand-over/past/",
         "not-drafted": "/hand-over/{}/", "edit": "/hand-over/{}/?edit=1"}


@pytest.mark.parametrize("name", LOOKS)
def test_axe_finds_nothing_and_a_thumb_everything(walk: Walker, friday: RunningPortal, name: str) -> None:
    lead, _, number = crew_of(friday)
    path = LOOKS[name].format(number + (2 if name == "not-drafted" else 1))
    page = page_of(walk, lead, path, phone=True, reduced_motion="reduce")
    shoot(page, f"{name}-phone")
    page.emulate_media(color_scheme="dark")
    shoot(page, f"{name}-phone-dark")
    page.emulate_media(color_scheme="light")
    found = all_findings(page)
    shoot(page, f"{name}-dark")
    page.emulate_media(color_scheme="light")
    shoot(page, f"{name}-desk")
    assert found == []

