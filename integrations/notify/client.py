"""A message to an address that Apprise knows, such as "pagerduty://…" or "twilio://…".

Apprise runs in a process of its own (`child.py`): it is ended after `BOUND` whatever it does, reaches public addresses
only, and reads none of our files. It never retries: who calls it decides.
"""

import json
import os
import subprocess
import sys
from typing import Any

from django.conf import settings

from integrations.notify.faults import NotifyAway, NotifyRefused
from portal.env import ROOT

BOUND = 30.0  # seconds for everything, the start of the process included
LONGEST_ADDRESS, LONGEST_TITLE, LONGEST_BODY = 2_000, 250, 4_000  # characters
NEEDED = ("PATH", "LANG", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")
NOT_OURS = {408, 425, 429}  # refusals that pass


def check(url: str) -> str:
    """The name of the service that an address belongs to, such as "Pager Duty". It sends nothing.

    Raises `NotifyRefused` for an address that is none, that touches this machine, or that lies in a private network.
    """
    told = _asked({"do": "check", "url": _address(url)})
    if not told.get("ok"):
        raise NotifyRefused(str(told.get("words")), detail=str(told.get("detail", "")))
    return str(told["words"])


def send(url: str, title: str, body: str) -> str:
    """Hand a message over, within `BOUND` seconds; returns the service's name. At least once: one that timed out may
    have arrived. Raises `NotifyFault`."""
    text = {"title": title.replace("\x00", "")[:LONGEST_TITLE], "body": body.replace("\x00", "")[:LONGEST_BODY]}
    told = _asked({"do": "send", "url": _address(url), **text})
    if told.get("ok"):
        return str(told["words"])
    words, detail, status = str(told.get("words")), str(told.get("detail", "")), told.get("status")
    for_good = told.get("refused") or (isinstance(status, int) and 400 <= status < 500 and status not in NOT_OURS)
    raise NotifyRefused(words, detail=detail) if for_good else NotifyAway(words, detail=detail)


def _address(url: str) -> str:
    given = url.strip()
    if not given or len(given) > LONGEST_ADDRESS or not given.isprintable():
        raise NotifyRefused("That is no address such as pagerduty://… or twilio://…")
    return given


def _asked(what: dict[str, Any]) -> dict[str, Any]:
    """What the process says; its address goes in by its input, where no list of processes shows it."""
    given = json.dumps(what | {"local": settings.ENV.debug, "seconds": BOUND})
    environ = {name: os.environ[name] for name in NEEDED if name in os.environ}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "integrations.notify.child"], input=given, capture_output=True, text=True, cwd=ROOT,
            env=environ, timeout=BOUND, check=False,
        )
        told = json.loads(done.stdout)
    except subprocess.TimeoutExpired as error:
        raise NotifyAway(f"The service did not answer within {BOUND:.0f} seconds.") from error
    except ValueError as error:
        raise NotifyAway("The message could not be handed over.", detail=done.stderr[-500:]) from error
    return told if isinstance(told, dict) else {"words": "The message could not be handed over."}
