"""The timeline is changed by mouse, by touch, by keyboard and without scripts: seen first, then done, then undone."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from portal.supervisor.running import RunningPortal
from portal.tests.browser.conftest import Walker, until_on
from portal.tests.browser.looks import all_findings, findings


@pytest.fixture(scope="module")
def planned_portal(run_portal: Callable[..., Any]) -> Iterator[RunningPortal]:
    """A portal with the demo's rotations."""
    with run_portal(demo="rotations") as portal:
        yield portal


@pytest.fixture
def planned(planned_portal: RunningPortal, _walkers: Callable[[RunningPortal], Walker]) -> Walker:
    return _walkers(planned_portal)


def seat(page: Page, name: str) -> Locator:
    """The cells of a seat's row that can be moved."""
    row = page.locator(".roster tbody tr").filter(has=page.get_by_role("rowheader", name=name, exact=True))
    return row.locator("[data-movable]")


def who(cell: Locator) -> str:
    return str(cell.get_attribute("title")).partition(": ")[2]


def drag(page: Page, what: Locator, where: Locator) -> None:
    what.scroll_into_view_if_needed()
    one, other = what.bounding_box(), where.bounding_box()
    assert one
    assert other
    page.mouse.move(one["x"] + one["width"] / 2, one["y"] + one["height"] / 2)
    page.mouse.down()
    page.mouse.move(one["x"] + 24, one["y"] + 12, steps=3)
    page.mouse.move(other["x"] + other["width"] / 2, other["y"] + other["height"] / 2, steps=8)
    page.mouse.up()


def test_somebody_dragged_onto_another_cell_swaps_places_once_it_was_seen_and_can_be_undone(planned: Walker) -> None:
    page = planned.page("/rotations/")
    one, other = seat(page, "Primary").nth(0), seat(page, "Primary").nth(3)
    first, second = who(one), who(other)
    drag(page, one, other)
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("heading", name="What this would change")).to_be_visible()
    expect(sheet).to_contain_text("Whose future duty moves")
    expect(sheet.locator(".told")).to_contain_text(first)
    assert page.locator(".rota-ghost").count() == 0
    sheet.get_by_role("button", name="Do it").click()
    expect(sheet).to_be_hidden()
    expect(one).to_have_attribute("title", re.compile(re.escape(second)))
    expect(other).to_have_attribute("title", re.compile(re.escape(first)))
    toast = page.locator("[data-toast]").last
    expect(toast).to_contain_text("changed.")
    toast.get_by_role("button", name="Undo").click()
    expect(one).to_have_attribute("title", re.compile(re.escape(first)))
    expect(page.locator("[data-toast]").last).to_contain_text("Taken back.")


def rests(page: Page, place: Locator) -> None:
    """Wait until a place stays where it is."""
    seen: list[str] = []

    def stays() -> bool:
        seen.append(str(place.bounding_box()))
        return seen.count(seen[-1]) > 6

    until_on(page, stays, "it moves on and on")


def test_a_finger_that_rests_lifts_somebody_and_drops_them_on_another_cell(planned: Walker) -> None:
    page = planned.page("/rotations/")
    touch = page.context.new_cdp_session(page)
    touch.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    one, other = seat(page, "Primary").nth(1), seat(page, "Backup").nth(4)
    one.scroll_into_view_if_needed()
    rests(page, one)  # for a thumb, buttons grow
    start, end = one.bounding_box(), other.bounding_box()
    assert start
    assert end
    x, y, to_x, to_y = start["x"] + 9, start["y"] + 9, end["x"] + 9, end["y"] + 9

    def at(kind: str, *points: dict[str, float]) -> None:
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

    at("touchStart", {"x": x, "y": y})
    expect(page.locator(".rota-ghost")).to_be_visible()
    for part in (0.3, 0.6, 1.0):
        at("touchMove", {"x": x + (to_x - x) * part, "y": y + (to_y - y) * part})
        page.wait_for_timeout(40)
    at("touchEnd")
    expect(page.get_by_role("dialog").locator(".told")).to_contain_text(who(one))


def test_escape_lets_go_and_a_drop_beside_the_table_is_nothing(planned: Walker) -> None:
    page = planned.page("/rotations/")
    one = seat(page, "Backup").nth(0)
    drag(page, one, page.locator("h1"))
    expect(page.get_by_role("dialog")).to_be_hidden()
    box = one.bounding_box()
    assert box
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 9, steps=4)
    expect(page.locator(".rota-ghost")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".rota-ghost")).to_have_count(0)
    page.mouse.up()
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_somebody_from_the_bench_is_given_a_place(planned: Walker) -> None:
    page = planned.page("/rotations/")
    gap = page.locator(".shift-gap[data-movable]").first
    name = "Yuki Tanemura"  # has no place in the last rotation of the demo
    bench = page.locator(f"[data-bench][data-name='{name}']")
    bench.scroll_into_view_if_needed()
    drag(page, bench, gap)
    sheet = page.get_by_role("dialog")
    expect(sheet.locator(".change-lines")).to_contain_text("nobody yet")
    expect(sheet.locator(".change-lines")).to_contain_text(name)
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


def test_arrow_keys_walk_between_the_cells_and_enter_opens_one(planned: Walker) -> None:
    page = planned.page("/rotations/")
    assert page.locator(".roster [data-cell][tabindex='0']").count() == 1
    page.locator(".roster [data-cell][tabindex='0']").focus()
    page.keyboard.press("Home")
    begin = page.evaluate("document.activeElement.title")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.title") != begin
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.title").startswith("Primary")
    expect(page.locator("[data-says]")).to_contain_text("Primary")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.title").startswith("Backup")
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    title = page.evaluate("document.activeElement.title")
    page.keyboard.press("Enter")
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("heading", level=2).first).to_contain_text(title.partition(":")[0])
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.title") == title


def test_a_replacement_is_chosen_in_the_sheet_previewed_and_done(planned: Walker) -> None:
    page = planned.page("/rotations/")
    cell = page.locator(".shift-conflict").first
    cell.click()
    sheet = page.get_by_role("dialog")
    expect(sheet).to_contain_text("is away")
    sheet.locator("input[name=person]").first.check()
    sheet.get_by_role("radio", name=re.compile("A stretch")).check()
    expect(sheet.get_by_label("From")).to_be_visible()
    sheet.get_by_role("button", name="Preview").click()
    expect(sheet.get_by_role("heading", name="What this would change")).to_be_visible()
    expect(sheet).to_contain_text("No longer:")
    sheet.get_by_role("button", name="Do it").click()
    expect(page.locator(".shift-conflict:not(.legend *)")).to_have_count(0)
    toast = page.locator("[data-toast]").last
    toast.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-toast]").last).to_contain_text("Taken back.")
    expect(page.locator(".roster .shift-conflict")).to_have_count(1)


def test_what_somebody_else_changed_meanwhile_is_shown_again_in_the_open_sheet(planned: Walker) -> None:
    planned.expect_errors("422")
    page, other = planned.page("/rotations/"), planned.page("/rotations/", role="coordinator")
    drag(page, seat(page, "Primary").nth(2), seat(page, "Backup").nth(2))
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("button", name="Do it")).to_be_visible()
    drag(other, seat(other, "Primary").nth(2), seat(other, "Primary").nth(4))
    other.get_by_role("dialog").get_by_role("button", name="Do it").click()
    expect(other.locator("[data-toast]").last).to_contain_text("changed.")
    sheet.get_by_role("button", name="Do it").click()
    expect(sheet.get_by_role("alert")).to_contain_text("Somebody changed this meanwhile")
    other.locator("[data-toast]").last.get_by_role("button", name="Undo").click()
    expect(other.locator("[data-toast]").last).to_contain_text("Taken back.")


def test_what_another_one_did_appears_on_an_open_timeline(planned: Walker) -> None:
    page, other = planned.page("/rotations/"), planned.page("/rotations/", role="coordinator")
    page.wait_for_timeout(1_000)  # the stream is open by then; if it is not, the page is told when it opens
    before, instead = who(seat(page, "Primary").nth(5)), who(seat(page, "Backup").nth(5))
    drag(other, seat(other, "Primary").nth(5), seat(other, "Backup").nth(5))
    other.get_by_role("dialog").get_by_role("button", name="Do it").click()
    expect(seat(page, "Primary").nth(5)).to_have_attribute("title", re.compile(re.escape(instead)))
    assert page.locator(".roster [data-cell][tabindex='0']").count() == 1
    other.locator("[data-toast]").last.get_by_role("button", name="Undo").click()
    expect(seat(page, "Primary").nth(5)).to_have_attribute("title", re.compile(re.escape(before)))


def test_without_scripts_a_place_is_given_by_forms_and_taken_back_from_the_message(planned: Walker) -> None:
    page = planned.page("/rotations/", scripts=False)
    cell = seat(page, "Backup").nth(4)
    before = who(cell)
    cell.click()
    page.locator("input[name=person]").first.check()
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Do it").click()
    expect(page).to_have_url(re.compile(r"/rotations/$"))
    assert who(seat(page, "Backup").nth(4)) != before
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back.")).to_be_visible()
    assert who(seat(page, "Backup").nth(4)) == before


def test_a_phone_shows_a_list_by_rotation_and_opens_a_place(planned: Walker) -> None:
    page = planned.page("/rotations/", phone=True)
    expect(page.locator(".roster")).to_be_hidden()
    expect(page.get_by_role("list", name="Rotations")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(".rota-place").nth(7).tap()
    expect(page.get_by_role("dialog")).to_contain_text("Who takes it")


def test_a_viewer_may_look_and_drags_nothing(planned: Walker) -> None:
    page = planned.page("/rotations/", role="support")
    expect(page.locator(".roster")).to_be_visible()
    assert page.locator("[data-bench]").count() == 0
    drag(page, seat(page, "Primary").nth(0), seat(page, "Primary").nth(2))
    expect(page.get_by_role("dialog")).to_be_hidden()


@pytest.mark.parametrize("path", [
    "/rotations/", "/rotations/?view=list", "/rotations/9/", "/rotations/new/", "/rotations/schedule/",
    "/rotations/fairness/",
])
def test_the_pages_are_accessible_and_fit_a_phone(planned: Walker, path: str) -> None:
    assert not all_findings(planned.page(path, phone=True, reduced_motion="reduce"))


def test_an_open_sheet_and_a_preview_are_accessible(planned: Walker) -> None:
    page = planned.page("/rotations/")
    page.locator(".shift-conflict").first.click()
    expect(page.get_by_role("dialog")).to_contain_text("Who takes it")
    assert not findings(page)
    page.get_by_role("dialog").locator("input[name=person]").first.check()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("button", name="Do it")).to_be_visible()
    assert not findings(page)


def test_the_roster_s_last_column_stays_beside_what_teams_owe(planned: Walker) -> None:
    page = planned.page("/rotations/roster/")
    page.locator(".plan-members").get_by_role("button", name="End").first.click()
    back = page.locator(".plan-members").get_by_role("button", name="Bring back").first
    expect(page.locator(".plan-members")).to_contain_text("gone from")
    for width in (1280, 1360, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        table, owed = page.locator(".plan-members").bounding_box(), page.locator(".split > .stack").bounding_box()
        assert table
        assert owed
        assert table["x"] + table["width"] <= owed["x"], width
        back.click(trial=True)
    back.click()
    expect(page.locator(".plan-members")).not_to_contain_text("gone from")
