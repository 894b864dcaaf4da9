"""An upload to a really running portal: it streams to disk, is looked through by the worker, and what is too large is
answered before it is stored."""

import http.client
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from escalations.choices import FileState
from escalations.models import EscalationFile
from escalations.tests.test_secrets import GITHUB
from people.choices import Role
from people.tests.factories import person
from portal.supervisor.running import RunningPortal
from portal.tests.patience import PATIENCE

LINE = b'{"level":"info","msg":"Received HTTP request","url":"/api/v4/users/me","status_code":"200"}\n'


@pytest.fixture(scope="module")
def portal(run_portal: Callable[..., AbstractContextManager[RunningPortal]]) -> Iterator[RunningPortal]:
    with run_portal(worker=True) as running:
        yield running


@pytest.fixture(scope="module")
def cookies(portal: RunningPortal) -> dict[str, str]:
    return portal.cookies_of(lambda: person(Role.SUPPORT)) | {"set_csrf": "a" * 32}


def form(parts: dict[str, str], size: int) -> tuple[str, bytes, bytes]:
    """The head and the tail of a form with one file of so many bytes, and its content type."""
    edge = uuid.uuid4().hex
    fields = "".join(f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                     for name, value in parts.items())
    head = f'{fields}--{edge}\r\nContent-Disposition: form-data; name="files"; filename="app.log"\r\n\r\n'
    return f"multipart/form-data; boundary={edge}", head.encode(), f"\r\n--{edge}--\r\n".encode()


def pieces(head: bytes, size: int, tail: bytes, secret: bytes = b"") -> Iterator[bytes]:
    yield head
    block = LINE * (1_000_000 // len(LINE))
    left = size - len(secret)
    while left > 0:
        yield block[:left]
        left -= len(block)
    yield secret + tail


def send(portal: RunningPortal, cookies: dict[str, str], size: int, **more: Any) -> httpx.Response:
    kind, head, tail = form({"draft": str(uuid.uuid4())}, size)
    secret = f"\ntoken {GITHUB}\n".encode()
    heads = {"Content-Type": kind, "Content-Length": str(len(head) + size + len(tail)), "Accept": "application/json",
             "X-CSRFToken": "a" * 32, "Origin": portal.url} | more
    with httpx.Client(cookies=cookies, timeout=PATIENCE) as client:
        return client.post(f"{portal.url}/escalations/files/", content=pieces(head, size, tail, secret), headers=heads)


def left_behind(portal: RunningPortal) -> list[Path]:
    return [path for path in portal.var.rglob("tmp*") if path.is_file()]


def test_a_large_file_streams_to_disk_and_is_looked_through(portal: RunningPortal, cookies: dict[str, str]) -> None:
    web = psutil.Process(portal.children["web"].process.pid)
    send(portal, cookies, 1_000)  # all is loaded
    before, size = web.memory_info().rss, 60_000_000
    answer = send(portal, cookies, size)
    assert answer.status_code == 201, answer.text
    assert web.memory_info().rss - before < 30_000_000
    assert not left_behind(portal)
    number = answer.json()["files"][0]["id"]

    def held() -> bool:
        with portal.rows():
            row = EscalationFile.objects.get(pk=number)
            return (row.state, row.found, row.size) == (FileState.HELD, 1, size)

    portal.until(held, what="the file was not looked through")


def test_two_gigabytes_are_refused_before_they_come(portal: RunningPortal, cookies: dict[str, str]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", portal.port, timeout=PATIENCE)
    kind, head, _ = form({}, 0)
    connection.putrequest("POST", "/escalations/files/")
    for name, value in (("Content-Type", kind), ("Content-Length", "2000000000"), ("Accept", "application/json"),
                        ("Cookie", "; ".join(f"{name}={value}" for name, value in cookies.items()))):
        connection.putheader(name, value)
    connection.endheaders()
    connection.send(head + LINE * 1000)
    answer = connection.getresponse()
    assert answer.status == 413
    assert b"larger than the 105 MB" in answer.read(200)
    connection.close()
    assert not left_behind(portal)


def test_what_does_not_say_how_large_it_is_is_counted(portal: RunningPortal, cookies: dict[str, str]) -> None:
    kind, head, tail = form({}, 0)
    heads = {"Content-Type": kind, "X-CSRFToken": "a" * 32, "Origin": portal.url, "Accept": "application/json"}
    with httpx.Client(cookies=cookies, timeout=PATIENCE) as client:
        answer = client.post(f"{portal.url}/escalations/files/", content=pieces(head, 106_000_000, tail), headers=heads)
    assert answer.status_code == 413
    assert "larger than" in answer.json()["refused"][0]


def test_a_worker_killed_over_a_file_leaves_it_for_the_next(
    run_portal: Callable[..., AbstractContextManager[RunningPortal]],
) -> None:
    with run_portal(worker=True, beat=True) as running:
        mine = running.cookies_of(lambda: person(Role.SUPPORT)) | {"set_csrf": "a" * 32}
        running.freeze("worker")
        number = send(running, mine, 40_000_000).json()["files"][0]["id"]
        running.thaw("worker")

        def state() -> tuple[str, int]:
            with running.rows():
                row = EscalationFile.objects.get(pk=number)
                return row.state, row.tries

        running.until(lambda: state()[1] == 1, what="nobody began to look through it")
        running.kill("worker")
        assert state() == (FileState.QUARANTINE, 1)
        running.revive("worker")
        running.until(lambda: state()[0] == FileState.HELD, what="nobody went on")
