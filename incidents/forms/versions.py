"""A playbook as somebody types it: stages that open, a line for each step. One without a title is taken out."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from incidents.choices import EvidenceKind, StepKind
from incidents.rules.playbook import (
    LONGEST,
    LONGEST_STEP,
    STAGES,
    STEPS,
    Stage,
    Step,
    due_of,
    due_text,
    key_for,
    what_of,
)
from incidents.rules.words import clean_line

_KEY = re.compile(r"[a-z0-9-]{1,40}")
SPARE = 2  # empty lines at the end of a stage
WHATS = [
    *((kind.value, kind.label) for kind in StepKind if kind != StepKind.EVIDENCE),
    *((f"{StepKind.EVIDENCE.value}:{kind}", f"Evidence: {label.lower()}") for kind, label in EvidenceKind.choices),
]


@dataclass
class StepRow:
    """A line of the form. `name`: what its fields' names begin with; `key` "": it is new."""

    name: str
    key: str
    position: str = ""
    title: str = ""
    what: str = StepKind.DO.value
    due: str = ""
    hint: str = ""
    error: str = ""


@dataclass
class StageRow:
    """A stage of the form, with its lines."""

    name: str
    key: str
    position: str = ""
    title: str = ""
    entry: str = ""
    exit: str = ""
    timeline: bool = False
    steps: list[StepRow] = field(default_factory=list)
    error: str = ""

    @property
    def kept(self) -> int:
        """How many steps it has; the empty lines are none."""
        return sum(bool(line.title) for line in self.steps)

    @property
    def wrong(self) -> bool:
        return bool(self.error) or any(line.error for line in self.steps)


class PlaybookForm:
    """`stages` is what came of it; `rows` what is drawn. Nothing that was typed is lost by a mistake."""

    def __init__(self, data: Mapping[str, str] | None, *, stages: list[Stage], number: int) -> None:
        self.note, self.seen = (data or {}).get("note", ""), _number((data or {}).get("seen", ""), number)
        self.rows = [_row(place, stage) for place, stage in enumerate(stages)] if data is None else list(_typed(data))
        self.errors: list[str] = []
        self.stages: list[Stage] = []
        if data is not None:
            self.stages = self._stages()
        self._spare()

    def is_valid(self) -> bool:
        return not self.errors and not any(self.wrong())

    def wrong(self) -> list[tuple[str, str]]:
        """What is wrong: the control's id, and why."""
        stages = [(f"{row.name}-title", row.error) for row in self.rows if row.error]
        steps = [(f"{line.name}-{'due' if line.title else 'title'}", f"{line.title or 'A step'}: {line.error}")
                 for row in self.rows for line in row.steps if line.error]
        return stages + steps

    def _stages(self) -> list[Stage]:
        """The stages as they were typed, in the order of their numbers; errors stand at their lines."""
        rows = [row for row in self.rows if row.title or any(line.title for line in row.steps)]
        taken, lines = set[str](), set[str]()
        return [self._stage(row, taken, lines) for row in sorted(rows, key=lambda row: _place(row.position))]

    def _stage(self, row: StageRow, taken: set[str], lines: set[str]) -> Stage:
        if not row.title:
            row.error = "A stage with steps has a title."
        known = {one.key for one in self.rows}
        key = row.key if row.key and row.key not in taken else key_for(row.title, taken | known)
        taken.add(key)
        kept = sorted((line for line in row.steps if line.title), key=lambda line: _place(line.position))
        return {"key": key, "title": row.title, "entry": row.entry, "exit": row.exit, "timeline": row.timeline,
                "steps": [_step(line, lines, {each.key for one in self.rows for each in one.steps}) for line in kept]}

    def _spare(self) -> None:
        """Empty lines, so that something can be added without a script."""
        if len(self.rows) < STAGES and not any(not row.key and not row.title for row in self.rows):
            self.rows.append(StageRow(name=f"new_{len(self.rows)}", key="", position=str(len(self.rows) + 1)))
        for row in self.rows:
            empty = sum(not line.title for line in row.steps)
            for _ in range(max(min(SPARE - empty, STEPS - len(row.steps)), 0)):
                number = len(row.steps)
                row.steps.append(StepRow(name=f"{row.name}-_{number}", key="", position=str(number + 1)))


def _step(line: StepRow, taken: set[str], known: set[str]) -> Step:
    minutes = days = None
    try:
        minutes, days = due_of(line.due)
    except ValueError as error:
        line.error = str(error)
    key = line.key if line.key and line.key not in taken else key_for(line.title, taken | known)
    taken.add(key)
    kind, _, evidence = line.what.partition(":")
    told: Step = {"key": key, "title": line.title, "kind": kind, "evidence": evidence, "minutes": minutes,
                  "days": days, "hint": line.hint}
    return {name: value for name, value in told.items() if value or name == "kind"}


def _row(place: int, stage: Stage) -> StageRow:
    name = f"s-{stage['key']}"
    steps = [
        StepRow(f"{name}-{step['key']}", step["key"], str(number), step["title"], what_of(step), due_text(step),
                step.get("hint", ""))
        for number, step in enumerate(stage["steps"], start=1)
    ]
    return StageRow(name, stage["key"], str(place + 1), stage["title"], stage.get("entry", ""), stage.get("exit", ""),
                    bool(stage.get("timeline")), steps)


def _typed(data: Mapping[str, str]) -> Iterator[StageRow]:
    """The rows as they were sent; their keys and lines stand in two lists, so that no name says what is what."""
    for name in data.get("stages", "").split()[: STAGES + 1]:
        def value(part: str, of: str = name) -> str:
            return data.get(f"{of}-{part}", "")

        row = StageRow(name, _known(name, "s-"), value("position"), clean_line(value("title"), LONGEST["title"]),
                       clean_line(value("entry"), LONGEST["entry"]), clean_line(value("exit"), LONGEST["exit"]),
                       value("timeline") == "1")
        for line in value("steps").split()[: STEPS + SPARE]:
            row.steps.append(StepRow(
                line, _known(line, f"{name}-"), value("position", line),
                clean_line(value("title", line), LONGEST_STEP["title"]), _what(value("what", line)),
                clean_line(value("due", line), 20), clean_line(value("hint", line), LONGEST_STEP["hint"]),
            ))
        yield row


def _known(name: str, before: str) -> str:
    """The key that a row's name holds; "" for a new one."""
    key = name.removeprefix(before)
    return key if key != name and _KEY.fullmatch(key) else ""


def _what(given: str) -> str:
    return given if given in dict(WHATS) else StepKind.DO.value


def _place(text: str) -> float:
    """Where a row stands by the number typed beside it; the last without one."""
    return _number(text, 999)


def _number(text: Any, otherwise: int) -> int:
    digits = str(text).strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 9 else otherwise
