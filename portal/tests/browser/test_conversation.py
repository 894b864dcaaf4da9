"""A thread in two browsers: who writes is seen, a reply is there without asking, nobody's text is lost."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from portal.supervisor.running import RunningPortal
from portal.tests.browser.conftest import Walker
from portal.tests.browser.looks import all_findings

# A conversation of the demo's people: support asked, an engineer answered and wrote a note, Jira said something.
ASKED = """from datetime import timedelta
import uuid
from customers.models import Customer
from escalations.actions import level, people, thread
from escalations.actions.clocks import settle_clocks
from escalations.actions.intake import Asked, raise_escalation
from escalations.choices import Author
from people.models import Person
from portal.common import clock
from portal.flows.escalations.sending import Reply, reply
from escalations.rules.ways import Way
at = clock.now() - timedelta(hours=5)
def of(role):
    return Person.objects.filter(groups__name=role).order_by("pk").first()
support, engineer = of("support"), of("engineer")
customer, _ = Customer.objects.get_or_create(slug="initech", defaults={
    "name": "Initech", "plan": "premier", "seats": 2000, "zone": "America/Chicago", "created_at": at})
def ask(title, **more):
    values = {"title": title, "level": 2, "kind": "problem", "category": "ldap", "source": "support",
              "server_version": "10.4.2", "deployment": "kubernetes", "hosting": "3 nodes", "database": "postgresql",
              "happened": "1,900 of 2,000 people cannot sign in since last night's **upgrade**. Restarting the sync "
              "changes nothing.", "steps": "1. Sign in through LDAP\\n2. See the error", "expected": "They get in.",
              "logs": "ERROR ldap: nested group at depth 2 ignored", "support_ticket": "48213",
              "support_mail": "t48213@support.example"} | more
    return raise_escalation(asked=Asked(customer=customer, values=values, reporter=support,
        reporter_name=support.name, reporter_email=support.email, submission=uuid.uuid4()), at=at)[0]
row = ask("LDAP sign-in fails after upgrade")
people.set_owner(escalation=row, owner=engineer, by=engineer, at=at)
said = [(Author.NOTE, "The filter is what we saw at Globex.", 20), (Author.JIRA, "Reproduced on *staging*.", 25)]
for author, text, minutes in said:
    thread.write(escalation=row, author=author, by=engineer if author != Author.JIRA else None,
        by_name=engineer.name if author != Author.JIRA else "Ada Park", text=text, public=False, key=f"k{minutes}",
        at=at + timedelta(minutes=minutes))
reply(escalation=row, given=Reply(text="Hi, thanks for the report. Could we get:\\n\\n- the LDAP filter\\n- the output "
    "of one test sync?", key="r1", ways=(Way.SUPPORT,), asks=True), by=engineer, at=at + timedelta(hours=1))
thread.write(escalation=row, author=Author.REPORTER, by=support, by_name=support.name, public=True, key="a1",
    text="They sent the filter; the nested group is at depth 2. Same as Globex, I think.", at=at + timedelta(hours=3))
level.set_workaround(escalation=row, text="Set the depth of nested groups to **1**.", by=engineer, at=at)
level.set_release(escalation=row, release="10.5", on=(at + timedelta(days=30)).date(), by=engineer, at=at)
print("empty", ask("Search finds nothing").pk, "talked", row.pk)
hidden = ask("A leak of data", level=1, confidential=True)
level.merge(escalation=ask("LDAP again"), into=row, reason="same filter", by=engineer, at=at)
"""
SHOTS = os.environ.get("CONVERSATION_SHOTS", "")  # a folder: pictures of what the tests see are left there


@pytest.fixture(scope="module")
def asked(run_portal: Callable[..., Any]) -> Iterator[RunningPortal]:
    """A portal with a conversation, E-1."""
    with run_portal(demo="people", worker=True) as portal:
        portal.manage("shell", "-c", ASKED)
        yield portal


@pytest.fixture
def walk(asked: RunningPortal, _walkers: Callable[[RunningPortal], Walker]) -> Walker:
    return _walkers(asked)


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def live(walk: Walker, role: str) -> Page:
    page = walk.page("/escalations/E-1/", role=role)
    expect(page.locator("#stamp")).to_have_attribute("data-state", "live")
    return page


@pytest.mark.parametrize(("path", "role"), [
    ("/escalations/E-1/", "engineer"), ("/escalations/E-1/", "support"), ("/escalations/E-1/level/", "engineer"),
])
def test_axe_finds_nothing_and_a_phone_has_room_for_a_thumb(walk: Walker, path: str, role: str) -> None:
    page = walk.page(path, role=role, phone=True, reduced_motion="reduce")
    name = f"{path.strip('/').replace('/', '-')}-{role}"
    shoot(page, f"{name}-phone")
    assert all_findings(page) == []
    shoot(page, f"{name}-desk-dark")
    page.emulate_media(color_scheme="light")
    shoot(page, f"{name}-desk")


def test_a_conversation_is_live_on_both_sides_and_a_note_stays_on_ours(walk: Walker) -> None:
    engineer, lead, support = live(walk, "engineer"), live(walk, "lead"), live(walk, "support")
    expect(support.locator(".message", has_text="The filter is what we saw")).to_have_count(0)
    engineer.keyboard.press("r")
    text = engineer.locator("#composer textarea[name=text]")
    expect(text).to_be_focused()
    text.press_sequentially("It is the nested group")
    expect(lead.locator("#writing")).to_contain_text("is writing")
    expect(support.locator("#writing")).to_be_empty()
    support.locator("#answer textarea").fill("It happens at Globex too")
    support.locator("#answer").get_by_role("button", name="Send").click()
    expect(support.locator(".message", has_text="It happens at Globex too")).to_be_visible()
    expect(engineer.locator(".message", has_text="It happens at Globex too")).to_be_visible()
    expect(text).to_have_value("It is the nested group")
    # The answer that came meanwhile stands above what is being written: nothing has to be asked.
    engineer.locator("[data-composer-send]").click()
    expect(support.locator(".message", has_text="It is the nested group")).to_be_visible()


def test_the_reporter_answers_and_closes_without_a_script(walk: Walker) -> None:
    walk.expect_errors("status of 422")
    page = walk.page("/escalations/E-2/", role="support", scripts=False)
    shoot(page, "empty-support")
    page.locator("#answer textarea").fill(" ")
    page.locator("#answer").get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_contain_text("Write something first")
    shoot(page, "refused-support")
    page.locator("#answer textarea").fill("Never mind")
    page.locator("#answer").get_by_role("button", name="Send").click()
    expect(page.locator(".message", has_text="Never mind")).to_be_visible()
    page.get_by_role("button", name="Solved for me").click()
    page.get_by_role("link", name="Open it again").click()
    page.get_by_label("Why").fill("It is back")
    page.get_by_role("button", name="Open it again").click()
    expect(page.get_by_text("Waiting for us").first).to_be_visible()
