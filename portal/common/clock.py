"""The one place that reads the clock. Views, tasks and commands call it once and pass `at=` on."""

from datetime import UTC, datetime


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)
