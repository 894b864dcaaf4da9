"""Handing work to the worker, without waiting for a broker that is away."""

import contextlib
import time
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any, cast

import structlog
from celery import Task, current_app
from kombu import Connection
from kombu.exceptions import OperationalError

from portal.common.away import is_away, kept_waiting

TICK = "portal.help_tick"  # the task's name: a worker looks at what is due now, and not with the next second

log = structlog.get_logger(__name__)
AT_ONCE: dict[str, float] = {
    "max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0, "socket_connect_timeout": 2,
    "socket_timeout": 2, "retry_on_timeout": False,
}

SLOW = 1.5  # seconds; kombu does not tell a time-out from a refusal


_shared: "ContextVar[Connection | None]" = ContextVar("shared connection", default=None)


@contextlib.contextmanager
def one_connection() -> Iterator[None]:
    """What is queued meanwhile goes over one connection: opening one takes longer than all the rest."""
    app = current_app
    options = {**app.conf.broker_transport_options, **AT_ONCE}
    with app.connection_for_write(transport_options=options) as connection:
        before = _shared.set(connection)
        try:
            yield
        finally:
            _shared.reset(before)


def queue(
    task: "Task[Any, None] | str", *args: object, expires: float | None = None, where: str | None = None
) -> bool:
    """Hand a task (or its name) to the worker. False when the broker is away, so that the page can say so. `where`:
    another queue than the task's own.

    The connection is the call's own: one of Celery's pool tries for 6 s before it gives up, even with retry=False.
    """
    app = current_app
    name = task if isinstance(task, str) else str(task.name)
    address = str(app.conf.broker_url)
    if is_away(address):
        log.warning("task not queued", task=name, error="the broker did not answer a moment ago")
        return False
    began = time.monotonic()
    options = {**app.conf.broker_transport_options, **AT_ONCE}
    try:
        shared = _shared.get()
        own = contextlib.nullcontext(shared) if shared else app.connection_for_write(transport_options=options)
        with own as connection:
            sent = {"retry": False, "connection": connection, "expires": expires, "queue": where}
            app.send_task(name, args, **cast("Any", sent))
    except (OperationalError, OSError) as error:
        _shared.set(None)  # what has failed once is not used again
        if time.monotonic() - began > SLOW:
            kept_waiting(address)
        log.warning("task not queued", task=name, error=str(error))
        return False
    return True
