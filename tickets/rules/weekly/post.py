"""The post, in exactly the handbook's form, and what can be read out of a text again.

Page: sustained-engineering-team, "Meetings": the template of the team status update.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date

from tickets.rules.posts import plain
from tickets.rules.weekly.numbers import Line, customers

LIMIT = 16_383  # characters that Mattermost takes in one post
DOING, NEXT = "In progress fixes:", "Next in the queue:"
RESOLVED_LINE = "Bugs resolved in the last 7 days:"
SUBMITTED_LINE = "Bug fix PRs submitted in the last 7 days:"
BACKLOG_LINE = "Total bugs in backlog:"
NOBODY_IS = "* none"


def compose(
    *, day: date, resolved: Sequence[Line], submitted: Sequence[Line], doing: Sequence[Line], queue: Sequence[Line],
    backlog: int, notes: Sequence[str], url: Callable[[str], str],
) -> str:
    """The whole post; `url` gives a ticket's address in Jira."""
    parts = [
        hashtags(day),
        f"{RESOLVED_LINE} {len(resolved)} ({customers(resolved)} reported by customers)\n"
        f"{SUBMITTED_LINE} {len(submitted)} ({customers(submitted)} reported by customer)",
        "\n".join([DOING, *_listed(doing, url)]),
        "\n".join([NEXT, *_listed(queue, url)]),
        f"{BACKLOG_LINE} {backlog}",
    ]
    return "\n\n".join([*parts, *(["\n".join(notes)] if notes else [])])


def hashtags(day: date) -> str:
    """The first line: by it a reader finds this update, and all of them."""
    return f"#set-update #set-update-{day.isoformat()}"


def notes_of(text: str) -> list[str]:
    """The lines after the total: the lead's own words, as they were written."""
    lines = text.replace("\r\n", "\n").split("\n")
    place = next((n for n, line in enumerate(lines) if line.strip().startswith(BACKLOG_LINE)), None)
    if place is None:
        return []
    told = [line.rstrip() for line in lines[place + 1:]]
    while told and not told[0]:
        told.pop(0)
    while told and not told[-1]:
        told.pop()
    return told


def with_notes(text: str, notes: Sequence[str]) -> str:
    """The text with these notes after its own; what stands there already is not said twice."""
    new = [line for line in notes if line.strip() and line not in notes_of(text)]
    gap = "\n" if notes_of(text) else "\n\n"
    return text.rstrip() + (gap + "\n".join(new) if new else "")


def faults(text: str, day: date) -> list[str]:
    """What the handbook's form asks for and the text lacks, in words; nothing where the form is complete."""
    found = []
    if not text.lstrip().startswith(hashtags(day)):
        found.append(f"The first line is not “{hashtags(day)}”.")
    found += [
        f"“{line}” with its number is missing." for line in (RESOLVED_LINE, SUBMITTED_LINE, BACKLOG_LINE)
        if not re.search(rf"^{re.escape(line)} \d+", text, re.MULTILINE)
    ]
    found += [
        f"“{line}” is missing." for line in (DOING, NEXT)
        if not re.search(rf"^{re.escape(line)}\s*$", text, re.MULTILINE)
    ]
    if len(text) > LIMIT:
        found.append(f"It has {len(text):,} characters; Mattermost takes {LIMIT:,}.")
    return found


def _listed(lines: Sequence[Line], url: Callable[[str], str]) -> list[str]:
    if not lines:
        return [NOBODY_IS]
    return [
        f"* [{line.key}]({url(line.key)}) {plain(line.summary)}"
        + (f" ({plain(line.assignee)})" if line.assignee else "")
        for line in lines
    ]
