"""What comes over the wire: bounded in time and in size, and from nobody else than the Jira that was asked."""

import time
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from integrations.jira.faults import JiraAway, JiraGarbled, JiraRefused

WHOLE = 120.0  # seconds that an answer may take
WRITTEN = 30.0  # and that of a write, whose claim must not end before it
LARGEST = 96_000_000  # bytes of one answer, unpacked
PIECE = 65_536
TAKEN_CODES = {"", "identity", "gzip"}
PORTS = {"http": 80, "https": 443}


def guard(session: requests.Session) -> None:
    """Have every answer of a session read within the bounds, errors too, and no redirect followed to elsewhere."""
    session.headers["Accept-Encoding"] = "gzip"
    hooks: list[Callable[..., Any]] = session.hooks["response"]
    hooks.append(_received)


def _received(response: requests.Response, **_: Any) -> None:
    """Called by the session for each answer, before it follows a redirect or makes an error of it."""
    try:
        _check_redirect(response)
        # The session and the package beside it take it from there; left to them, an error's page has no bound.
        response._content = _body(response)
        response._content_consumed = True  # type: ignore[attr-defined]
    except BaseException:
        response.close()
        raise


def _check_redirect(response: requests.Response) -> None:
    if not response.is_redirect:
        return
    asked, told = urlsplit(response.url), urlsplit(urljoin(response.url, response.headers["Location"]))
    same_place = asked.hostname == told.hostname and _port(asked) == _port(told) and asked.scheme == told.scheme
    if same_place and response.request.method == "GET":
        return
    where = f"{told.scheme}://{told.netloc.rpartition('@')[2]}"
    raise JiraRefused(
        f"Jira sends us on to {where[:200]}, where its credentials are not taken: set JIRA_BASE_URL to the address "
        "at which Jira itself answers.",
        detail=f"HTTP {response.status_code} from {response.url}"[:500], status=response.status_code,
    )


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return None


def _body(response: requests.Response) -> bytes:
    """The whole answer. Each read takes what is there: one that waits for more would outlast the bound on a drip."""
    code = response.headers.get("Content-Encoding", "").strip().lower()
    if code not in TAKEN_CODES:
        raise JiraGarbled(f"Jira's answer is packed in a way that was not asked for ({code[:40]}).")
    unpack = zlib.decompressobj(31) if code == "gzip" else None
    deadline = time.monotonic() + (WHOLE if response.request.method == "GET" else min(WRITTEN, WHOLE))
    pieces, size = [], 0
    try:
        while raw := response.raw.read1(PIECE, decode_content=False):
            piece = unpack.decompress(raw, LARGEST + 1) if unpack else raw
            pieces.append(piece)
            size += len(piece)
            if size > LARGEST:
                raise JiraGarbled(f"Jira's answer is larger than {LARGEST // 1_000_000} MB.")
            if time.monotonic() > deadline:
                raise JiraAway("Jira's answer trickled in too slowly.")
    except zlib.error as error:
        raise JiraGarbled("Jira's answer broke off or is no JSON.", detail=str(error)) from error
    except (HTTPError, OSError) as error:
        raise JiraAway("Jira broke off its answer, or was silent in the middle of it.", detail=str(error)) from error
    return b"".join(pieces)
