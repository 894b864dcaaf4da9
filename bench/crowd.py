"""Many open boards: `python -m bench.crowd <port> <cookie> <count> [path]` holds their streams, or those of another
page, and tells what reached them.

Lines out: `open <n>` once all are open; `done` with JSON at the end: what is told of a change → when it first came to
each board that got it (monotonic seconds, the same clock for all processes of a machine), so never more moments than
boards, however often one is told the same. A line in ends it.
"""

import asyncio
import json
import re
import resource
import sys
import time
from collections import defaultdict

SAID = re.compile(rb"bench-\d+-end")
AT_ONCE = 40


class Crowd:
    def __init__(self, port: int, cookie: str, path: str) -> None:
        self.port, self.cookie, self.path, self.open = port, cookie, path, 0
        self.seen: dict[str, list[float]] = defaultdict(list)
        self.doors = asyncio.Semaphore(AT_ONCE)

    async def board(self, opened: asyncio.Event) -> None:
        """One open board: it reads until the end."""
        async with self.doors:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            lines = (f"GET {self.path}?since=0 HTTP/1.1", "Host: 127.0.0.1", f"Cookie: set_session={self.cookie}")
            writer.write("\r\n".join([*lines, "", ""]).encode())
            head = await reader.readuntil(b"retry: 2000\n\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(head.decode(errors="replace")[:200])
        self.open += 1
        opened.set()
        rest, mine = b"", set[bytes]()
        while piece := await reader.read(65_536):
            now, rest = time.monotonic(), rest + piece
            for found in set(SAID.findall(rest)) - mine:
                mine.add(found)
                self.seen[found.decode()].append(now)
            # An event that came whole is done with; of the last one, its beginning may be all there is yet.
            rest = rest[rest.rfind(b"\n\n") + 2 :] if b"\n\n" in rest else rest
            rest = b"" if SAID.search(rest) else rest


async def main(port: int, cookie: str, count: int, path: str = "/board/live/") -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 65_536) if most > 0 else 65_536, most))
    crowd, opened = Crowd(port, cookie, path), asyncio.Event()
    boards = [asyncio.create_task(crowd.board(opened)) for _ in range(count)]
    while crowd.open < count:
        opened.clear()
        for board in boards:
            if board.done():
                board.result()
        await asyncio.wait_for(opened.wait(), timeout=60)
    print(f"open {count}", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    print("done " + json.dumps(crowd.seen), flush=True)
    for board in boards:
        board.cancel()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), *sys.argv[4:5]))
