"""Somebody of support adds a log with a token in it: it is held, said, masked, and only then to be had."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, expect

from escalations.tests.test_archives import LOG, PNG, zipped
from escalations.tests.test_secrets import GITHUB
from incidents.tests.test_evidence import PNG as PICTURE
from portal.supervisor.running import RunningPortal
from portal.tests.browser.conftest import Walker, until_on
from portal.tests.browser.looks import all_findings

SHOTS = os.environ.get("FILES_SHOTS", "")  # a folder: pictures of what the tests see are left there
DOWN = """
from customers.tests.factories import customer
from incidents.tests.factories import incident
from people.models import Person
print(incident(customer=customer("Down"), commander=Person.objects.get(email="kwabena.adjei@example.test")).pk)
"""
# The list is asked for again, as it is while a file is looked through and when one has come.
ASK = """() => {
  const list = document.querySelector("[data-files]");
  return htmx.ajax("GET", list.dataset.filesUrl, { source: list, target: list, swap: "outerHTML" });
}"""
RAISED = "from escalations.tests.factories import escalation; print(escalation().pk)"


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


@pytest.fixture(scope="module")
def working(run_portal: Callable[..., Any]) -> Iterator[RunningPortal]:
    with run_portal(demo="people", worker=True) as portal:
        yield portal


@pytest.fixture(scope="module")
def raised(working: RunningPortal) -> str:
    """The address of an escalation."""
    return f"/escalations/E-{working.manage('shell', '-c', RAISED).stdout.split()[-1]}/"


@pytest.fixture
def walker(working: RunningPortal, _walkers: Callable[[RunningPortal], Walker]) -> Walker:
    return _walkers(working)


def given(name: str, content: bytes) -> Any:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


@pytest.mark.parametrize("how", [{}, {"phone": True, "dark": True, "reduced_motion": "reduce"}], ids=["desk", "phone"])
def test_a_log_with_a_token_is_held_said_and_masked(walker: Walker, how: dict[str, Any]) -> None:
    walker.expect_errors("status of 422")
    page = walker.page("/escalations/new/", role="support", **how)
    shot = "phone" if how else "desk"
    page.set_input_files("#upload-files", [given("mattermost.log", LOG), given("tool.exe", b"\x7fELF" + bytes(99)),
                                           given("empty.txt", b"")])
    held = page.locator(".file", has_text="mattermost.log")
    expect(held).to_contain_text("Held: secrets found")
    expect(held).to_contain_text("GitHub token, line 2 (ghp_…, 40 characters)")
    expect(page.locator(".upload-row", has_text="tool.exe")).to_contain_text("holds a Linux program")
    expect(page.locator(".upload-row", has_text="empty.txt")).to_contain_text("is empty")
    assert GITHUB not in page.content()
    shoot(page, f"held-{shot}")
    if how:
        assert all_findings(page) == []
        page.emulate_media(color_scheme="dark")
    held.get_by_role("button", name="Mask and release").click()
    expect(held).to_contain_text("Checked")
    expect(held).to_contain_text("1 masked")
    with page.expect_download() as download:
        held.get_by_role("link", name="mattermost.log").click()
    assert Path(download.value.path()).read_bytes() == LOG.replace(GITHUB.encode(), b"[masked: GitHub token]")
    page.locator(".upload-row", has_text="empty.txt").get_by_role("button", name="Dismiss").click()
    expect(page.locator(".upload-row", has_text="empty.txt")).to_have_count(0)
    shoot(page, f"masked-{shot}")


def test_whoever_leaves_while_a_file_is_on_its_way_is_asked_first(walker: Walker) -> None:
    page, asked = walker.page("/escalations/new/", role="support"), list[str]()

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.route("**/escalations/files/", lambda _: None)  # it never arrives
    page.get_by_label("In one sentence").fill("Nobody can sign in")
    page.set_input_files("#upload-files", [given("mattermost.log", LOG)])
    row = page.locator(".upload-row", has_text="mattermost.log")
    expect(row).to_be_visible()
    page.locator("form.intake-form button[type=submit]").last.click(no_wait_after=True)
    until_on(page, lambda: asked, "nobody was asked")
    page.wait_for_timeout(300)
    expect(row).to_be_visible()
    assert asked == ["beforeunload"]
    row.get_by_role("button", name="Cancel").click()
    expect(row).to_have_count(0)


def test_a_file_that_is_too_large_is_said_by_the_page_and_by_the_portal(walker: Walker) -> None:
    walker.expect_errors("status of 413")
    page = walker.page("/escalations/new/", role="support")
    page.evaluate("document.getElementById('upload-zone').dataset.uploadLargest = '10'")
    page.set_input_files("#upload-files", [given("large.log", LOG)])
    expect(page.locator(".upload-row")).to_contain_text("is larger than")
    status = page.evaluate("""async () => {
      const answer = await fetch("/escalations/files/", {method: "POST", body: new Blob([new Uint8Array(106_000_000)]),
                                                          headers: {Accept: "application/json"}});
      return [answer.status, (await answer.json()).refused[0]];
    }""")
    assert status == [413, "This is larger than the 105 MB the portal takes here."]


def test_a_file_is_added_to_a_thread_and_released_as_it_is_with_a_reason(
    walker: Walker, raised: str
) -> None:
    page = walker.page(raised, role="engineer")
    page.set_input_files("#upload-files", [given("bundle.zip", zipped({"logs/a.log": LOG, "shot.png": PNG}))])
    held = page.locator(".file", has_text="bundle.zip")
    expect(held).to_contain_text("logs/a.log")
    shoot(page, "thread-held")
    held.get_by_text("Release as it is").click()
    held.get_by_label("Why it may be read as it is").fill("A test account's token, changed since")
    shoot(page, "thread-release")
    held.get_by_role("button", name="Release it").click()
    expect(held).to_contain_text("Released as it is")
    expect(page.locator("#escalation")).to_contain_text("A test account's token, changed since")
    expect(page.locator("#upload-zone")).to_be_visible()  # the page has fetched itself anew meanwhile
    shoot(page, "thread-released")


def test_without_a_script_files_go_with_a_form_of_their_own(walker: Walker, raised: str) -> None:
    page = walker.page(raised, role="engineer", scripts=False)
    page.set_input_files("#upload-files", [given("plain.log", b"nothing in it\n")])
    page.get_by_role("button", name="Send the files").click()
    expect(page.locator("#toasts")).to_contain_text("plain.log came, and is being checked.")
    expect(page.locator(".files")).to_contain_text("plain.log")


@pytest.fixture(scope="module")
def down(working: RunningPortal) -> str:
    """The address of an incident."""
    return f"/incidents/I-{working.manage('shell', '-c', DOWN).stdout.split()[-1]}/"


@pytest.mark.parametrize("how", [{}, {"phone": True, "reduced_motion": "reduce"}], ids=["desk", "phone"])
def test_evidence_is_typed_as_it_is_sent_looked_at_in_place_and_a_note_is_saved_with_done(
    walker: Walker, down: str, how: dict[str, Any]
) -> None:
    shot, key, other = ("phone", "bundle", "call") if how else ("desk", "slow-queries", "people")
    page = walker.page(f"{down}steps/{key}/", **how)
    page.locator("#id_kind").select_option("slow_queries")
    page.get_by_label("Pin it").check()
    page.set_input_files("#evidence-files", [given("plan.png", PICTURE)])
    file = page.locator(".file", has_text="plan.png")
    expect(file.locator("p").first).to_contain_text("Slow query log")
    expect(file).to_contain_text("Checked")
    file.get_by_text("Look at it").click()
    until_on(page, lambda: file.locator("img").evaluate("(one) => one.naturalWidth === 1"), "the picture is drawn")
    file.get_by_text("What it is…").click()
    file.locator("select").select_option("screenshot")
    page.evaluate(ASK)
    expect(file.locator("select")).to_have_value("screenshot")  # the list stands still under whoever decides
    expect(file.locator("select")).to_be_visible()
    file.get_by_role("button", name="Save").click()
    expect(file.locator("p").first).to_contain_text("Screenshot")
    expect(file.get_by_role("button", name="Unpin")).to_be_visible()
    page.locator("#id_note").fill("A sequential scan of Posts")
    shoot(page, f"step-{shot}")
    assert not how or all_findings(page) == []
    page.get_by_role("button", name="Done").click()
    page.wait_for_url(f"**{down}#playbook")
    step = page.locator(f"#step-{key}")
    expect(step.locator("[aria-label='Has a note']")).to_have_count(1)
    page.locator(f"#step-{other}").get_by_role("button", name="Mine").click()
    expect(page.locator(f"#step-{other}")).to_contain_text("Ines Okafor")
    shoot(page, f"pane-{shot}")
    assert not how or all_findings(page) == []


def test_enter_skips_a_step_in_the_reason_and_only_there(walker: Walker, down: str) -> None:
    page = walker.page(f"{down}steps/grafana/")
    page.get_by_text("Skip…").click()
    page.locator("#why").fill("Their Grafana is down too")
    page.locator("#id_note").fill("Asked them")
    page.locator("#id_due_on").press("Enter")
    expect(page.get_by_text("Saved: ")).to_be_visible()
    expect(page.locator("#id_note")).to_have_value("Asked them")
    page.get_by_text("Skip…").click()
    page.locator("#why").fill("Their Grafana is down too")
    page.locator("#why").press("Enter")
    page.wait_for_url(f"**{down}#playbook")
    expect(page.locator("#step-grafana")).to_contain_text("Skipped: Their Grafana is down too")
