"""What axe finds on a page, and what a thumb does, in every width and theme."""

from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Page

DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
every_look = False  # whether all widths are looked at in all themes; the long run sets it
FURTHER = [(PHONE, "dark"), (DESK, "light")]

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
FINDINGS = """async (options) => (await axe.run(document, options)).violations.map(({ id, help, nodes }) =>
  `${id}: ${help}: ` + nodes.slice(0, 4).map((node) => node.html.slice(0,
  160) + " " + (node.any[0]?.message ?? "")).join(" | "))
"""
# Controls that stand by themselves; links inside running text may be as small as the text.
SMALL = """() => [...document.querySelectorAll(
    "button, select, summary, a.btn, label.btn, .bottombar a, .tabs a, .segments a, .menu a, " +
    "input:not([type=hidden], [type=checkbox], [type=radio])")]
  .filter((element) => element.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true }))
  .filter((element) => !element.closest("p, .prose") || element.matches("button, .btn"))
  .map((element) => [element, element.getBoundingClientRect()])
  .filter(([, box]) => box.width > 1 && (box.height < 39.5 || box.width < 39.5))
  .map(([element, box]) => `${Math.round(box.width)} x ${Math.round(box.height)}: ${element.outerHTML.slice(0, 100)}`)
"""
# The screen, not innerWidth: a phone's window grows with what is too wide, and then nothing is.
WIDE = """() => document.scrollingElement.scrollWidth <= screen.width ? [] :
  [...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > screen.width + 1)
  .slice(0, 5).map((element) => element.outerHTML.slice(0, 120))
"""
# Colours that are still on their way from one theme to the other are nobody's colours.
# What is in no frame, or in a part that is not drawn, never gets there: after a while it is looked at as it is.
SETTLED = """() => Promise.race([
  new Promise((late) => setTimeout(late, 10_000)),
  new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))).then(() => Promise.allSettled(
    document.getAnimations().filter((one) => one instanceof CSSTransition).map((one) => one.finished))),
])"""


def findings(page: Page) -> list[str]:
    """What axe finds on the page as it is now."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    page.evaluate(SETTLED)
    # Without `preload` axe fetches no style sheet anew: none of its rules that we run asks for that.
    found: list[str] = page.evaluate(FINDINGS, {"resultTypes": ["violations"], "preload": False})
    return found


def all_findings(page: Page) -> list[str]:
    """What a thumb and axe find on a phone in light, then what axe finds on a desk in dark: each width and each theme
    once. `make test-long` looks at all four. Leaves a dark desk."""
    found = [f"wider than the phone: {line}" for line in page.evaluate(WIDE)]
    found += [f"too small for a thumb: {line}" for line in page.evaluate(SMALL)]
    for size, theme in [(PHONE, "light"), *(FURTHER if every_look else []), (DESK, "dark")]:
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        found += [f"{size['width']} {theme} {line}" for line in findings(page)]
    return found
