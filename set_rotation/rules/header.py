"""What the channel's header says of SET, and how it gets there beside other people's words. Pure; no clock.

Our segment is a text that we wrote; it is found again literally, and whatever stands around it is never touched.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

LONGEST = 1_024  # characters that Mattermost takes as a header
BETWEEN = " · "
APART = " | "  # between other people's words and ours, where ours had to be appended
KEPT = 50  # texts of ours that are remembered: one that somebody brings back is known again


@dataclass(frozen=True)
class Named:
    """Somebody as the header names them: by the Mattermost name, else by the name."""

    name: str
    mattermost: str = ""

    def __str__(self) -> str:
        if self.mattermost.strip():
            return "@" + self.mattermost.strip().removeprefix("@")
        return re.sub(r"([\\`*_~\[\]<>|#])", r"\\\1", " ".join(self.name.split()))


@dataclass(frozen=True)
class OnSet:
    """Who is on SET at a moment; None is a gap. `others` serve without a seat. `until`: the next change of hands, or
    while no rotation runs (`rotation` None) the beginning of the next one."""

    rotation: int | None = None
    lead: Named | None = None
    primary: Named | None = None
    backup: Named | None = None
    others: tuple[Named, ...] = ()
    until: datetime | None = None


@dataclass(frozen=True)
class Wanted:
    """A header to be written: the whole text, our segment in it, and whether ours was gone. `text` "" : none fits."""

    text: str
    segment: str
    lost: bool


def segments(on_set: OnSet, zone: str) -> Iterator[str]:
    """Our segment, longest first: without the end, then without the engineers one after the other. The lead stays."""
    if on_set.rotation is None and not (on_set.lead or on_set.primary or on_set.backup):
        nobody = "SET: nobody is on duty"
        if on_set.until:
            yield f"{nobody} until {_moment(on_set.until, zone)}"
        yield nobody
        return
    until = f"until {_moment(on_set.until, zone)}" if on_set.until else ""
    yield _segment(on_set, until)
    yield _segment(on_set, "")
    yield _segment(replace(on_set, others=()), "")
    yield _segment(replace(on_set, others=()), "", seats=2)
    yield _segment(replace(on_set, others=()), "", seats=1)


def _segment(on_set: OnSet, until: str, seats: int = 3) -> str:
    held = (("Lead", on_set.lead), ("Primary", on_set.primary), ("Backup", on_set.backup))[:seats]
    parts = ["SET" if on_set.rotation is None else f"SET R{on_set.rotation}"]
    parts += [f"{seat}: {who or 'nobody'}" for seat, who in held]
    if on_set.others:
        parts.append("On SET: " + ", ".join(map(str, on_set.others)))
    return BETWEEN.join([*parts, until] if until else parts)


def _moment(at: datetime, zone: str) -> str:
    """`Mon 30 Nov, 9:00 am EST`."""
    local = at.astimezone(ZoneInfo(zone))
    half = "am" if local.hour < 12 else "pm"
    return f"{local:%a} {local.day} {local:%b}, {local.hour % 12 or 12}:{local:%M} {half} {local.tzname()}"


def wanted_header(header: str, written: Sequence[str], on_set: OnSet, zone: str) -> Wanted:
    """The header with our segment right: in the place of the one that is found there, else appended.

    `written`: texts of ours, newest first, those whose arrival nobody confirmed included. `text` is "" when the other
    words leave no room even for the shortest form; `segment` is then that form.
    """
    place = found(header, written)
    segment = ""
    for segment in segments(on_set, zone):
        text = _put(header, segment, place)
        if len(text) <= LONGEST:
            return Wanted(text, segment, place is None)
    return Wanted("", segment, place is None)


def found(header: str, written: Sequence[str]) -> tuple[int, int] | None:
    """Where our segment stands: the newest of our texts that is there. One that is only a part of a longer text of
    ours is that longer one: a shortened segment begins as the full one does."""
    newest = next((text for text in written if text and text in header), None)
    if newest is None:
        return None
    start = header.index(newest)
    spans = [(at, at + len(text)) for text in written if text for at in [_over(header, text, start, newest)] if at >= 0]
    return max(spans, key=lambda span: span[1] - span[0], default=(start, start + len(newest)))


def _over(header: str, text: str, start: int, newest: str) -> int:
    """Where `text` stands so that it holds the whole of `newest` at `start`; -1: nowhere."""
    if newest not in text:
        return -1
    return header.find(text, max(start - len(text) + len(newest), 0), start + len(text))


def _put(header: str, segment: str, place: tuple[int, int] | None) -> str:
    if place is not None:
        return header[:place[0]] + segment + header[place[1]:]
    if not header.strip():
        return segment
    if header[-1].isspace():
        return header + segment
    return header + (" " if header.endswith("|") else APART) + segment


def remembered(written: Sequence[str], text: str) -> list[str]:
    """Our texts once this one is about to be written: it comes first, and old ones are forgotten."""
    return [text, *(one for one in written if one != text)][:KEPT]
