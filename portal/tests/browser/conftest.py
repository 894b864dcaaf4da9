"""A browser for the tests of the pages. Every page that it opens fails its test on a violation of the content security
policy, on an error that nobody caught, and on what the console calls an error, unless the test said that it will come.
"""

import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, expect, sync_playwright

from integrations.sandbox.testing import run_sandbox
from portal.supervisor.running import RunningPortal
from portal.supervisor.testing import mirrored_portal
from portal.tests.browser import looks
from portal.tests.browser.jira import Jira
from portal.tests.browser.looks import DESK, PHONE
from portal.tests.patience import PATIENCE, until

MISSING = "Chromium is missing: apt install chromium-headless-shell, or python -m playwright install chromium"
# The shell without a window of its own first: it draws the same pages with half the work.
SYSTEM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Told by the page itself, since the console's wording differs from version to version.
TELL = """
  addEventListener("securitypolicyviolation", (event) => {
    console.error(`content security policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
  });
"""

PATIENT = PATIENCE * 1_000  # milliseconds
expect.set_options(timeout=PATIENT)
# The page's own limits, for a machine that takes long: what htmx waits for an answer (15 s), and how long a toast stays
# (7 s), in which a test reads it and presses its Undo.
LONGER = f"""
  addEventListener("htmx:configRequest", (event) => {{ event.detail.timeout = {PATIENT:.0f}; }});
  {{
    const later = window.setTimeout;
    window.setTimeout = (work, wait, ...more) => later(work, wait === 7000 ? 25000 : wait, ...more);
  }}
"""
# What htmx says, in this order, of a request that it or the browser gave up: the reader left the page, or did the same
# again. Of one that failed it says the first as well, but then htmx:sendError, or htmx:timeout.
GIVEN_UP = ("htmx:afterRequest", "htmx:sendAbort")


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Three workers have them: one all that look at the shared portal, so that there is one of it; two the modules with
    a portal of their own. What is of one worker shares a browser and its portals."""
    looks.every_look = "not long" not in config.option.markexpr
    here = Path(__file__).parent
    ours = [item for item in items if here in item.path.parents]
    asked = {path: _portals(path, ours) for path in sorted({item.path for item in ours})}
    many = Counter(item.path for item in ours)
    load = Counter({"browser-asked": 0, "browser-own": 0})
    turns: dict[Path, str] = {}
    for path in sorted((path for path, names in asked.items() if not names), key=lambda one: (-many[one], one)):
        turns[path] = min(load, key=lambda name: (load[name], name))
        load[turns[path]] += many[path]
    for item in ours:
        item.add_marker(pytest.mark.browser)
        names = asked[item.path]
        group = "browser-asked" if "asked_portal" in names else "live_portal" if names else turns[item.path]
        item.add_marker(pytest.mark.xdist_group(group))


def _portals(path: Path, items: list[pytest.Item]) -> set[str]:
    """Which of the portals that several modules share this one looks at."""
    names = {name for item in items if item.path == path for name in getattr(item, "fixturenames", ())}
    return names & {"live_portal", "asked_portal"}


def _executable(playwright: Playwright) -> str | None:
    """The system's Chromium; None for Playwright's own. With neither the tests fail and say what to do."""
    for name in SYSTEM:
        if found := shutil.which(name):
            return found
    if Path(playwright.chromium.executable_path).exists():
        return None
    raise pytest.fail.Exception(MISSING, pytrace=False)


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    # Not for the whole session: while it runs, this thread has an event loop, which other rooms' tests cannot bear.
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    # /dev/shm is small in containers, and a sandbox of its own needs rights that root in a container lacks.
    switches = ["--disable-dev-shm-usage", "--disable-gpu"] + (["--no-sandbox"] if os.geteuid() == 0 else [])
    running = playwright.chromium.launch(executable_path=_executable(playwright), args=switches)
    yield running
    running.close()


def until_on(page: Page, check: Callable[[], Any], what: str) -> None:
    """Wait until something is true that no locator can tell, while the page goes on."""

    def look() -> Any:
        page.wait_for_timeout(50)
        return check()

    until(look, what)


@dataclass(frozen=True)
class Fault:
    """Something that went wrong on a page: what was said of it, and where it was seen."""

    page: Page
    words: str
    at: str

    @property
    def said(self) -> str:
        """Without the element that htmx names."""
        return self.words.partition(", [object ")[0]

    def __str__(self) -> str:
        return f"{self.at}: {self.words}"


def without_given_up(faults: list[Fault]) -> list[Fault]:
    """These, but for what htmx says of requests that were given up."""
    left: list[Fault] = []
    for fault in faults:
        before = next((one for one in reversed(left) if one.page is fault.page), None)
        if before is not None and (before.said, fault.said) == GIVEN_UP:
            left.remove(before)
        else:
            left.append(fault)
    return left


@dataclass
class Walker:
    """Opens pages as somebody, and remembers what went wrong on them."""

    browser: Browser
    portal: RunningPortal
    faults: list[Fault] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)
    cookies: dict[tuple[str, str], list[Any]] = field(default_factory=dict)

    def context(
        self, role: str = "lead", *, phone: bool = False, dark: bool = False, scripts: bool = True, **more: Any
    ) -> BrowserContext:
        """A fresh profile, signed in as the demo's person of this role ("" for nobody)."""
        context = self.browser.new_context(
            base_url=self.portal.url, viewport=PHONE if phone else DESK, has_touch=phone, is_mobile=phone,  # type: ignore[arg-type]
            color_scheme="dark" if dark else "light", java_script_enabled=scripts, locale="en-US", **more,
        )
        context.set_default_timeout(PATIENT)
        context.set_default_navigation_timeout(PATIENT)
        if scripts:
            context.add_init_script(TELL + LONGER)
        context.on("page", self._watch)
        if role:
            context.add_cookies(self._signed_in(role))
        self.contexts.append(context)
        return context

    def page(self, path: str = "", role: str = "lead", **how: Any) -> Page:
        """A page in a profile of its own, at this address."""
        page = self.context(role, **how).new_page()
        if path:
            page.goto(path)
        return page

    def board(self, query: str = "", **how: Any) -> Page:
        """A board that is live."""
        page = self.page(f"/board/{query}", **how)
        expect(page.locator("#stamp")).to_have_attribute("data-state", "live")
        return page

    def expect_errors(self, *patterns: str) -> None:
        """These errors belong to what the test does."""
        self.expected += patterns

    def close(self) -> list[str]:
        """End all; what went wrong and was not expected."""
        for context in self.contexts:
            context.close()
        found = [str(fault) for fault in without_given_up(self.faults)]
        return [fault for fault in found if not any(re.search(one, fault) for one in self.expected)]

    def _watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.faults.append(Fault(page, str(error), f"not caught on {page.url}")))
        page.on("console", lambda message: self._hear(page, message))

    def _hear(self, page: Page, message: ConsoleMessage) -> None:
        if message.type == "error":
            at = f"console on {page.url} ({message.location.get('url', '')})"
            self.faults.append(Fault(page, message.text, at))

    def _signed_in(self, role: str) -> list[Any]:
        key = (self.portal.url, role)
        if key not in self.cookies:
            self.cookies[key] = sign_in(self.portal.url, role)
        return self.cookies[key]


def sign_in(url: str, role: str) -> list[dict[str, str]]:
    """The cookies of the demo's first person whose button says this role."""
    with httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE) as client:
        text = client.get("/sign-in/").text
        buttons = re.findall(r'name="person" value="(\d+)">.*?list-main"><span>([^<]+)</span>', text, re.DOTALL)
        person = next(number for number, said in buttons if said.casefold().startswith(role.casefold()))
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text)
        assert token
        form = {"person": person, "csrfmiddlewaretoken": token[1]}
        assert client.post("/sign-in/demo/", data=form).status_code == 302
        return [{"name": name, "value": value, "url": url} for name, value in client.cookies.items()]


@pytest.fixture(scope="package")
def _cookies() -> dict[tuple[str, str], list[Any]]:
    return {}


@pytest.fixture
def _walkers(browser: Browser, _cookies: dict[tuple[str, str], list[Any]]) -> Iterator[Callable[[RunningPortal],
Walker]]:
    made: list[Walker] = []

    def make(portal: RunningPortal) -> Walker:
        made.append(Walker(browser, portal, cookies=_cookies))
        return made[-1]

    yield make
    faults = [fault for walker in made for fault in walker.close()]
    assert not faults, "\n".join(faults)


@pytest.fixture(scope="session")
def asked_portal(run_portal: Callable[..., Any]) -> Iterator[RunningPortal]:
    """A portal for tests in which an escalation gets a ticket: what the worker still does to To Do once they are over
    would move the cards that other tests count."""
    with mirrored_portal(run_portal) as portal:
        yield portal


@pytest.fixture
def walk(live_portal: RunningPortal, _walkers: Callable[[RunningPortal], Walker]) -> Walker:
    """Pages of the portal that all tests share."""
    return _walkers(live_portal)


@pytest.fixture
def jira(live_portal: RunningPortal) -> Jira:
    """The Jira of the portal that all tests share."""
    return Jira(live_portal.sandbox)


@pytest.fixture(scope="package")
def frail_portal(run_portal: Callable[..., Any]) -> Iterator[RunningPortal]:
    """A portal to break: its parts are stopped, its Jira goes away, its statuses get columns."""
    with run_sandbox() as sandbox, run_portal(demo="people", jira=sandbox.environment, worker=True) as portal:
        portal.sandbox = sandbox
        portal.mirror()
        sandbox.control("webhooks", {"url": f"{portal.url}/webhooks/jira/", "secret": portal.webhook_secret})
        yield portal


@pytest.fixture
def frail(frail_portal: RunningPortal, _walkers: Callable[[RunningPortal], Walker]) -> Iterator[Walker]:
    """Pages of the portal to break."""
    yield _walkers(frail_portal)
    frail_portal.sandbox.clear_faults()


@pytest.fixture
def frail_jira(frail_portal: RunningPortal) -> Jira:
    return Jira(frail_portal.sandbox)


@pytest.fixture(scope="package")
def bare_portal(run_portal: Callable[..., Any]) -> Iterator[RunningPortal]:
    """A portal that has mirrored nothing yet, and has no Jira to ask."""
    with run_portal(demo="people") as portal:
        yield portal


@pytest.fixture
def bare(bare_portal: RunningPortal, _walkers: Callable[[RunningPortal], Walker]) -> Walker:
    """Pages of the portal that is empty."""
    return _walkers(bare_portal)
