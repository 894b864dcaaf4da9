"""The board against a plain page of the same process, over HTTP, in turns."""

import http.client
import random
import time
from dataclasses import dataclass, field

from bench.figures import Section, middle, part, times_of
from bench.sizes import Size
from bench.stand import Portal, Stand

WARM, COLD_TURNS = 20, 7
FILTERED = "/board/?q=clients&label=release"


@dataclass
class Page:
    """An address that is asked again and again: who asks there, as whom, and how long each answer took."""

    name: str
    portal: Portal
    path: str
    signed_in: bool = True
    every: int = 1
    seconds: list[float] = field(default_factory=list)
    size: int = 0
    connection: http.client.HTTPConnection | None = None

    def ask(self) -> float:
        """One request on a connection that is kept; returns the seconds until the last byte."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.portal.port, timeout=60)
            self.connection.connect()
        headers = {"Cookie": f"set_session={self.portal.cookie}"} if self.signed_in else {}
        begun = time.perf_counter()
        self.connection.request("GET", self.path, headers=headers)
        answer = self.connection.getresponse()
        body = answer.read()
        took = time.perf_counter() - begun
        if answer.status != 200:
            raise RuntimeError(f"{self.path} answered {answer.status}")
        self.size = len(body)
        return took

    @property
    def p50(self) -> float:
        return part(self.seconds, 50)

    @property
    def p95(self) -> float:
        return part(self.seconds, 95)


def measure(stand: Stand, size: Size) -> list[Section]:
    portals = {}
    for count in size.open:
        portals[count] = stand.portal(f"board_{count}")
        portals[count].run("rows", count)
        portals[count].start_web()
    first = portals[size.open[0]]
    alone = first.run("ask", "/board/")
    cards = alone["cards"]
    pages = {
        "plain": Page(f"plain page, {cards} cards", first, f"/bench/plain/{cards}/", signed_in=False),
        "board": Page(f"board, {size.open[0]:,} open tickets", first, "/board/"),
        "thousand": Page("plain page, 1,000 cards", first, "/bench/plain/1000/", signed_in=False, every=4),
        "filtered": Page("board, filtered by a word and a label", first, FILTERED, every=2),
        "more": Page(f"the same of {size.open[-1]:,} open tickets", portals[size.open[-1]], FILTERED, every=2),
        "ticket": Page("a ticket's page", first, "/tickets/MM-7/", every=2),
        "list": Page("list of tickets", first, "/tickets/", every=2),
        "home": Page("home", first, "/", every=2),
    }
    _turns(list(pages.values()), size.requests)
    boards = [Page(f"board, {count:,} open tickets", portals[count], "/board/") for count in size.open]
    _equal_turns(boards, size.requests)
    sections = [
        _against_plain(pages, alone, size, cards), _with_more(boards, size), _others(pages),
        _cold(pages["board"], pages["plain"]),
    ]
    for portal in portals.values():
        stand.forget(portal)
    return sections


def _turns(pages: list[Page], requests: int) -> None:
    for _ in range(WARM):
        for page in pages:
            page.ask()
    for turn in range(requests):
        for page in sorted(pages, key=lambda _: random.random()):
            if turn % page.every == 0:
                page.seconds.append(page.ask())


def _equal_turns(pages: list[Page], requests: int) -> None:
    """As `_turns`, for pages of several processes: each is asked twice in a row, and the second answer counts. A
    process that has just waited for the others is colder than one that has not."""
    for turn in range(WARM + requests):
        for page in sorted(pages, key=lambda _: random.random()):
            page.ask()
            took = page.ask()
            if turn >= WARM:
                page.seconds.append(took)


def _against_plain(pages: dict[str, Page], alone: dict[str, int], size: Size, cards: int) -> Section:
    plain, board = pages["plain"], pages["board"]
    section = Section(
        f"The board with {size.open[0]:,} open tickets",
        f"p50 / p95 / p99 of {size.requests} requests each, one at a time in turns over kept connections, to the same "
        f"web process and its database; half as many tickets stand in Backlog and Done. The board draws {cards} cards. "
        "Floor: a plain page with as many cards of seven fields, one query, one template, the same middleware, nobody "
        "signed in.",
    )
    section.add(f"plain page, {cards} cards", times_of(plain.seconds), ratio=f"{plain.size / 1000:.0f} KB")
    section.add("plain page, 1,000 cards", times_of(pages["thousand"].seconds),
                ratio=f"{pages['thousand'].size / 1000:.0f} KB")
    section.add(
        "board", times_of(board.seconds), target="p50 ≤ 1.2 ×, p95 ≤ 1.5 ×",
        ratio=f"p50 {board.p50 / plain.p50:.2f} ×, p95 {board.p95 / plain.p95:.2f} ×",
        met=board.p50 <= 1.2 * plain.p50 and board.p95 <= 1.5 * plain.p95,
    )
    section.queries("queries of the board", alone, 12, cold=True)
    section.add("HTML of the board", f"{board.size / 1000:.0f} KB", target="< 400 KB", met=board.size < 400_000)
    return section


def _with_more(boards: list[Page], size: Size) -> Section:
    first = boards[0]
    section = Section(
        "The board with more open tickets",
        f"p50 / p95 / p99 of {size.requests} requests each, in turns to three portals, each with a database and a web "
        "process of its own.",
    )
    section.add(first.name, times_of(first.seconds), ratio=f"{first.size / 1000:.0f} KB")
    for page in boards[1:]:
        section.add(
            page.name, times_of(page.seconds), target="p50 ≤ 1.05 × that with 1,000", met=page.p50 <= 1.05 * first.p50,
            ratio=f"p50 {page.p50 / first.p50:.2f} ×, {page.size / 1000:.0f} KB",
        )
    return section


def _others(pages: dict[str, Page]) -> Section:
    plain = pages["plain"]
    section = Section("Other pages", "As above, half as many requests; for information.")
    for name in ("filtered", "more", "ticket", "list", "home"):
        page = pages[name]
        section.add(page.name, times_of(page.seconds), ratio=f"p50 {page.p50 / plain.p50:.2f} × the plain page")
    return section


def _cold(board: Page, plain: Page) -> Section:
    """After a change the counts and what stands around the cards are read anew; after a restart all cards are drawn."""
    after_event, after_start = [], []
    for _ in range(COLD_TURNS):
        board.portal.run("stale")
        board.connection = None  # the server has given up the one that waited
        after_event.append(board.ask())
    for _ in range(COLD_TURNS):
        board.portal.stop_web()
        board.portal.start_web()
        board.connection = plain.connection = None
        plain.ask()  # the process has imported everything and holds a connection; the board is not drawn yet
        after_start.append(board.ask())
    section = Section("The board when nothing is kept", "Medians; for information.")
    section.add("first board after a live event", f"{middle(after_event) * 1000:.1f} ms",
                ratio=f"{middle(after_event) / plain.p50:.2f} × the plain page")
    section.add("first board of a web process that has just started", f"{middle(after_start) * 1000:.1f} ms",
                ratio=f"{middle(after_start) / plain.p50:.2f} × the plain page")
    return section
