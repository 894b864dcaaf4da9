"""Apprise at work, in a process of its own: one request as JSON on the input, one answer as JSON on the output.

Its address was typed in by a person. Python tells an audit hook of each connection and each file before it is opened:
neither a redirect, nor a name that changes its mind, nor an option that names a file gets past it.
"""

import contextlib
import io
import json
import mimetypes
import re
import signal
import socket
import sys
import sysconfig
from pathlib import Path
from typing import Any

import apprise

from integrations.public import is_loopback, is_public

# What these do, they do to the machine that they run on, or to its neighbours.
REFUSED = {
    "blink1", "dbus", "file", "gio", "glib", "gnome", "growl", "kde", "macosx", "qt", "rsyslog", "syslog", "windows",
}
CODE = {Path(path).resolve() for path in sysconfig.get_paths().values()} | {Path(__file__).resolve().parents[1]}
READABLE = {*map(Path, mimetypes.knownfiles), Path("/dev/null"), Path("/dev/urandom")}
STATUS = re.compile(r"\berror=(\d{3})\b|\bHTTP[ /](\d{3})\b")
STARTS = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty"}
SENDS = {"socket.connect", "socket.sendto", "socket.sendmsg"}


class Guard:
    """What the process may touch. `refusal`: in words, once something was kept from it."""

    def __init__(self, *, local: bool) -> None:
        self.local, self.refusal = local, ""

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        """The audit hook."""
        if event in SENDS:
            self._may_reach(args[1])
        elif event == "open" and not isinstance(args[0], int):
            self._may_read(args[0])
        elif event in STARTS:
            self._refuse("The address would start a program; that is not allowed.")

    def allows(self, address: str) -> bool:
        """Whether a numeric address may be reached."""
        return is_public(address) or (self.local and is_loopback(address))

    def _may_reach(self, address: object) -> None:
        host = str(address[0]) if isinstance(address, tuple) else ""
        if address is not None and not self.allows(host):
            self._refuse(f"The address leads into a private network ({host or 'a socket'}); that is not allowed.")

    def _may_read(self, path: object) -> None:
        wanted = Path(str(path.decode() if isinstance(path, bytes) else path)).resolve()
        if wanted not in READABLE and not CODE & {wanted, *wanted.parents}:
            self._refuse("The address names a file of this machine; that is not allowed.")

    def _refuse(self, words: str) -> None:
        self.refusal = words
        raise PermissionError(words)


def main() -> None:
    """Do what the input asks for."""
    asked = json.loads(sys.stdin.read())
    signal.alarm(int(asked["seconds"]) + 1)  # also where whoever asked is gone
    guard = Guard(local=bool(asked["local"]))
    with _words_of_apprise() as log:
        sys.addaudithook(guard)
        try:
            answer = _do(asked, guard)
        except Exception as error:
            detail = f"{type(error).__name__}: {error}"
            answer = {"ok": False, "words": "The service could not be used.", "detail": detail}
        lines = [line for line in log.getvalue().splitlines() if line.strip()]
    if not answer["ok"]:
        answer.setdefault("detail", "\n".join(lines[-5:]))
        answer["status"] = _status(lines)
        if guard.refusal:
            answer |= {"words": guard.refusal, "refused": True}
    sys.stdout.write(json.dumps(answer))


def _words_of_apprise() -> "contextlib.AbstractContextManager[io.StringIO]":
    captured: contextlib.AbstractContextManager[io.StringIO] = apprise.LogCapture(  # type: ignore[no-untyped-call]
        level=apprise.logging.WARNING, fmt="%(message)s"
    )
    return captured


def _status(lines: list[str]) -> int | None:
    """With which HTTP status the service said no, where Apprise tells."""
    found = [STATUS.search(line) for line in lines]
    return next((int(one[1] or one[2]) for one in reversed(found) if one), None)


def _do(asked: dict[str, Any], guard: Guard) -> dict[str, Any]:
    asset = apprise.AppriseAsset(storage_mode="memory", allow_templates=False, async_mode=False)
    scheme = asked["url"].partition("://")[0].lower()
    found = None if scheme in REFUSED else apprise.Apprise.instantiate(asked["url"], asset=asset)
    refusal = _refusal(asked, scheme, found, guard)
    if refusal or found is None:
        return {"ok": False, "refused": True, "words": refusal}
    name = str(found.service_name)
    if asked["do"] == "check":
        return {"ok": True, "words": name}
    sender = apprise.Apprise(asset=asset)
    sender.add(found)
    if sender.notify(asked["body"], title=asked["title"], body_format=apprise.NotifyFormat.TEXT):
        return {"ok": True, "words": name}
    return {"ok": False, "words": f"{name} did not take the message."}


def _refusal(asked: dict[str, Any], scheme: str, found: Any, guard: Guard) -> str:
    """Why this address is not taken, or ""."""
    if scheme in REFUSED:
        return f"{scheme}:// is for the machine that the portal runs on; that is not allowed."
    if found is None:
        manager: Any = apprise.NotificationManager()  # type: ignore[no-untyped-call]
        if scheme in manager and not manager[scheme].enabled:
            return f"{scheme}:// needs a program that is not installed here."
        return "That is no address that the portal knows; Apprise's pages list them for each service."
    # For many services that place holds a key, which is neither a server nor anybody else's to see; and when a message
    # is to leave, the name may be known again soon.
    host = str(found.host or "").strip("[]") if any("{host}" in template for template in found.templates) else ""
    addresses = _addresses(host)
    if not all(guard.allows(address) for address in addresses):
        return f"{host} lies in a private network; that is not allowed."
    a_host = all("{host}" in template for template in found.templates)
    if a_host and not addresses and asked["do"] == "check":
        return f"No server is known by the name {host}."
    return ""


def _addresses(host: str) -> set[str]:
    """The addresses of a name; none where it has none, or none is told."""
    try:
        return {str(info[4][0]) for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)} if host else set()
    except (OSError, UnicodeError):
        return set()


if __name__ == "__main__":
    main()
