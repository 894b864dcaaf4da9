"""What must be said when something is escalated, and what is wanted beside it: by level, kind and category.

A table and a few sentences of it. An L1 is taken at once with the least, and asks for the rest; for the others what is
missing is named before somebody waits in vain (handbook, "We need more information"; related facts, a good SET ticket).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from escalations.choices import Category, Deployment, Kind, Level, Source
from escalations.rules.typed import version_fault

ANY = frozenset(Kind)
BROKEN = frozenset({Kind.PROBLEM})
RUNNING = frozenset({Kind.PROBLEM, Kind.DEPLOYMENT})
L1, L2, L3, L4 = Level
ALWAYS = frozenset(Level)
NOT_L1 = frozenset({L2, L3, L4})
CALM = frozenset({L3, L4})
OURS = frozenset({Deployment.CLOUD, Deployment.DEDICATED})  # we know what runs there


@dataclass(frozen=True)
class Need:
    """Something to be said. `field`: where; `words`: what, in a list; `why`: what is said at the field without it."""

    field: str
    words: str
    why: str


@dataclass(frozen=True)
class Missing:
    """What is still to be said. Nothing is raised before all of `required` is there; `wanted` is asked for later."""

    required: tuple[Need, ...] = ()
    wanted: tuple[Need, ...] = ()
    given: tuple[Need, ...] = ()  # of both, what is there already

    @property
    def words(self) -> str:
        """What is wanted, in one line: "steps to reproduce, logs around the time"."""
        return ", ".join(need.words[:1].lower() + need.words[1:] for need in (*self.required, *self.wanted))


@dataclass(frozen=True)
class _Rule:
    """A need, and for whom: `required` and `wanted` at these levels, of these kinds and categories (empty: all)."""

    need: Need
    required: frozenset[Level] = frozenset()
    wanted: frozenset[Level] = frozenset()
    kinds: frozenset[Kind] = ANY
    categories: frozenset[str] = frozenset()

    def fits(self, kind: Kind, category: str) -> bool:
        return kind in self.kinds and (not self.categories or category in self.categories)


_CUSTOMER = Need("customer", "Customer", "Say which customer it is; a name is enough.")
_LEVEL = Need("level", "Level", "Choose a level.")
_TITLE = Need("title", "What it is, in one sentence", "Say in one sentence what it is.")
_HAPPENED = Need("happened", "What happens", "Say what happens, and to whom.")
_CATEGORY = Need("category", "Category", "Choose what it is about; “Something else” is fine.")
_VERSION = Need("server_version", "Full server version", "We need the version with its patch number, such as 10.4.2.")
_MOBILE = Need("mobile_version", "App version and device", "Say the version of the app and the device.")
_STEPS = Need("steps", "Steps to reproduce", "List the steps, or say that nobody can reproduce it and what you saw.")
_LOGS = Need("logs", "Logs around the time", "Paste some lines, or add the file.")
_TRIED = Need("tried", "What was tried", "Say what was tried, and what it changed.")
_EXPECTED = Need("expected", "What was expected", "Say what should happen instead.")
_BEGAN = Need("began_on", "When it began", "Say when it began.")
_PEOPLE = Need("affected_people", "How many people are affected", "About how many people are affected?")
_DEPLOYMENT = Need("deployment", "Where it runs", "Say where their server runs.")
_DATABASE = Need("database", "Database", "Choose the database.")
_DATABASE_VERSION = Need("database_version", "Database version", "Say the version of the database, such as 14.9.")
_HOSTING = Need("hosting", "How it is set up", "Say how it is set up: nodes, and what stands in front of them.")
_ASKING = Need("asking", "How many customers ask", "Say how many customers ask for it; one is a number too.")
_TICKET = Need("support_ticket", "Number of the support ticket", "Say the number of the support ticket.")

_ALL: frozenset[str] = frozenset({"", *Category})
_DATA: frozenset[str] = frozenset({Category.DATABASE})
_SLOW: frozenset[str] = frozenset({
    Category.PERFORMANCE, Category.UPGRADING, Category.INSTALLATION, Category.DATA, Category.SEARCH,
})
_IN_HAND: frozenset[str] = frozenset({Category.MOBILE, Category.DESKTOP})

RULES: tuple[_Rule, ...] = (
    _Rule(_CUSTOMER, required=ALWAYS),
    _Rule(_LEVEL, required=ALWAYS),
    _Rule(_TITLE, required=ALWAYS),
    _Rule(_CATEGORY, required=NOT_L1, wanted=frozenset({L1}), kinds=frozenset({Kind.PROBLEM, Kind.QUESTION})),
    _Rule(_CATEGORY, wanted=ALWAYS, kinds=frozenset({Kind.FEATURE})),
    _Rule(_HAPPENED, required=ALWAYS),
    _Rule(_ASKING, required=ALWAYS, kinds=frozenset({Kind.FEATURE})),
    _Rule(_VERSION, required=NOT_L1, wanted=frozenset({L1}), kinds=RUNNING),
    _Rule(_VERSION, wanted=ALWAYS, kinds=frozenset({Kind.QUESTION})),
    _Rule(_MOBILE, required=NOT_L1, wanted=frozenset({L1}), kinds=BROKEN, categories=_IN_HAND),
    _Rule(_DEPLOYMENT, required=NOT_L1, wanted=frozenset({L1}), kinds=frozenset({Kind.DEPLOYMENT})),
    _Rule(_DEPLOYMENT, wanted=frozenset({L1, L2, L3}), kinds=BROKEN),
    _Rule(_DATABASE, required=NOT_L1, wanted=frozenset({L1}), kinds=BROKEN, categories=_DATA),
    _Rule(_DATABASE_VERSION, required=NOT_L1, wanted=frozenset({L1}), kinds=BROKEN, categories=_DATA),
    _Rule(_DATABASE, wanted=frozenset({L1, L2}), kinds=BROKEN, categories=_ALL - _DATA - _SLOW),
    _Rule(_DATABASE, wanted=ALWAYS, kinds=BROKEN, categories=_SLOW),
    _Rule(_DATABASE_VERSION, wanted=ALWAYS, kinds=BROKEN, categories=_SLOW),
    _Rule(_HOSTING, wanted=ALWAYS, kinds=frozenset({Kind.DEPLOYMENT})),
    _Rule(_HOSTING, wanted=ALWAYS, kinds=BROKEN, categories=frozenset({Category.PERFORMANCE})),
    _Rule(_STEPS, required=CALM, wanted=frozenset({L1, L2}), kinds=BROKEN),
    _Rule(_EXPECTED, wanted=CALM, kinds=frozenset({Kind.PROBLEM, Kind.FEATURE})),
    _Rule(_LOGS, wanted=frozenset({L1, L2, L3}), kinds=BROKEN, categories=_ALL - {Category.UI}),
    _Rule(_BEGAN, wanted=frozenset({L1, L2}), kinds=frozenset({Kind.PROBLEM, Kind.INFRASTRUCTURE})),
    _Rule(_PEOPLE, wanted=frozenset({L1, L2}), kinds=frozenset({Kind.PROBLEM, Kind.INFRASTRUCTURE})),
    _Rule(_TRIED, wanted=frozenset({L1, L2, L3}), kinds=frozenset({Kind.PROBLEM, Kind.QUESTION, Kind.DEPLOYMENT})),
)
# What no level, kind or category holds a form back for.
ONLY_HELPS = frozenset(rule.need.field for rule in RULES) - {rule.need.field for rule in RULES if rule.required}
# By these a reporter goes from group to group.
GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "who": ("reporter_name", "reporter_email", "customer", "source", "support_ticket", "support_mail", "confidential"),
    "what": ("level", "kind", "title", "category", "affected_people", "asking"),
    "where": ("server_version", "mobile_version", "deployment", "database", "database_version", "cloud", "hosting"),
    "saw": ("happened", "expected", "steps", "began_on", "began_time", "began_which", "began_at", "logs"),
    "tried": ("tried",),
})
GROUP_OF: Mapping[str, str] = MappingProxyType({name: group for group, names in GROUPS.items() for name in names})


def missing(values: Mapping[str, object]) -> Missing:
    """What is still to be said, by what is said already. `values`: the fields of the form as typed or cleaned, `level`
    1 to 4 or none yet, and `files`: how many files are there."""
    level, kind = level_of(values.get("level")), kind_of(values.get("kind"))
    required: dict[str, Need] = {}
    wanted: dict[str, Need] = {}
    given: dict[str, Need] = {}
    for need, must in _asked(level, kind, values):
        place = given if is_given(need.field, values) else required if must else wanted
        place.setdefault(need.field, need)
    if kind not in {Kind.FEATURE} and values.get("source") == Source.SUPPORT and not values.get("support_ticket"):
        wanted["support_ticket"] = _TICKET
    return Missing(tuple(required.values()), tuple(wanted.values()), tuple(given.values()))


def least(values: Mapping[str, object]) -> Missing:
    """What must be there where a ticket tells the rest: what an L1 needs."""
    found = missing({**values, "level": L1, "kind": Kind.PROBLEM})
    without = () if level_of(values.get("level")) else (_LEVEL,)
    return Missing((*without, *found.required), found.wanted, found.given)


def _asked(level: Level | None, kind: Kind, values: Mapping[str, object]) -> list[tuple[Need, bool]]:
    """What is asked for, and whether it must be there. Without a level it is asked as of an L3."""
    category, ours = str(values.get("category") or ""), values.get("deployment") in OURS
    found = []
    for rule in RULES:
        if not rule.fits(kind, category):
            continue
        must, may = (level or L3) in rule.required, (level or L3) in rule.wanted
        if ours and rule.need.field in {"server_version", "database", "database_version", "hosting"}:
            continue  # it runs with us: we look ourselves
        if must or may:
            found.append((rule.need, must))
    return found


def is_given(field: str, values: Mapping[str, object]) -> bool:
    """Whether something was said there that helps: a version only with its patch number, logs also as a file."""
    if field == "logs":
        return bool(values.get("logs") or values.get("files"))
    if field == "level":
        return level_of(values.get("level")) is not None
    if field == "began_on":
        return bool(values.get("began_on") or values.get("began_at"))
    if field == "server_version":
        typed = str(values.get(field) or "")
        return bool(typed) and not version_fault(typed)
    return values.get(field) not in (None, "")


def wrong_level(values: Mapping[str, object]) -> str:
    """Why this kind cannot have this level, in words; "" where it can."""
    level = level_of(values.get("level"))
    if kind_of(values.get("kind")) == Kind.FEATURE and level in {L1, L2}:
        return "A new feature is L3 or L4: nothing that worked is broken. If something is, say so."
    if kind_of(values.get("kind")) == Kind.QUESTION and level == L1:
        return "A question is L2 at most. If production has stopped, choose “Something does not work”."
    return ""


def level_of(value: object) -> Level | None:
    """The level of what was chosen; None for none."""
    found = str(value if value is not None else "")
    return Level(int(found)) if found in {"1", "2", "3", "4"} else None


def kind_of(value: object) -> Kind:
    """The kind that was chosen; a problem until somebody says otherwise."""
    return Kind(str(value)) if value in Kind.values else Kind.PROBLEM


@dataclass(frozen=True)
class Meaning:
    """What a level means: the sentence, an example, and what it does."""

    level: Level
    words: str
    example: str
    does: str

    @property
    def short(self) -> str:
        return f"L{self.level.value}"


MEANINGS: Mapping[Level, Meaning] = MappingProxyType({
    L1: Meaning(L1, "Production has stopped for many, and there is no way round it.",
                "Nobody at the customer can sign in or post.",
                "Whoever is on duty is paged at once. Raise it with what you have, and add the rest."),
    L2: Meaning(L2, "Production is severely affected, with no acceptable workaround.",
                "Sign-in through LDAP fails for most people; the nodes restart each hour.",
                "Goes before all that is not urgent; the customer hears from us at least once a day."),
    L3: Meaning(L3, "Part of it does not work, and people can go on.",
                "Search leaves out older files; one integration stopped.", "Taken up in the order of our work."),
    L4: Meaning(L4, "Minor: a question, a blemish, a wish.",
                "A label is wrong; how is this setting meant; could it do that too?", "Answered, or put on the list."),
})
