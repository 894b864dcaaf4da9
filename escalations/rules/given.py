"""What a reporter has given already of that for which an answer may ask."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Given:
    """In words: `said` what was given, `open` what was not; "" where there is nothing of it."""

    said: str
    open: str


def given(values: Mapping[str, str], there: Mapping[str, bool]) -> Given:
    """The names with their `values`, then the names of what is `there`, as two lists in words."""
    known = [f"{name} {' '.join(value.split())}" for name, value in values.items() if value.strip()]
    known += [name for name, is_there in there.items() if is_there]
    missing = [name for name, value in values.items() if not value.strip()]
    missing += [name for name, is_there in there.items() if not is_there]
    return Given(", ".join(known), ", ".join(missing))
