"""A calendar, fetched and unfolded in a process of its own: one request as JSON on the input, one answer as JSON on the
output. Its time, its memory and where it may connect to are bounded."""

import json
import resource
import signal
import sys
from datetime import datetime
from types import FrameType
from typing import Any

from integrations.ical.fetch import Guard, Refused, fetch
from integrations.ical.unfold import NoCalendar, rows

MEMORY = 1_500_000_000  # bytes of addresses; the libraries take a third of that


class TooLong(BaseException):
    """The time is over. No library that catches every `Exception` keeps it."""


def main() -> None:
    """Do what the input asks for."""
    asked = json.loads(sys.stdin.read())
    spends = int(asked["fetches"]) + int(asked["reads"])
    resource.setrlimit(resource.RLIMIT_CPU, (spends, spends))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGALRM, _over)
    guard = Guard(local=bool(asked["local"]), own=[(host, int(port)) for host, port in asked["own"]],
                  hosts=list(asked["hosts"]))
    sys.addaudithook(guard)
    sys.stdout.write(json.dumps(_answer(asked, guard)))


def _answer(asked: dict[str, Any], guard: Guard) -> dict[str, Any]:
    try:
        signal.alarm(int(asked["fetches"]))
        fetched = fetch(asked["url"], asked["etag"], guard)
    except TooLong:
        words = f"The calendar's server took longer than {asked['fetches']} seconds."
        return {"ok": False, "words": words, "passing": True}
    except Refused as refused:
        return {"ok": False, "words": refused.words, "passing": refused.passing, "detail": refused.detail}
    if fetched.body is None:
        return {"ok": True, "same": True}
    try:
        signal.alarm(int(asked["reads"]))
        start, end = datetime.fromisoformat(asked["start"]), datetime.fromisoformat(asked["end"])
        found, remarks = rows(fetched.body, start, end)
    except (TooLong, MemoryError, RecursionError):
        return {"ok": False, "words": "The calendar takes too much work to unfold: an entry repeats without an end, "
                                      "many times a day."}
    except NoCalendar as error:
        return {"ok": False, "words": str(error)}
    finally:
        signal.alarm(0)
    return {"ok": True, "rows": found, "etag": fetched.etag, "words": remarks}


def _over(number: int, frame: FrameType | None) -> None:
    raise TooLong


if __name__ == "__main__":
    main()
