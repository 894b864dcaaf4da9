"""What of a half-filled form is kept, and when there is something to keep."""

from collections.abc import Mapping

from escalations.rules.intake import GROUP_OF

LONGEST = 110_000  # characters of a field: more than any of them takes, so that what is too long can be shortened later
# Chosen for somebody, not by them.
_PROPOSED = frozenset({"source", "kind", "level", "confidential", "began_which"})


def kept(values: Mapping[str, str]) -> dict[str, str]:
    """The fields of the form as typed, without those that are empty, and without the NUL that no JSON column takes."""
    found = {}
    for name in GROUP_OF:
        typed = values.get(name)
        if isinstance(typed, str) and (clean := _storable(typed)):
            found[name] = clean
    return found


def says_something(values: Mapping[str, str]) -> bool:
    """Whether somebody typed a word that would be missed."""
    return any(value.strip() for name, value in values.items() if name not in _PROPOSED)


def name_of(values: Mapping[str, str]) -> str:
    """By what a draft is known in a list."""
    return " · ".join(part for part in (values.get("customer", "").strip()[:80], values.get("title", "").strip()[:120])
                      if part) or "Without a title yet"


def _storable(typed: str) -> str:
    return typed[:LONGEST].replace("\x00", "").encode("utf-8", "ignore").decode()
