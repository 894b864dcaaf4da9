"""Reading a roster out of a spreadsheet: pasted lines, with or without a head, by tabs, semicolons or commas. Pure."""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

COLUMNS = ("name", "email", "team", "skills", "lead", "from", "until")
HEADS = {
    "name": "name", "person": "name", "who": "name", "engineer": "name",
    "email": "email", "e-mail": "email", "mail": "email", "address": "email",
    "team": "team", "feature team": "team", "skills": "skills", "skill": "skills",
    "lead": "lead", "lead?": "lead", "can lead": "lead", "leads": "lead",
    "from": "from", "joins": "from", "start": "from", "since": "from",
    "until": "until", "leaves": "until", "end": "until", "to": "until",
}
YES = {"yes", "y", "x", "true", "1", "lead", "can lead", "✓", "✔"}
NO = {"", "no", "n", "false", "0", "-", "–", "engineer"}
ONLY = {"only", "lead only", "only lead"}
FORMS = ("%Y-%m-%d", "%d.%m.%Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y")
ADDRESS = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
MOST_LINES, LONGEST_NAME, LONGEST_TEAM, LONGEST_SKILL, MOST_SKILLS = 500, 120, 80, 40, 20


@dataclass(frozen=True)
class Line:
    """What one pasted line says, and what is wrong with it, in words. `leaves_on` is the first day they are gone."""

    number: int
    name: str
    email: str
    team: str = ""
    skills: tuple[str, ...] = ()
    leads: bool = False
    engineers: bool = True
    joins_on: date | None = None
    leaves_on: date | None = None
    errors: tuple[str, ...] = ()


def read_lines(text: str, today: date) -> list[Line]:
    """The people of a pasted sheet, one a line; empty lines are passed over. Who has no first day joins today.

    `until` is the last day, as people write it. An address that comes twice is an error of the second line.
    """
    rows = [(number, cells) for number, cells in enumerate(_cells(text), 1) if any(cells)]
    order: Sequence[str] = COLUMNS
    if rows and _is_head(rows[0][1]):
        order, rows = [HEADS.get(cell.strip().lower(), "") for cell in rows[0][1]], rows[1:]
    found, seen = list[Line](), dict[str, int]()
    for number, cells in rows[:MOST_LINES]:
        line = _line(number, dict(zip(order, cells, strict=False)), len(cells) > len(order), today)
        if line.email and line.email in seen:
            line = _with(line, f"The address stands in line {seen[line.email]} already.")
        seen.setdefault(line.email, number)
        found.append(line)
    if len(rows) > MOST_LINES:
        found[-1] = _with(found[-1], f"Only {MOST_LINES} lines are read at once; this is the last one.")
    return found


def _cells(text: str) -> Iterable[list[str]]:
    text = text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    counts = {mark: text.count(mark) for mark in ("\t", ";", ",")}
    mark = "\t" if counts["\t"] else ";" if counts[";"] and not counts[","] else ","
    if mark == "\t":  # as a spreadsheet copies: quotes only around cells with line breaks, which none of ours has
        return ([cell.strip().strip('"') for cell in line.split("\t")] for line in text.split("\n"))
    rows = csv.reader(text.split("\n"), delimiter=mark, skipinitialspace=True)
    return ([cell.strip() for cell in row] for row in rows)


def _is_head(cells: Sequence[str]) -> bool:
    known = [cell for cell in cells if cell.strip().lower() in HEADS]
    return len(known) >= 2 and not any(ADDRESS.match(cell) for cell in cells)


def _line(number: int, cells: Mapping[str, str], more: bool, today: date) -> Line:
    errors = list[str]()
    name = " ".join(cells.get("name", "").split())
    email = cells.get("email", "").strip().lower().removeprefix("mailto:")
    if not name:
        errors.append("The name is missing.")
    if len(name) > LONGEST_NAME:
        errors.append(f"The name is longer than {LONGEST_NAME} letters.")
    if email and not ADDRESS.match(email):
        errors.append(f"“{email[:60]}” is no e-mail address.")
    team = " ".join(cells.get("team", "").split())
    if len(team) > LONGEST_TEAM:
        errors.append(f"The team's name is longer than {LONGEST_TEAM} letters.")
    skills = read_skills(cells.get("skills", ""))
    if any(len(skill) > LONGEST_SKILL for skill in skills) or len(skills) > MOST_SKILLS:
        errors.append(f"At most {MOST_SKILLS} skills of {LONGEST_SKILL} letters.")
    leads, engineers = _lead(cells.get("lead", ""), errors)
    joins = _day(cells.get("from", ""), "The first day", errors) or today
    last = _day(cells.get("until", ""), "The last day", errors)
    if last is not None and last < joins:
        errors.append("The last day is before the first one.")
    if more:
        errors.append("There are more cells than columns.")
    leaves = date.fromordinal(last.toordinal() + 1) if last is not None else None
    return Line(number, name, email, team, skills, leads, engineers, joins, leaves, tuple(errors))


def read_skills(text: str) -> tuple[str, ...]:
    """Skills as people list them, in small letters, each once: "Mobile, DB / search"."""
    found = [" ".join(part.split()).lower() for part in re.split(r"[,;/|+]", text)]
    return tuple(dict.fromkeys(part for part in found if part))


def _lead(text: str, errors: list[str]) -> tuple[bool, bool]:
    word = " ".join(text.lower().split())
    if word in ONLY:
        return True, False
    if word not in YES | NO:
        errors.append(f"“{text[:30]}” for lead: write yes, no or only.")
    return word in YES, True


def _day(text: str, which: str, errors: list[str]) -> date | None:
    word = " ".join(text.split())
    if not word or word in {"-", "–"}:
        return None
    for form in FORMS:
        try:
            found = datetime.strptime(word, form).date()  # noqa: DTZ007  (a day has no zone)
        except ValueError:
            continue
        if 2000 <= found.year <= 2099:
            return found
    errors.append(f"{which}, “{word[:30]}”, is none that is read: write it as 2026-11-30 or 30 Nov 2026.")
    return None


def _with(line: Line, error: str) -> Line:
    return Line(**{**line.__dict__, "errors": (*line.errors, error)})
