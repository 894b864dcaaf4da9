"""The holidays that the handbook ships, read from its file: rules are tested without a database."""

import tomllib
from datetime import date

from cadence.actions.handbook import HANDBOOK

SHIPPED = frozenset(
    date.fromisoformat(day) for day in tomllib.loads((HANDBOOK / "holidays.toml").read_text())["days"]
)
