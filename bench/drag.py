"""Moving cards while Jira is slow, and the preview of an order."""

import http.client
import time
from urllib.parse import urlencode

from bench.figures import Section, part, times_of
from bench.sizes import Size
from bench.stand import Portal, Stand
from integrations.sandbox.testing import Sandbox, run_sandbox

ISSUES, TODO, SLOW_MS = 700, 500, 2_000
TOKEN = "0123456789abcdefghijABCDEFGHIJ01"  # noqa: S105  (cookie and header say the same; that is all it takes)


def measure(stand: Stand, size: Size) -> list[Section]:
    with run_sandbox(issues=ISSUES) as sandbox:
        _fill(sandbox)
        portal = stand.portal("drag", jira=sandbox.jira_url)
        portal.run("sync", "full")
        portal.start_web()
        portal.start_worker()
        sandbox.control("delay", {"ms": SLOW_MS})
        try:
            return [_drags(portal, size), _preview(portal, size)]
        finally:
            sandbox.control("delay", {"ms": 0})
            stand.forget(portal)


def _fill(sandbox: Sandbox) -> None:
    """A To Do of 500, in no order that the priority of work would choose, and some tickets in progress."""
    keys = [f"MM-{number}" for number in range(1, ISSUES + 1)]
    sandbox.bulk("set", issues=keys[:TODO], fields={"status": "To Do"})
    sandbox.bulk("set", issues=keys[TODO:], fields={"status": "In Progress"})
    for start, label in ((0, "customer-bug"), (3, "hotfix"), (7, "technical-debt")):
        sandbox.bulk("set", issues=keys[start:TODO:11], fields={"labels": [label]})


def _asked(portal: Portal, method: str, path: str, given: dict[str, str] | None = None) -> float:
    """One request on a connection of its own; returns the seconds until the last byte of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", portal.port, timeout=60)
    connection.connect()
    headers = {
        "Cookie": f"set_session={portal.cookie}; set_csrf={TOKEN}", "X-CSRFToken": TOKEN, "HX-Request": "true",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    begun = time.perf_counter()
    connection.request(method, path, body=urlencode(given) if given else None, headers=headers)
    answer = connection.getresponse()
    answer.read()
    took = time.perf_counter() - begun
    connection.close()
    if answer.status >= 300:
        raise RuntimeError(f"{method} {path} answered {answer.status}")
    return took


def _drags(portal: Portal, size: Size) -> Section:
    moves, floor = [], []
    for number in range(size.requests):
        issue = 1 + number % 200
        to = "todo" if (number // 200) % 2 else "in_progress"
        if number % 3 == 2:  # within To Do, next to another: with a reason where the rule asks for one
            given = {"before": f"MM-{300 + number % 150}", "reason": "measured"}
            moves.append(_asked(portal, "POST", f"/tickets/MM-{470 + number % 25}/move/", given))
        else:
            moves.append(_asked(portal, "POST", f"/tickets/MM-{issue}/move/", {"to": to}))
        floor.append(_asked(portal, "GET", "/bench/plain/50/"))
    section = Section(
        "A drag, while Jira answers in 2 s",
        f"{size.requests} moves of cards, to another column and within a To Do of {TODO}, while two processes of the "
        f"worker write them to a Jira that takes {SLOW_MS / 1000:g} s for each answer; in turns with a plain page of "
        "50 cards.",
    )
    p95 = part(moves, 95)
    section.add("a move, p50 / p95 / p99", times_of(moves), target="p95 < 100 ms", met=p95 < 0.1)
    section.add("a plain page", times_of(floor))
    section.add("ratio of the p95", f"{p95 / part(floor, 95):.2f} x")
    return section


def _preview(portal: Portal, size: Size) -> Section:
    previews, floor = [], []
    for _ in range(max(size.requests // 10, 20)):
        previews.append(_asked(portal, "GET", "/board/order/"))
        floor.append(_asked(portal, "GET", "/bench/plain/200/"))
    section = Section(
        f"The preview of an order of {TODO}", "The page on which To Do is put in the order of the priority of work.",
    )
    p95 = part(previews, 95)
    section.add("the preview, p50 / p95 / p99", times_of(previews), target="p95 < 200 ms", met=p95 < 0.2)
    section.add("a plain page of 200 cards", times_of(floor))
    section.add("ratio of the p95", f"{p95 / part(floor, 95):.2f} x")
    return section
