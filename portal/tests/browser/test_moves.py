"""Cards are moved by mouse, touch and keyboard, shown at once, told to Jira, asked about, and taken back."""

import contextlib
import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as Timeout

from portal.tests import patience
from portal.tests.browser.conftest import Walker
from portal.tests.browser.jira import Jira, word
from portal.tests.browser.test_live import card, column

SLUGS = {"To Do": "todo", "In Progress": "in_progress", "Submitted": "submitted"}
# Every change of a card's element that a reader would see, counted from now on.
WATCH = """(id) => {
  window.__seen = [];
  new MutationObserver((records) => {
    for (const { type, attributeName, target, addedNodes, removedNodes } of records) {
      const card = [...addedNodes, ...removedNodes].find((node) => node.id === id);
      if (card) window.__seen.push("moved");
      if (type === "attributes" && target.id === id) window.__seen.push(attributeName);
    }
  }).observe(document.getElementById("columns"), { subtree: true, childList: true, attributes: true });
}"""


def middle(place: Locator) -> tuple[float, float]:
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, what: Locator, where: Locator, *, above: bool = False) -> None:
    """By mouse, from the middle of one thing to the middle (or the upper edge) of another."""
    x, y = middle(what)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 12, y + 6, steps=3)
    box = where.bounding_box()
    assert box
    to_y = box["y"] + (4 if above else min(box["height"], 600) / 2)
    page.mouse.move(box["x"] + box["width"] / 2, to_y, steps=8)
    page.mouse.move(box["x"] + box["width"] / 2, to_y + 1)
    page.mouse.up()


def status(jira: Jira, key: str) -> str:
    return str(jira._ask("GET", f"/rest/api/2/issue/{key}")["fields"]["status"]["name"])


def until(what: Callable[[], Any], wanted: Any) -> None:
    """Jira is told by the worker: wait until it says so."""
    patience.until(lambda: what() == wanted, lambda: f"{what()} instead of {wanted}")


def settled(page: Page, key: str) -> None:
    expect(card(page, key)).not_to_have_attribute("data-write", re.compile("."))


def begin(walk: Walker, jira: Jira, title: str, state: str, query: str = "", **how: Any) -> tuple[Page, str]:
    """A board that shows a new ticket, once all that Jira told of its beginnings has arrived."""
    fields = {"priority": {"name": how.pop("priority")}} if "priority" in how else {}
    key = jira.create(f"{title} {word()}", status=state, **fields)
    page = walk.board(query, **how)
    expect(column(page, SLUGS[state]).get_by_text(key, exact=True)).to_be_visible()
    jira.has_told(key)
    page.wait_for_timeout(1_500)
    card(page, key).scroll_into_view_if_needed()
    return page, key


def filtered(walk: Walker, jira: Jira, *titles: str, **how: Any) -> tuple[Page, list[str]]:
    """A board that shows only these new tickets of To Do, in this order of Jira's rank."""
    name = word()
    keys = [jira.create(f"{title} {name}", status="To Do") for title in titles]
    page = walk.page("/board/", **how)
    for key in keys:
        expect(card(page, key)).to_be_attached()
    page.goto(f"/board/?q={name}")
    expect(page.locator("#stamp")).to_have_attribute("data-state", "live")
    return page, keys


def test_a_card_dragged_to_another_column_is_there_at_once_and_then_in_jira(walk: Walker, jira: Jira) -> None:
    page, key = begin(walk, jira, "Dragged by mouse", "In Progress")
    other = walk.board(role="engineer")
    mine, theirs = card(page, key), card(other, key)
    expect(mine).to_be_visible()
    expect(theirs).to_be_visible()
    before = int(page.locator("#col-submitted .column-n").inner_text())
    drag(page, mine, page.locator("#col-submitted"))
    assert column(page, "submitted").get_by_text(key, exact=True).count() == 1
    expect(column(other, "submitted").get_by_text(key, exact=True)).to_be_visible()
    expect(other.locator("[data-changed-newest]")).to_contain_text(f"{key} moved to Submitted by ")
    expect(page.locator("[data-toast]").last).to_contain_text(f"{key} moved to Submitted.")
    expect(page.locator("[data-changed-newest]")).not_to_contain_text(f"{key} moved to Submitted")
    until(lambda: status(jira, key), "Submitted")
    settled(page, key)
    settled(other, key)
    expect(page.locator("#col-submitted .column-n")).to_have_text(str(before + 1))
    assert page.locator(".ghost, .slot").count() == 0
    assert page.url.endswith("/board/")


def test_ones_own_move_that_comes_back_changes_nothing(walk: Walker, jira: Jira) -> None:
    page, key = begin(walk, jira, "Seen once", "In Progress")
    expect(card(page, key)).to_be_visible()
    identity = card(page, key).get_attribute("id")
    drag(page, card(page, key), page.locator("#col-submitted"))
    expect(page.locator("[data-toast]").last).to_contain_text(f"{key} moved")
    page.evaluate(WATCH, identity)
    until(lambda: status(jira, key), "Submitted")
    settled(page, key)
    jira.has_told(key)  # its own call comes back
    page.wait_for_timeout(2_500)
    seen = page.evaluate("window.__seen")
    assert "data-fresh" not in seen
    assert seen.count("moved") <= 4  # the line goes; one replacement is a removal and an addition
    expect(page.locator("[data-changed-newest]")).not_to_contain_text(f"{key} moved to Submitted")


def test_undo_in_the_toast_takes_a_move_back(walk: Walker, jira: Jira) -> None:
    page, key = begin(walk, jira, "Taken back", "In Progress")
    expect(card(page, key)).to_be_visible()
    drag(page, card(page, key), page.locator("#col-submitted"))
    until(lambda: status(jira, key), "Submitted")
    page.locator("[data-toast]").filter(has_text=key).get_by_role("button", name="Undo").click()
    expect(column(page, "in_progress").get_by_text(key, exact=True)).to_be_visible()
    until(lambda: status(jira, key), "In Progress")


def test_escape_puts_a_card_back_that_is_in_the_hand(walk: Walker, jira: Jira) -> None:
    page, key = begin(walk, jira, "Let go", "In Progress")
    x, y = middle(card(page, key))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y + 40, steps=4)
    expect(page.locator(".ghost")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".ghost")).to_have_count(0)
    page.mouse.up()
    page.wait_for_timeout(300)
    expect(column(page, "in_progress").get_by_text(key, exact=True)).to_be_visible()
    assert status(jira, key) == "In Progress"
    assert page.url.endswith("/board/")


def test_to_do_is_reordered_by_mouse_and_by_keyboard(walk: Walker, jira: Jira) -> None:
    page, (one, two, three) = filtered(walk, jira, "First", "Second", "Third")
    cards = column(page, "todo").locator(".card .key")
    expect(cards).to_have_text([one, two, three])
    drag(page, card(page, three), card(page, two), above=True)
    if page.locator("#sheet[open]").count():
        page.get_by_label("Why it belongs there").fill("They belong together.")
        page.get_by_role("button", name="Move it there").click()
    expect(cards).to_have_text([one, three, two])
    settled(page, three)
    until(lambda: [key for key in jira_order(jira) if key in {one, two, three}], [one, three, two])
    card(page, two).locator("[data-card]").focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(cards).to_have_text([one, two, three])
    expect(page.locator("#said")).to_contain_text(f"{two}: place 2 of 3")
    until(lambda: [key for key in jira_order(jira) if key in {one, two, three}], [one, two, three])


def test_a_place_against_the_priority_of_work_is_taken_only_for_a_reason(walk: Walker, jira: Jira) -> None:
    name = word()
    urgent = jira.create(f"Reported by a customer {name}", status="To Do", labels=["customer-bug"])
    other = jira.create(f"Can wait {name}", status="To Do")
    jira.rank_first(urgent)
    walk.portal.manage("sync_jira")
    page = walk.board(f"?q={name}")
    cards = column(page, "todo").locator(".card .key")
    expect(cards).to_have_text([urgent, other])
    drag(page, card(page, other), card(page, urgent), above=True)
    expect(page.get_by_text("This goes against the priority of work")).to_be_visible()
    expect(cards).to_have_text([urgent, other])
    page.get_by_label("Why it belongs there").fill("The release waits for it.")
    page.get_by_role("button", name="Move it there").click()
    expect(cards).to_have_text([other, urgent])
    expect(card(page, other)).to_contain_text("Stands here: The release waits for it.")
    until(lambda: [key for key in jira_order(jira) if key in {urgent, other}], [other, urgent])


def jira_order(jira: Jira) -> list[str]:
    return [issue["key"] for issue in jira.search('project = MM AND status = "To Do" ORDER BY Rank')]


def test_the_keyboard_moves_a_card_to_the_next_column_and_opens_the_menu(walk: Walker, jira: Jira) -> None:
    page, key = begin(walk, jira, "By keyboard", "In Progress")
    link = card(page, key).locator("[data-card]")
    link.focus()
    page.keyboard.press("]")
    expect(column(page, "submitted").get_by_text(key, exact=True)).to_be_visible()
    expect(link).to_be_focused()
    until(lambda: status(jira, key), "Submitted")
    settled(page, key)
    expect(link).to_be_focused()
    page.keyboard.press("Shift+ArrowLeft")
    until(lambda: status(jira, key), "In Progress")
    settled(page, key)
    page.keyboard.press("m")
    sheet = page.locator("#sheet")
    expect(sheet.get_by_role("heading", name=re.compile("Move"))).to_be_visible()
    person = jira.user(2)
    sheet.get_by_label("Assignee").select_option(person["accountId"])
    sheet.get_by_role("button", name="Assign").click()
    expect(sheet).not_to_be_visible()
    expect(card(page, key).locator(f'[title="{person["displayName"]}"]')).to_be_visible()


def test_a_field_that_jira_demands_is_asked_for_on_the_card_and_answered(walk: Walker, jira: Jira) -> None:
    page, key = begin(walk, jira, "Asks for its resolution", "To Do")
    drag(page, card(page, key), page.locator("#col-done"))
    sheet = page.locator("#sheet")
    expect(card(page, key)).to_have_attribute("data-write", "asks")
    asked = page.locator("#sheet[open]")
    while not asked.count():  # at once where it is known; learnt from Jira's answer the first time
        with contextlib.suppress(Timeout):  # or it opens meanwhile, and nothing beside it can be pressed
            card(page, key).get_by_role("link", name="Answer").click(timeout=2_000)
        page.wait_for_timeout(500)
    sheet.get_by_label("Resolution").select_option(label="Won't Do")
    sheet.get_by_role("button", name="Send to Jira").click()
    expect(sheet).not_to_be_visible()
    until(lambda: status(jira, key), "Done")
    settled(page, key)
    fields = jira._ask("GET", f"/rest/api/2/issue/{key}")["fields"]
    assert fields["resolution"]["name"] == "Won't Do"


def test_two_quick_steps_of_one_card_are_two_moves_in_jira(walk: Walker, jira: Jira) -> None:
    page, key = begin(walk, jira, "Two steps", "To Do")
    card(page, key).locator("[data-card]").focus()
    page.keyboard.press("]")
    page.keyboard.press("]")
    assert column(page, "submitted").get_by_text(key, exact=True).count() == 1
    until(lambda: status(jira, key), "Submitted")
    settled(page, key)
    expect(column(page, "submitted").get_by_text(key, exact=True)).to_be_visible()


def test_a_move_that_jira_refuses_says_why_on_the_card_and_is_undone_there(walk: Walker, jira: Jira) -> None:
    page, key = begin(walk, jira, "Refused", "To Do")
    drag(page, card(page, key), page.locator("#col-submitted"))
    refused = card(page, key)
    expect(refused).to_have_attribute("data-write", "failed")
    expect(refused).to_contain_text("Jira does not allow this move")
    assert status(jira, key) == "To Do"
    refused.get_by_role("button", name="Undo").click()
    settled(page, key)
    expect(column(page, "todo").get_by_text(key, exact=True)).to_be_visible()


def test_a_value_that_changed_in_jira_meanwhile_is_decided_by_a_person(walk: Walker, jira: Jira) -> None:
    _, key = begin(walk, jira, "Changed by two", "In Progress", priority="Medium")
    page = walk.page(f"/tickets/{key}/actions/")
    jira.edit(key, priority={"name": "Highest"})
    expect(walk.page(f"/tickets/{key}/").get_by_text("Highest").first).to_be_visible()
    page.get_by_label("Priority").select_option("Low")
    page.get_by_role("button", name="Set").click()
    expect(page.get_by_text("Jira changed meanwhile.")).to_be_visible()
    expect(page.get_by_text("was Medium")).to_be_visible()
    page.get_by_label(re.compile("Theirs")).check()
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_text("Jira's value stands.")).to_be_visible()
    assert jira._ask("GET", f"/rest/api/2/issue/{key}")["fields"]["priority"]["name"] == "Highest"


def test_a_long_press_lifts_a_card_on_a_phone_and_a_tab_takes_it(walk: Walker, jira: Jira) -> None:
    page, key = begin(walk, jira, "By thumb", "In Progress", "#col-in_progress", phone=True)
    mine = card(page, key)
    expect(mine).to_be_visible()
    x, y = middle(mine)
    tab = page.locator(".board-tabs a", has_text="Submitted").bounding_box()
    assert tab
    touch = page.context.new_cdp_session(page)

    def at(kind: str, *point: float) -> None:
        points = [{"x": point[0], "y": point[1]}] if point else []
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    at("touchStart", x, y)
    page.wait_for_timeout(400)
    expect(page.locator(".ghost")).to_be_visible()
    for part in (0.3, 0.6, 0.9, 1.0):
        to_x, to_y = tab["x"] + tab["width"] / 2, tab["y"] + tab["height"] / 2
        at("touchMove", x + (to_x - x) * part, y + (to_y - y) * part)
        page.wait_for_timeout(50)
    at("touchEnd")
    until(lambda: status(jira, key), "Submitted")
    expect(column(page, "submitted").get_by_text(key, exact=True)).to_be_attached()


def test_who_only_reads_cannot_lift_a_card(walk: Walker, jira: Jira) -> None:
    page, key = begin(walk, jira, "Only looked at", "In Progress", role="executive")
    expect(card(page, key)).to_be_visible()
    drag(page, card(page, key), page.locator("#col-submitted"))
    page.wait_for_timeout(300)
    expect(column(page, "in_progress").get_by_text(key, exact=True)).to_be_visible()
    assert status(jira, key) == "In Progress"


def test_a_move_without_a_network_goes_back_and_says_so(walk: Walker, jira: Jira) -> None:
    walk.expect_errors("ERR_INTERNET_DISCONNECTED", "ERR_NETWORK", "ERR_FAILED")
    page, key = begin(walk, jira, "No network", "In Progress")
    expect(card(page, key)).to_be_visible()
    page.route("**/move/", lambda route: route.abort())
    drag(page, card(page, key), page.locator("#col-submitted"))
    expect(page.locator("[data-toast]").last).to_contain_text("No connection: nothing was sent.")
    expect(column(page, "in_progress").get_by_text(key, exact=True)).to_be_visible()
    settled(page, key)


def test_a_comment_written_on_the_ticket_is_in_jira_and_shown_once(walk: Walker, jira: Jira) -> None:
    board, key = begin(walk, jira, "Talked about", "In Progress")
    expect(card(board, key)).to_be_visible()
    page = walk.page(f"/tickets/{key}/")
    expect(page.locator("#stamp")).to_have_attribute("data-state", "live")
    text = f"Seen on two servers {word()}"
    page.get_by_role("textbox", name="Comment").fill(text)
    page.get_by_role("button", name="Comment in Jira").click()
    expect(page.get_by_role("textbox", name="Comment")).to_have_value("")
    expect(page.get_by_text(text).first).to_be_visible()
    expect(page.locator("#activity").get_by_text(text)).to_be_visible()
    expect(page.locator("#activity").get_by_text(text)).to_have_count(1)


def test_the_outbox_shows_what_jira_refused_without_a_reload_and_drops_it(walk: Walker, jira: Jira) -> None:
    outbox = walk.page("/outbox/")
    expect(outbox.locator("[data-live-state]")).to_have_attribute("data-state", "live")
    page, key = begin(walk, jira, "Stuck", "To Do")
    drag(page, card(page, key), page.locator("#col-submitted"))
    line = outbox.locator(".outbox-lines > li").filter(has_text=f"Move {key} to Submitted")
    expect(line).to_contain_text("Jira does not allow this move")
    line.get_by_role("button", name="Drop").click()
    expect(outbox.locator("[data-toast]").last).to_contain_text("Taken back")
    expect(line).to_have_count(0)
    settled(page, key)
    expect(column(page, "todo").get_by_text(key, exact=True)).to_be_visible()
