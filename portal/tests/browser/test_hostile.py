"""Text from Jira is text, wherever it is shown."""

from playwright.sync_api import Page, expect

from portal.tests.browser.conftest import Walker
from portal.tests.browser.jira import Jira, word
from portal.tests.browser.test_live import card

EVIL = '<img src=x onerror="window.__ran=1">'
LABEL = "<img/src=x/onerror=window.__ran=1>"
JUNK = f'{EVIL} <script>window.__ran=1</script> "><svg onload=window.__ran=1> {{{{7*7}}}} [x|javascript:window.__ran=1]'


def unharmed(page: Page) -> None:
    assert page.evaluate("window.__ran === undefined")
    assert page.locator("main img[src=x], main script, main [onerror], main [onload]").count() == 0
    assert page.locator('a[href^="javascript:"]').count() == 0


def test_markup_in_a_ticket_is_shown_as_text_everywhere_and_in_live_events(walk: Walker, jira: Jira) -> None:
    name = word()
    board, home = walk.board(), walk.page("/")
    key = jira.create(
        f"{EVIL} {name}", status="To Do", labels=[LABEL], description=JUNK, priority={"name": "Highest"}
    )
    jira.comment(key, JUNK)
    person = jira.user(2)
    issue = walk.portal.sandbox.jira("GET", f"/rest/api/2/issue/{key}", params={"expand": "changelog"}).json()
    expect(card(board, key)).to_contain_text(EVIL)
    # A person whom Jira calls by markup: its next answer about this ticket says so.
    named = {**issue["fields"], "assignee": {**_user(walk, person["accountId"]), "displayName": EVIL}}
    told = {**issue, "fields": {**named, "updated": "2099-01-01T00:00:00.000+0000"}}
    walk.portal.sandbox.fault(path=f"/issue/{issue['id']}$", method="GET", times=1, status=200, body=told)
    jira.edit(key, summary=f"{EVIL} {name} again")
    expect(card(board, key).locator(".person-mark:not(.person-nobody)")).to_be_attached()
    expect(card(board, key).locator(".person-mark")).to_have_attribute("title", EVIL)
    expect(home.locator(".home-since").get_by_text(name).first).to_be_visible()
    unharmed(board)
    unharmed(home)
    for path in (f"/tickets/{key}/", f"/tickets/?q={name}", f"/board/?q={name}", f"/board/?q={EVIL}",
    f"/tickets/?q={EVIL}"):
        page = walk.page(path)
        expect(page.get_by_text("<img").first).to_be_attached() if "q=<" not in path else None
        unharmed(page)
    walk.portal.sandbox.clear_faults()


def _user(walk: Walker, account: str) -> dict[str, str]:
    found: dict[str, str] = walk.portal.sandbox.jira("GET", "/rest/api/2/user", params={"accountId": account}).json()
    return found
