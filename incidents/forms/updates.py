"""What the composer's form sends, made fit to be used. Nothing of a text is cut."""

from typing import Any

from django.http import QueryDict

from incidents.rules.updates.bodies import tidy
from incidents.rules.updates.form import CHOICES, TEXTS, Entry
from incidents.rules.updates.typed import Typed

LONGEST_LINE, MOST_TARGETS, LONGEST_NUMBER = 500, 200, 15
LINES = ("status", "next", "usual", "reason", "reply", "approver", "override", "what", "key", "stamp")


def typed_of(data: QueryDict) -> Typed:
    """What was typed. A box that stood on the page and is not ticked is off. Whoever says that they have read what was
    published meanwhile (`do`: read) knows it."""
    values: dict[str, Any] = {name: tidy(data.get(name, "")) for name in TEXTS}
    values |= {name: data.get(name) == "on" for name in CHOICES} if "boxes" in data else {}
    lines: dict[str, Any] = {name: " ".join(tidy(data.get(name, "")).split())[:LONGEST_LINE] for name in LINES}
    usual = lines["next"] == lines["usual"]
    shown = [number_of(one) for one in data.getlist("shown")[:MOST_TARGETS]]
    ticked, stood = set(data.getlist("targets")), set(data.getlist("stood"))
    seen, missed = number_of(data.get("seen")), number_of(data.get("missed"))
    return Typed(
        entry=Entry(**values), stop=data.get("stop") == "on", seen=missed if data.get("do") == "read" else seen,
        missed=missed,
        targets={pk: str(pk) in ticked for pk in shown if pk is not None},
        stood={pk: str(pk) in stood for pk in shown if pk is not None},
        **(lines | {"next": "" if usual else lines["next"], "key": lines["key"][:36]}),
    )


def number_of(text: str | None) -> int | None:
    """A whole number that a key of the database can be; else None."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < LONGEST_NUMBER else None
