"""Fetching a calendar: public addresses only, whatever it redirects to or its name turns into; never more than a
bearable part of what is sent.

Python tells an audit hook of each connection right before it is opened, with the numeric address: a name that changes
its mind between two look-ups does not get past it.
"""

import socket
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from integrations.public import is_loopback, is_public

MOST = 2_000_000  # bytes, as sent and as unpacked
REDIRECTS = 3
CONNECTS, ANSWERS = 5.0, 10.0  # seconds for a connection, and for each piece of an answer
SENDS = {"socket.connect", "socket.sendto", "socket.sendmsg"}
LOCAL_NAMES = {"localhost", "127.0.0.1", "::1"}


class Refused(Exception):
    """It is not fetched; the text says why. `passing`: it may be another time."""

    def __init__(self, words: str, *, passing: bool = False, detail: str = "") -> None:
        super().__init__(words)
        self.words, self.passing, self.detail = words, passing, detail


class Guard:
    """Which addresses may be reached. `local`: this machine too, for the address that was typed in; `own`: (host, port)
    of the portal's own services; `hosts`: the portal's names."""

    def __init__(self, *, local: bool, own: list[tuple[str, int]], hosts: list[str]) -> None:
        self.local, self.refusal = local, ""
        self.own = {(_same(host), port) for host, port in own}
        self.hosts = {host for host in hosts if host not in LOCAL_NAMES}

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        """The audit hook."""
        if event in SENDS and args[1] is not None:
            place = args[1]
            host, port = (str(place[0]), int(place[1])) if isinstance(place, tuple) else ("a socket", 0)
            if not self.allows(host) or (_same(host), port) in self.own:
                self.refusal = "The address leads into a private network; the portal does not go there."
                raise PermissionError(self.refusal)

    def allows(self, address: str) -> bool:
        """Whether a numeric address may be reached."""
        return is_public(address) or (self.local and is_loopback(address))

    def check(self, url: str) -> None:
        """Refuse an address by what it says, before any name is looked up. Raises `Refused`."""
        try:
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError as error:
            raise Refused("That is no address.") from error
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise Refused("The address begins with neither https:// nor http://.")
        if parts.hostname in self.hosts or (_same(parts.hostname), port) in self.own:
            raise Refused("That is the portal's own address.")


def _same(host: str) -> str:
    """One name for all names of this machine."""
    return "localhost" if host in LOCAL_NAMES or is_loopback(host) else host


@dataclass(frozen=True)
class Fetched:
    """What came: the bytes, or None where the version that is known already still holds."""

    body: bytes | None
    etag: str


def fetch(url: str, etag: str, guard: Guard) -> Fetched:
    """Fetch an address, over at most three redirects. Raises `Refused`."""
    timeout = httpx.Timeout(ANSWERS, connect=CONNECTS)
    headers = {"User-Agent": "SET-portal", "Accept": "text/calendar, */*;q=0.1", "Accept-Encoding": "gzip"}
    if etag:
        headers["If-None-Match"] = etag
    with httpx.Client(timeout=timeout, headers=headers, trust_env=False, follow_redirects=False) as client:
        for _ in range(REDIRECTS + 1):
            guard.check(url)
            try:
                with client.stream("GET", url) as response:
                    if not response.has_redirect_location:
                        return _answer(response, etag)
                    url = urljoin(url, response.headers["Location"])
            except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
                raise _fault(error, guard) from error
            guard.local = False  # what was typed in may be this machine, in the demo; where it leads may not
    raise Refused(f"The address leads on and on, more than {REDIRECTS} times.")


def _answer(response: httpx.Response, etag: str) -> Fetched:
    if response.status_code == httpx.codes.NOT_MODIFIED and etag:
        return Fetched(None, etag)
    if response.status_code in {401, 403, 404, 410}:
        code = response.status_code
        raise Refused(f"The calendar's server does not give it out ({code}): is the address still right?")
    if response.status_code != httpx.codes.OK:
        raise Refused(f"The calendar's server answers with an error ({response.status_code}).", passing=True)
    if int(response.headers.get("Content-Length", "0") or 0) > MOST:
        raise _too_large()
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"identity", "", "gzip", "x-gzip", "deflate"}:
        raise Refused("The calendar's server packs it in a way that was not asked for.")
    body = b"".join(_pieces(response.iter_raw(), packed=encoding not in {"identity", ""}))
    return Fetched(body, response.headers.get("ETag", "")[:200])


def _pieces(raw: Iterator[bytes], *, packed: bool) -> Iterator[bytes]:
    """The bytes, unpacked; what is too large is not read to its end, nor unpacked."""
    unpack = zlib.decompressobj(47) if packed else None
    came = made = 0
    for piece in raw:
        came += len(piece)
        try:
            part = unpack.decompress(piece, MOST - made + 1) if unpack else piece
        except zlib.error as error:
            raise Refused("What the calendar's server sent cannot be unpacked.") from error
        made += len(part)
        if came > MOST or made > MOST:
            raise _too_large()
        yield part


def _too_large() -> Refused:
    return Refused(f"The calendar is larger than {MOST // 1_000_000} MB: give one that holds leave alone.")


def _fault(error: Exception, guard: Guard) -> Refused:
    detail = type(error).__name__
    if guard.refusal:
        return Refused(guard.refusal, detail=detail)
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror | UnicodeError):
            return Refused("No server is known by that name.", passing=True, detail=detail)
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.TimeoutException):
        return Refused("The calendar's server did not answer in time.", passing=True, detail=detail)
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return Refused("That is no address.", detail=detail)
    return Refused("The calendar's server cannot be reached, or broke off.", passing=True, detail=detail)
