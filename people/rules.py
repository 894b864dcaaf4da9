"""Pure thinking about people: rights, names, addresses, zones, throttling. No database, no clock."""

import hashlib
import ipaddress
import math
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from types import MappingProxyType
from zoneinfo import available_timezones

from people.choices import Right, Role

INVITATION_LASTS = timedelta(days=7)
LAST_USED_EVERY = timedelta(minutes=1)
TOKEN_PREFIX = "setp_"  # noqa: S105  (a mark by which a leaked token is recognised, not a secret)
DEMO_DOMAIN = "example.test"  # reserved by RFC 2606: never anybody's real address

# ---- Rights ---------------------------------------------------------------------------

_SEE = frozenset({Right.SEE_TICKETS, Right.SEE_DUTY, Right.SEE_PEOPLE, Right.OWN_TOKENS, Right.SEE_CUSTOMERS,
                  Right.SEE_INCIDENTS})
_READ = _SEE | {Right.SEE_ESCALATIONS}
_WORK = _SEE | {Right.WORK_TICKETS, Right.SEND_PAGES, Right.RAISE_ESCALATIONS, Right.WORK_INCIDENTS}
_BUILD = _WORK | {
    Right.RUN_SYNC, Right.SEE_SYNC_ERRORS, Right.SEE_OUTBOX, Right.SERVE, Right.ANSWER_PAGES,
    Right.SEE_SUPPORTS, Right.SEE_ESCALATIONS, Right.WORK_ESCALATIONS,
}
_LEAD = _BUILD | {
    Right.DROP_OUTBOX, Right.ACCEPT_MAPPINGS, Right.EDIT_MAPPINGS, Right.EDIT_CALENDAR, Right.POST_UPDATES,
    Right.PLAN_ROTATIONS, Right.EDIT_POLICIES, Right.INVITE_PEOPLE, Right.MANAGE_TEAMS,
    Right.SEE_MONEY, Right.EDIT_CUSTOMERS, Right.LEAD_ESCALATIONS,
}

RIGHTS: Mapping[Role, frozenset[Right]] = MappingProxyType({
    Role.VIEWER: _READ,
    Role.EXECUTIVE: _READ,
    Role.SUPPORT: _WORK | {Right.SEE_SUPPORTS},
    Role.ACCOUNT: _WORK | {Right.SEE_MONEY, Right.EDIT_CUSTOMERS},
    Role.ENGINEER: _BUILD,
    Role.DEPLOYMENT_ENGINEER: _BUILD | {Right.SEE_MONEY, Right.EDIT_CUSTOMERS},
    Role.LEAD: _LEAD,
    Role.COORDINATOR: frozenset(Right),
})

# What a role may, in one line, for the pages.
ROLES_IN_WORDS: Mapping[Role, str] = MappingProxyType({
    Role.VIEWER: "Reads the board, the tickets and the escalations",
    Role.EXECUTIVE: "Reads the board, the tickets and the escalations",
    Role.SUPPORT: "Raises escalations, takes part in incidents, works on tickets, pages whoever is on duty",
    Role.ACCOUNT: "Raises escalations, edits customers, works on tickets, pages whoever is on duty",
    Role.ENGINEER: "Works on tickets and escalations, serves on SET, answers pages, starts runs and sees what failed",
    Role.DEPLOYMENT_ENGINEER: "As an engineer; edits customers, and sees what they pay",
    Role.LEAD: "As an engineer; plans rotations, maps statuses, invites people, edits teams, customers, the calendar",
    Role.COORDINATOR: "Everything, roles included",
})
DEMO_ORDER = (
    Role.LEAD, Role.ENGINEER, Role.SUPPORT, Role.ACCOUNT, Role.DEPLOYMENT_ENGINEER, Role.COORDINATOR,
    Role.EXECUTIVE, Role.VIEWER,
)


def rights_of(roles: Iterable[Role]) -> frozenset[Right]:
    """Everything that these roles allow together."""
    return frozenset().union(*(RIGHTS[role] for role in roles))


def roles_from(names: Iterable[str]) -> frozenset[Role]:
    """The roles among these group names; a group that is no role of ours is passed over."""
    return frozenset(Role(name) for name in names if name in Role.values)


def grantable(roles: Iterable[Role]) -> frozenset[Role]:
    """The roles that somebody with `roles` may hand to others: none that allows more than their own."""
    own = rights_of(roles)
    if Right.INVITE_PEOPLE not in own:
        return frozenset()
    return frozenset(role for role in Role if RIGHTS[role] <= own)


# ---- Names and addresses --------------------------------------------------------------

# Marks that turn the direction of what follows: they can make a name look like another one. The joiners
# (U+200C, U+200D) stay: Persian names and some emoji are written with them.
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def clean_name(text: str) -> str:
    """A name as it is stored: composed, one space between words, no control or direction marks."""
    kept = (
        " " if character.isspace() else character
        for character in unicodedata.normalize("NFC", text)
        if character.isspace() or (character not in _TURNING and unicodedata.category(character) not in {"Cc", "Cs"})
    )
    return " ".join("".join(kept).split())


def normal_email(text: str) -> str:
    """An address as it is stored and looked up: composed, lower case, without space around it.

    Looking up the normal form exactly, rather than ignoring case in the database, keeps `ſusan@` (whose upper
    case is `SUSAN@`) from being taken for `susan@`.
    """
    lowered = unicodedata.normalize("NFC", text).strip().lower()
    return unicodedata.normalize("NFC", lowered)


def is_made_up(email: str) -> bool:
    """Whether the address is one of the demo's people."""
    return normal_email(email).endswith("@" + DEMO_DOMAIN)


def initials(name: str) -> str:
    """At most two letters for a person's mark: of the first and of the last word that has any."""
    firsts = [first for first in map(_first_letter, clean_name(name).split()) if first]
    if not firsts:
        return "–"
    if len(firsts) == 1:
        return firsts[0]
    # Arabic, Syriac and Thaana letters would join to something that reads as a word.
    joiner = "\u200c" if unicodedata.bidirectional(firsts[0][-1]) == "AL" else ""
    return firsts[0] + joiner + firsts[-1]


def _first_letter(word: str) -> str:
    """The first letter as its script writes it: with its marks, with what a virama joins to it."""
    begins = (at for at, character in enumerate(word) if character.isalnum() and not _stands_before(character))
    start = next(begins, None)
    if start is None:
        return ""
    end = _marks_end(word, start + 1)
    while end < len(word) and unicodedata.combining(word[end - 1]) == 9 and word[end].isalpha():
        end = _marks_end(word, end + 1)
    letter = word[start:end]
    titled = letter.title()
    # "ß" would become "Ss"; Georgian keeps its ordinary letters, which upper() would not.
    return titled if len(titled) == len(letter) else letter


def _marks_end(word: str, end: int) -> int:
    while end < len(word) and unicodedata.category(word[end]).startswith("M"):
        end += 1
    return end


def _stands_before(character: str) -> bool:
    """Thai and Lao write some vowels before the consonant that the name begins with."""
    return "\u0e40" <= character <= "\u0e44" or "\u0ec0" <= character <= "\u0ec4"


@cache
def _known_zones() -> frozenset[str]:
    return frozenset(available_timezones())


@cache
def zones() -> tuple[str, ...]:
    """The zones to choose from, UTC first; without those that name no place."""
    places = {zone for zone in _known_zones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/"))}
    return ("UTC", *sorted(places))


def zone_words(name: str) -> str:
    """A zone as its continent's list shows it: "Buenos Aires, Argentina" for America/Argentina/Buenos_Aires."""
    place = name.partition("/")[2] or name
    return ", ".join(reversed(place.replace("_", " ").split("/")))


def zone_exists(name: str) -> bool:
    """Whether this is an IANA zone, even one that is not offered."""
    return name in _known_zones()


# ---- Tokens ---------------------------------------------------------------------------


def token_hash(token: str) -> str:
    """What is stored of a personal token. It has 256 random bits, so a plain SHA-256 is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def token_hint(token: str) -> str:
    """The start of a token, by which its owner knows it again."""
    return token[: len(TOKEN_PREFIX) + 4]


def ends_in_words(ends: datetime | None, at: datetime) -> str:
    """When a token ends: "ends in 12 days", "ends today", "has expired"; "never ends" for none."""
    if ends is None:
        return "never ends"
    if ends <= at:
        return "has expired"
    days = (ends - at).days
    return f"ends in {days} day{'s' if days > 1 else ''}" if days else "ends within a day"


# ---- Guessing -------------------------------------------------------------------------


@dataclass(frozen=True)
class Limit:
    """At most `tries` within one window of `window` seconds for one key."""

    name: str
    tries: int
    window: int

    def slot(self, at: datetime) -> int:
        """The number of the window that `at` lies in."""
        return int(at.timestamp()) // self.window

    def ends(self, at: datetime) -> datetime:
        """When the window of `at` is over and counting starts again."""
        return datetime.fromtimestamp((self.slot(at) + 1) * self.window, tz=UTC)


# A person mistypes a few times; an office behind one address has many people.
SIGN_IN_PAIR = Limit("sign-in", tries=6, window=15 * 60)
SIGN_IN_ADDRESS = Limit("sign-in-address", tries=60, window=15 * 60)
SIGN_IN_ACCOUNT = Limit("sign-in-account", tries=60, window=60 * 60)  # from however many addresses somebody guesses
RESET_PAIR = Limit("reset", tries=3, window=60 * 60)
RESET_ADDRESS = Limit("reset-address", tries=20, window=60 * 60)


def when_again(until: datetime, at: datetime) -> str:
    """How long to wait, in words."""
    minutes = max(1, math.ceil((until - at).total_seconds() / 60))
    return f"in {minutes} minute{'s' if minutes > 1 else ''}"


def guessing_place(address: str) -> str:
    """What tries are counted by: an IPv4 address, or the /64 network of an IPv6 one, which is one household's."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))
