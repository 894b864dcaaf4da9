"""A version of the playbook as data: what is wrong with it, and what it says otherwise than another. Pure.

A version is a list of stages as `PlaybookVersion.stages` holds them.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from incidents.choices import EvidenceKind, StepKind

Stage = dict[str, Any]
Step = dict[str, Any]
STAGES, STEPS = 12, 12  # at most: more is no playbook, and the form has a thousand fields at most
LONGEST = {"title": 80, "entry": 300, "exit": 300}
LONGEST_STEP = {"title": 160, "hint": 300}
MINUTES, DAYS = 7 * 24 * 60, 60
_DUE = re.compile(r"(\d{1,5})\s*(min|m|h|bd|d)")


def due_of(text: str) -> tuple[int | None, int | None]:
    """When a step is due, as somebody types it: (minutes after the declaring, business days after the resolution).
    "15 min" is (15, None), "2 h" is (120, None), "3 bd" is (None, 3), "" is (None, None). Raises `ValueError`."""
    if not text.strip():
        return None, None
    found = _DUE.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError("Write 15 min or 2 h after the declaring, 3 bd for business days after the resolution.")
    number, unit = int(found[1]), found[2]
    if unit in ("bd", "d"):
        if not 1 <= number <= DAYS:
            raise ValueError(f"From 1 to {DAYS} business days.")
        return None, number
    minutes = number * 60 if unit == "h" else number
    if not 1 <= minutes <= MINUTES:
        raise ValueError("From one minute to seven days.")
    return minutes, None


def due_text(step: Mapping[str, Any]) -> str:
    """The same the other way: "15 min", "2 h", "3 bd", ""."""
    if step.get("days"):
        return f"{step['days']} bd"
    minutes = step.get("minutes")
    if not minutes:
        return ""
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"


def what_of(step: Mapping[str, Any]) -> str:
    """Kind and evidence in one word: "do", "reply", "executive", "evidence:bundle"."""
    kind = step.get("kind") or StepKind.DO.value
    return f"{kind}:{step['evidence']}" if kind == StepKind.EVIDENCE and step.get("evidence") else str(kind)


def what_words(step: Mapping[str, Any]) -> str:
    """The same for people: "evidence: support bundle"."""
    kind, _, evidence = what_of(step).partition(":")
    label = StepKind(kind).label.lower()
    return f"evidence: {EvidenceKind(evidence).label.lower()}" if evidence else label


def key_for(title: str, taken: Collection[str]) -> str:
    """A key for something new: of its title's letters, and none that another has."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:32].strip("-") or "step"
    number, key = 2, base
    while key in taken:
        key, number = f"{base}-{number}", number + 1
    return key


def faults(stages: Sequence[Stage]) -> list[str]:
    """What is wrong with a whole version, in words; nothing where it can be worked by."""
    found = []
    if not stages:
        found.append("A playbook has a stage at least.")
    if len(stages) > STAGES:
        found.append(f"At most {STAGES} stages: more than that nobody follows at night.")
    for stage in stages:
        if not stage["steps"]:
            found.append(f"{stage['title']} has no step.")
        if len(stage["steps"]) > STEPS:
            found.append(f"{stage['title']} has more than {STEPS} steps.")
    asked = [step["title"] for stage in stages for step in stage["steps"] if step["kind"] == StepKind.EXECUTIVE]
    if len(asked) > 1:
        found.append("The executive is told in one step, not in two.")
    if stages and not asked:
        found.append("One step has the executive told of a long outage: leave it in.")
    return found


def differences(old: Sequence[Stage], new: Sequence[Stage]) -> tuple[str, ...]:
    """What a version says otherwise than the one before, in words."""
    return (*_of_stages(old, new), *_of_steps(old, new))


def _of_stages(old: Sequence[Stage], new: Sequence[Stage]) -> Iterator[str]:
    before, after = ({stage["key"]: stage for stage in each} for each in (old, new))
    yield from (f"Stage taken out: {stage['title']}" for key, stage in before.items() if key not in after)
    yield from (f"New stage: {stage['title']}" for key, stage in after.items() if key not in before)
    if _order(old, after) != _order(new, before):
        yield "The stages stand in another order"
    for key, stage in after.items():
        if key in before:
            yield from _of_stage(before[key], stage)


def _of_stage(old: Stage, new: Stage) -> Iterator[str]:
    if old["title"] != new["title"]:
        yield f"Stage {old['title']} is called {new['title']}"
    for name, word in (("entry", "begins"), ("exit", "ends")):
        if old.get(name, "") != new.get(name, ""):
            yield f"{new['title']} {word}: {new.get(name) or 'not said'}"
    if bool(old.get("timeline")) != bool(new.get("timeline")):
        names = "name" if new.get("timeline") else "no longer name"
        yield f"{new['title']}: replies {names} the expected resolution"


def _of_steps(old: Sequence[Stage], new: Sequence[Stage]) -> Iterator[str]:
    before, after = _steps(old), _steps(new)
    yield from (f"Taken out of {stage}: {step['title']}" for key, (stage, step) in before.items() if key not in after)
    yield from (f"New in {stage}: {step['title']}" for key, (stage, step) in after.items() if key not in before)
    for key, (stage, step) in after.items():
        if key in before:
            yield from _of_step(before[key][1], step)
            if before[key][0] != stage and before[key][0] in {one["title"] for one in new}:
                yield f"{step['title']} stands in {stage}"
    kept = {stage["key"]: stage for stage in old}
    for row in new:
        last = kept.get(row["key"])
        if last and _order(last["steps"], after) != _order(row["steps"], before):
            yield f"{row['title']}: the steps stand in another order"


def _of_step(old: Step, new: Step) -> Iterator[str]:
    if old["title"] != new["title"]:
        yield f"{old['title']} is called {new['title']}"
    if what_of(old) != what_of(new):
        yield f"{new['title']}: {what_words(new)}, was {what_words(old)}"
    if due_text(old) != due_text(new):
        yield f"{new['title']}: due {due_text(new) or 'at no time'}, was {due_text(old) or 'at no time'}"
    if old.get("hint", "") != new.get("hint", ""):
        yield f"{new['title']}: {'another hint' if new.get('hint') else 'no hint any more'}"


def _steps(stages: Sequence[Stage]) -> dict[str, tuple[str, Step]]:
    return {step["key"]: (stage["title"], step) for stage in stages for step in stage["steps"]}


def _order(rows: Sequence[Mapping[str, Any]], others: Collection[str]) -> list[str]:
    """The keys in their order, of those that both versions have."""
    return [row["key"] for row in rows if row["key"] in others]
