"""Take the pictures of the docs from a running demo: `python docs/pictures/make.py http://localhost:8000`.

Needs Playwright (requirements-dev.txt) and a Chromium: the system's, or `python -m playwright install chromium`.
"""

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Browser, Page, expect, sync_playwright

HERE = Path(__file__).parent
LARGEST = 300_000  # bytes
DESK, PHONE = (1440, 900), (390, 844)
SYSTEM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True)
class Picture:
    """A file of this folder and the page that it shows; `first` is what is opened on it, a card or a line."""

    name: str
    path: str
    size: tuple[int, int] = DESK
    dark: bool = False
    first: str = ""


PICTURES = (
    Picture("board.png", "/board/"),
    Picture("board-dark.png", "/board/", dark=True),
    Picture("board-phone.png", "/board/", PHONE),
    Picture("home.png", "/"),
    Picture("ticket.png", "/board/", first="#col-in_progress .card:has(.mark-people) .card-link"),
    Picture("sync.png", "/sync/"),
    Picture("triage.png", "/triage/"),
    Picture("duty.png", "/on-call/"),
    Picture("rotations.png", "/rotations/"),
    Picture("escalations.png", "/escalations/?tab=team"),
    Picture("escalation.png", "/escalations/?tab=team&q=upgrade", first="main a[href^='/escalations/E-']"),
    Picture("incident.png", "/incidents/", first=".incs-link"),
    Picture("incident-phone.png", "/incidents/", PHONE, first=".incs-link"),
)


def take(browser: Browser, url: str, picture: Picture) -> int:
    """Take one picture; returns its size in bytes."""
    width, height = picture.size
    phone = picture.size == PHONE
    context = browser.new_context(
        base_url=url, viewport={"width": width, "height": height}, color_scheme="dark" if picture.dark else "light",
        is_mobile=phone, has_touch=phone, locale="en-US", reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(f"/sign-in/?next={quote(picture.path)}")
    page.locator(".demo button").filter(has_text="Lead").first.click()
    if picture.first:
        page.locator(picture.first).first.click()
    _settled(page)
    target = HERE / picture.name
    page.screenshot(path=target)
    context.close()
    return target.stat().st_size


def _settled(page: Page) -> None:
    page.wait_for_load_state()
    states = page.locator("[data-live-state]")
    if states.count():
        expect(states.first).to_have_attribute("data-state", "live")
    page.mouse.move(0, 0)


def main(url: str) -> int:
    """Take all pictures; a picture that is too large for a repository fails."""
    system = next((found for name in SYSTEM if (found := shutil.which(name))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=system, args=["--no-sandbox", "--disable-dev-shm-usage"])
        sizes = {picture.name: take(browser, url.rstrip("/"), picture) for picture in PICTURES}
        browser.close()
    for name, size in sizes.items():
        sys.stdout.write(f"{name}: {size / 1000:.0f} kB{' is too large' if size > LARGEST else ''}\n")
    return 1 if any(size > LARGEST for size in sizes.values()) else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8000"))
