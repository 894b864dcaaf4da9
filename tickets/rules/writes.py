"""Writes to Jira, thought through: what is a conflict, what a person is asked, what a card shows meanwhile. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LABELS = {"status": "Status", "assignee": "Assignee", "priority": "Priority"}


@dataclass(frozen=True)
class StepFacts:
    """A transition: its target status, and the fields its screen demands ({id, name, kind, allowed})."""

    id: str
    name: str
    to: str
    to_name: str
    fields: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Conflict:
    """A field that Jira changed after the card was drawn: what it was, mine, theirs; each as value and in words."""

    field: str
    base: tuple[Any, str]
    mine: tuple[Any, str]
    theirs: tuple[Any, str]


def conflicts_of(wanted: Mapping[str, Any], now: Mapping[str, Any]) -> list[Conflict]:
    """The fields in which Jira stands neither as it was drawn nor as it is wanted.

    `wanted` is the payload of a `jira.change`; `now` holds status (id), assignee, priority, and `words` for each.
    """
    mine: dict[str, Sequence[Any]] = {name: [value] for name, value in wanted.get("set", {}).items()}
    if wanted.get("to"):
        mine["status"] = wanted["to"]
    base, names = wanted.get("base", {}), wanted.get("names", {})
    found = []
    for field, values in mine.items():
        theirs = now.get(field)
        if field not in base or theirs in values or theirs == base[field]:
            continue
        words = names.get(field, {})
        found.append(Conflict(
            field, (base[field], _words(words, base[field])), (values[0], _words(words, values[0])),
            (theirs, str(now.get("words", {}).get(field) or _words(words, theirs))),
        ))
    return found


def question_of_conflict(conflicts: Iterable[Conflict]) -> dict[str, Any]:
    """What a person is asked: per field, what it was, mine, theirs."""
    return {"kind": "conflict", "fields": [
        {"field": one.field, "label": LABELS.get(one.field, one.field), "base": one.base[0], "base_words": one.base[1],
         "mine": one.mine[0], "mine_words": one.mine[1], "theirs": one.theirs[0], "theirs_words": one.theirs[1]}
        for one in conflicts
    ]}


def question_of_fields(step: StepFacts) -> dict[str, Any]:
    """What a person is asked: the fields that Jira demands for this transition."""
    return {"kind": "fields", "step": step.name, "to": step.to_name, "fields": [dict(field) for field in step.fields]}


def question_words(question: Mapping[str, Any] | None) -> str:
    """A question in a sentence, as the card says it; "" for none."""
    if not question:
        return ""
    if question.get("kind") == "conflict":
        return "Jira's value changed meanwhile."
    return f"Jira asks for: {', '.join(str(field['name']) for field in question.get('fields', []))}."


class BadAnswer(ValueError):
    """An answer that does not fit its question; `faults` maps a field to a sentence."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(" ".join(faults.values()))
        self.faults = dict(faults)


def answered(payload: Mapping[str, Any], question: Mapping[str, Any], answers: Mapping[str, str]) -> dict[str, Any]:
    """The payload of a change with a person's answers. Raises `BadAnswer`.

    Of a conflict each field is answered "mine" or "theirs": mine is then meant over what Jira has now; theirs is taken
    out of the write.
    """
    fields = question.get("fields", [])
    if question.get("kind") == "conflict":
        return _decided(payload, fields, answers)
    faults, given = {}, {}
    for field in fields:
        value = answers.get(field["id"], "").strip()
        allowed = {pair[0] for pair in field.get("allowed", [])}
        if not value:
            faults[field["id"]] = f"{field['name']} is needed."
        elif allowed and value not in allowed:
            faults[field["id"]] = f"Choose {field['name']} from the list."
        given[field["id"]] = value
    if faults:
        raise BadAnswer(faults)
    return {**payload, "answers": {**payload.get("answers", {}), **given}}


def _decided(
    payload: Mapping[str, Any], fields: Iterable[Mapping[str, Any]], answers: Mapping[str, str]
) -> dict[str, Any]:
    new = {**payload, "base": dict(payload.get("base", {})), "set": dict(payload.get("set", {}))}
    faults = {}
    for field in fields:
        name, choice = field["field"], answers.get(field["field"])
        if choice == "mine":
            new["base"][name] = field["theirs"]
        elif choice == "theirs":
            new["set"].pop(name, None)
            if name == "status":
                new["to"] = []
        else:
            faults[name] = f"Choose a value for {field['label']}."
    if faults:
        raise BadAnswer(faults)
    return new


def writes_nothing(payload: Mapping[str, Any]) -> bool:
    """Whether a change has nothing left to write."""
    return not any(payload.get(part) for part in ("set", "to", "add", "remove"))


def with_labels(labels: Sequence[str], changes: Iterable[Mapping[str, Any]]) -> list[str]:
    """The labels with open writes over them."""
    found = list(labels)
    for change in changes:
        found = [label for label in found if label not in change.get("labels_remove", [])]
        found += [label for label in change.get("labels_add", []) if label not in found]
    return found


def _words(names: Mapping[str, str], value: Any) -> str:
    if value in (None, ""):
        return "nobody" if value is None else "none"
    return str(names.get(str(value)) or value)
