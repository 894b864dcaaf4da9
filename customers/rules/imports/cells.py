"""What stands in one cell, read as a person means it. Everything that cannot be read says so in words (ValueError)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal, InvalidOperation
from functools import cache

from customers.choices import Plan
from customers.rules import names
from customers.rules.hours import WEEKDAYS
from people.rules import zone_exists, zones

NUMBER = re.compile(r"\d[\d., '’]*\Z", re.ASCII)
NO_NUMBER = "“{}” cannot be read as a number: its points, commas and spaces do not stand as they do in one."
DIVIDERS = re.compile(r"(?<=\d)[ '’](?=\d{3}(?!\d))", re.ASCII)
MOST_MONEY, MOST_SEATS, MOST_NOTES = Decimal(10) ** 10, 2**31 - 1, 4000
CLOCK = re.compile(r"(\d{1,2})(?:[:.h](\d{2})(?::00)?)?\s*(am|pm)?\Z", re.ASCII | re.IGNORECASE)
ADDRESS = re.compile(r"[^@\s|;,<>]+@[^@\s|;,<>]+\.[^@\s|;,<>]+\Z")
YES, NO = frozenset({"yes", "y", "true", "1", "x"}), frozenset({"no", "n", "false", "0"})


@dataclass(frozen=True)
class ContactLine:
    """Somebody on the customer's side, as a cell says it."""

    name: str
    email: str = ""
    role: str = ""
    phone: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({', '.join(filter(None, (self.email, self.role, self.phone)))})".removesuffix(" ()")


def money(text: str) -> Decimal:
    """US dollars, as they are written here or in Europe: "1,200.50", "1.200,50", "$410 000"."""
    value = _number(text.replace("$", " ").replace("USD", " "), "US dollars, such as 410000")
    if value != value.quantize(Decimal("0.01")):
        raise ValueError(f"“{text}” has more than two digits after the point.")
    if value >= MOST_MONEY:
        raise ValueError(f"“{text}” is more than anybody pays.")
    return value.quantize(Decimal("0.01"))


def seats(text: str) -> int:
    """A whole number of seats."""
    value = _number(text, "a number of seats, such as 2000")
    if value != int(value):
        raise ValueError(f"“{text}” is not a whole number.")
    if value > MOST_SEATS:
        raise ValueError(f"“{text}” is more than there are people.")
    return int(value)


def _number(text: str, wanted: str) -> Decimal:
    cleaned = " ".join(text.split())
    if cleaned.startswith(("-", "−", "(")):
        raise ValueError(f"“{text}” is below zero.")
    if not NUMBER.match(cleaned) or len(cleaned) > 30:
        raise ValueError(f"“{text}” is not {wanted}.")
    try:
        return _with_point(DIVIDERS.sub("", cleaned), text)
    except InvalidOperation as error:  # which is no ValueError
        raise ValueError(NO_NUMBER.format(text)) from error


def _with_point(digits: str, text: str) -> Decimal:
    """The mark that stands last is the point if the other one stands before it; one mark alone, with three digits
    after each, divides thousands."""
    last = max(digits.rfind("."), digits.rfind(","))
    if last < 0:
        return Decimal(digits)
    mark, other = digits[last], "," if digits[last] == "." else "."
    whole, _, after = digits.rpartition(mark)
    divides = other not in digits and (mark in whole or (len(after) == 3 and whole != "0"))
    groups = [*whole.split(mark), after] if divides else whole.split(other)
    good = groups[0].isdigit() and len(groups[0]) <= 3 and all(len(part) == 3 and part.isdigit() for part in groups[1:])
    if not good and not (len(groups) == 1 and groups[0].isdigit()):
        raise ValueError(NO_NUMBER.format(text))
    return Decimal("".join(groups) if divides else f"{''.join(groups)}.{after or 0}")


def plan(text: str) -> str:
    """A plan, by its name."""
    found = {word.lower(): one.value for one in Plan for word in (one.value, one.label)}.get(text.lower())
    if found is None:
        raise ValueError(f"“{text}” is no plan. The plans are {', '.join(Plan.labels)}.")
    return found


def zone(text: str) -> str:
    """An IANA zone, in any case."""
    found = text if zone_exists(text) else _zones().get(text.lower().replace(" ", "_"))
    if found is None:
        raise ValueError(f"“{text}” is no time zone that we know. Write it as Europe/Berlin or America/New_York.")
    return found


@cache
def _zones() -> dict[str, str]:
    return {name.lower(): name for name in zones()}


def clock(text: str) -> time:
    """A time of day: "9", "9:30", "17:00", "5 pm", "24:00"."""
    found = CLOCK.match(text)
    hour, minute, half = (int(found[1]), int(found[2] or 0), (found[3] or "").lower()) if found else (99, 0, "")
    if half:
        hour = 99 if not 1 <= hour <= 12 else hour % 12 + (12 if half == "pm" else 0)
    if (hour, minute) == (24, 0):
        hour = 0
    if hour > 23 or minute > 59:
        raise ValueError(f"“{text}” is no time of day. Write it as 9:00 or 17:30.")
    return time(hour, minute)


def weekdays(text: str) -> list[int]:
    """Days of the week: "Mon-Fri", "Sun to Thu", "Mon, Wed, Fri"."""
    found: set[int] = set()
    for part in re.split(r"[,;/]|\band\b", text.lower()):
        ends = [_weekday(end, text) for end in re.split(r"-|–|\bto\b", part.strip())]
        if len(ends) > 2:
            raise ValueError(_no_days(text))
        found |= {(ends[0] + step) % 7 for step in range((ends[-1] - ends[0]) % 7 + 1)}
    return sorted(found)


def _weekday(text: str, whole: str) -> int:
    for number, word in enumerate(WEEKDAYS):
        if text.strip()[:3] == word.lower() and text.strip().isalpha():
            return number
    raise ValueError(_no_days(whole))


def _no_days(text: str) -> str:
    return f"“{text}” are no days of the week. Write them as Mon-Fri, or Mon, Wed, Fri."


def yes_or_no(text: str) -> bool:
    """Yes or no."""
    if text.lower() not in YES | NO:
        raise ValueError(f"“{text}” is neither yes nor no.")
    return text.lower() in YES


def notes(text: str) -> str:
    """Free text, on several lines or one."""
    cleaned = one_ending(text)
    if len(cleaned) > MOST_NOTES:
        raise ValueError(f"The notes have more than {MOST_NOTES:,} characters.")
    return cleaned


def one_ending(text: str) -> str:
    """A text whose lines end in one way, and which can be stored."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip()


def address(text: str) -> str:
    """A mail address, in lower case."""
    if not ADDRESS.match(text) or len(text) > 254:
        raise ValueError(f"“{text}” is no mail address.")
    return text.lower()


def aliases(text: str) -> tuple[str, ...]:
    """Other names."""
    found = tuple(dict.fromkeys(name for part in split(text, ";") if (name := names.clean(part))))
    for name in found:
        if fault := names.fault_of(name):
            raise ValueError(fault)
    return found


def holidays(text: str) -> dict[date, str]:
    """Days, each with a name or without."""
    found: dict[date, str] = {}
    for part in split(text, ";"):
        day, _, name = part.strip().partition(" ")
        if not day:
            continue
        try:
            found[date.fromisoformat(day)] = _short(names.clean(name), 80, "A holiday's name")
        except ValueError as error:
            if "has more than" in str(error):
                raise
            raise ValueError(f"“{part.strip()}” is no day. Write it as 2026-12-24 Christmas Eve.") from error
    return found


def contacts(text: str) -> tuple[ContactLine, ...]:
    """People: name | mail address | role | phone."""
    found = [_contact(part) for part in split(text, ";") if part.strip()]
    keys = [key_of(one) for one in found]
    if len(set(keys)) < len(keys):
        raise ValueError("Somebody stands there twice.")
    return tuple(found)


def key_of(contact: ContactLine) -> tuple[str, str]:
    """By what a contact is known again: the address, or the name where there is none."""
    return ("", contact.email.lower()) if contact.email else (contact.name.lower(), "")


def _contact(text: str) -> ContactLine:
    parts = [names.clean(part) for part in split(text, "|")]
    name, email, role, phone = (*parts, "", "", "")[:4]
    if len(parts) > 4 or not name:
        raise ValueError(f"“{text.strip()}” is no contact. Write it as name | mail address | role | phone.")
    return ContactLine(
        _short(name, names.LONGEST, "A contact's name"), address(email) if email else "",
        _short(role, 80, "A contact's role"), _short(phone, 40, "A phone number"),
    )


def _short(text: str, most: int, what: str) -> str:
    if len(text) > most:
        raise ValueError(f"{what} has more than {most} characters.")
    return text


# ---- Lists in a cell: a backslash before a mark says that it belongs to the text ----


def split(text: str, mark: str) -> list[str]:
    """The parts of a list."""
    parts, at = [""], 0
    while at < len(text):
        if text[at] == "\\" and text[at + 1 : at + 2] in {mark, "\\"} and at + 1 < len(text):
            parts[-1] += text[at + 1]
            at += 1
        elif text[at] == mark:
            parts.append("")
        else:
            parts[-1] += text[at]
        at += 1
    return parts


def joined(parts: Iterable[str], mark: str) -> str:
    """A list that `split` reads as it was."""
    escaped = (part.replace("\\", "\\\\").replace(mark, "\\" + mark) for part in parts)
    return f" {mark} ".join(escaped) if mark == "|" else f"{mark} ".join(escaped)
