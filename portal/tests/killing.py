"""Work in a process of its own that is killed with -9 at one of its steps: nothing of it is cleaned up, as when a
machine loses power. What it had committed, and what other systems had done for it, stays."""

import os
import signal
from collections.abc import Callable
from typing import Any

import httpx
from django.db import connection, connections, transaction

from portal.tests.patience import until

WRITES = {"POST", "PUT", "PATCH", "DELETE"}
HIDDEN = {"users/ids", "users/usernames"}  # asked by POST, and nothing is written


class _Steps:
    """Ends this process right before the step of this number, counted from 0."""

    def __init__(self, number: int) -> None:
        self.left = number

    def step(self) -> None:
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)


def _each(number: int, work: Callable[[], object]) -> None:
    """Steps are statements of the database, and requests: right before each, and once it is answered."""
    steps, real = _Steps(number), httpx.Client.send

    def statement(execute: Callable[..., Any], *told: Any) -> Any:
        steps.step()
        return execute(*told)

    def send(client: httpx.Client, request: httpx.Request, **more: Any) -> httpx.Response:
        steps.step()
        answer = real(client, request, **more)
        steps.step()
        return answer

    httpx.Client.send = send  # type: ignore[method-assign, assignment]
    with connection.execute_wrapper(statement):
        work()


def _writes(number: int, work: Callable[[], object]) -> None:
    """Steps are requests that write: each has had its effect, and its answer is lost."""
    steps, real = _Steps(number), httpx.Client.send

    def send(client: httpx.Client, request: httpx.Request, **more: Any) -> httpx.Response:
        answer = real(client, request, **more)
        if request.method in WRITES and not any(request.url.path.endswith(one) for one in HIDDEN):
            steps.step()
        return answer

    httpx.Client.send = send  # type: ignore[method-assign, assignment]
    work()


def _after_commit(_number: int, work: Callable[[], object]) -> None:
    """The one step is the commit: nothing that follows it is done."""
    with transaction.atomic():
        transaction.on_commit(_Steps(0).step)
        work()


def killed_before(step: int, work: Callable[[], object]) -> bool:
    """Do this elsewhere, killed before its step of this number. False: it has fewer, and came to its end."""
    return _killed(_each, step, work)


def killed_writing(number: int, work: Callable[[], object]) -> bool:
    """Do this elsewhere, killed once its write of this number has reached the other system. False: it makes fewer."""
    return _killed(_writes, number, work)


def killed_committed(work: Callable[[], object]) -> None:
    """Do this in one transaction elsewhere, killed once that is committed and before anything that follows."""
    assert _killed(_after_commit, 0, work)


def _killed(way: Callable[[int, Callable[[], object]], None], number: int, work: Callable[[], object]) -> bool:
    connections.close_all()  # nobody shares a connection with a process that is killed
    child = os.fork()
    if child == 0:
        try:
            way(number, work)
        except BaseException:
            os._exit(1)
        os._exit(0)
    try:
        ended = until(lambda: _ended(child), "it never came to its end")[1]
    except AssertionError:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise
    assert ended in (0, signal.SIGKILL), f"it failed in its own way: {ended}"
    return ended == signal.SIGKILL


def _ended(child: int) -> tuple[int, int] | None:
    """Its number and how it ended, once it has."""
    found = os.waitpid(child, os.WNOHANG)
    return found if found[0] else None
