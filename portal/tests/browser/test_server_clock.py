"""A browser whose clock is wrong: the countdown, the ages and the strip go by the server's all the same."""

import pytest
from playwright.sync_api import Page, expect

from portal.supervisor.running import RunningPortal
from portal.tests.browser.conftest import Walker
from portal.tests.browser.test_incident_walk import Shared

MINUTE = 60_000
# A clock that is so many milliseconds off: everything of the page that asks for the time is told the wrong one.
WRONG = """
(off) => {
  const real = globalThis.RightDate ??= Date, origin = performance.timeOrigin;
  globalThis.Date = class extends real {
    constructor(...given) { if (given.length) super(...given); else super(real.now() + off); }
    static now() { return real.now() + off; }
  };
  Object.defineProperty(performance, "timeOrigin", { get: () => origin + off, configurable: true });
}
"""
# Whether the large countdown shows what is really left, or how long it is really overdue, to half a minute.
RIGHT = """
() => {
  const place = document.querySelector("[data-countdown-form=large]");
  const shown = place.textContent.split(":").reduce((whole, part) => whole * 60 + Number(part), 0);
  const sign = place.parentElement.querySelector(".countdown-word").textContent === "overdue" ? -1 : 1;
  const left = (new RightDate(place.dataset.countdown) - RightDate.now()) / 1000;
  return place.textContent.includes(":") && Math.abs(sign * shown - left) < 30;
}
"""


@pytest.fixture(scope="module")
def live_portal(asked_portal: RunningPortal) -> RunningPortal:
    """Not the one on whose pages others count: an open Sev1 stands on each of them."""
    return asked_portal


@pytest.fixture(scope="module")
def shared() -> Shared:
    """The incident of the tests below: each open Sev1 stands on every page of this portal."""
    return Shared()


@pytest.fixture
def path(walk: Walker, shared: Shared) -> str:
    return shared.path(walk)


def wrong_by(walk: Walker, minutes: int, path: str) -> Page:
    """A page of somebody whose clock is off by so many minutes."""
    context = walk.context("executive")
    context.add_init_script(f"({WRONG})({minutes * MINUTE})")
    page = context.new_page()
    page.goto(path)
    return page


@pytest.mark.parametrize("minutes", [-4, 0, 4, 90])
def test_a_countdown_goes_by_the_servers_clock_whatever_the_readers_says(
    walk: Walker, path: str, minutes: int
) -> None:
    page = wrong_by(walk, minutes, path)
    page.wait_for_function(RIGHT)
    assert page.evaluate("Math.round((Date.now() - RightDate.now()) / 60000)") == minutes
    expect(page.locator("#strip")).not_to_have_attribute("data-overdue", "")


def test_ages_go_by_the_servers_clock_too(walk: Walker, path: str) -> None:
    page = wrong_by(walk, 90, path)
    page.evaluate("""() => {
      const time = document.createElement("time");
      Object.assign(time, { id: "aged", dateTime: new RightDate(RightDate.now() - 5.5 * 60000).toISOString() });
      time.dataset.when = "ago";
      document.querySelector("main").append(time);
      document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
    }""")
    expect(page.locator("#aged")).to_have_text("5 min ago")


def test_a_clock_that_is_set_while_a_page_is_open_is_made_good_by_the_next_stream(walk: Walker, path: str) -> None:
    page = wrong_by(walk, 0, path)
    page.wait_for_function(RIGHT)
    page.evaluate(WRONG, 7 * MINUTE)
    page.wait_for_function(f"() => !({RIGHT})()")
    page.evaluate("dispatchEvent(new Event('online'))")  # the stream is opened anew, as after a sleep
    page.wait_for_function(RIGHT)
