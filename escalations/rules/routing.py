"""Who does what next with an escalation, and why. Pages: related facts, "Customer support response workflow";
sustained-engineering-team, "Handles customer support escalation" (high priority bugs that need code, features to the
product manager)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from escalations.choices import Category, Fix, Kind, Level, Route

URGENT = (Level.L1, Level.L2)
HANDED_OVER = frozenset({Route.SUPPORT, Route.TEAM, Route.DEPLOYMENT, Route.PRODUCT, Route.SRE})
WITH_TICKET = frozenset({Route.SET, Route.SUPPORT, Route.TEAM, Route.SRE})
PRODUCT_ISSUE, CODE, DESIGN = "product", "code", "design"
QUESTIONS: Mapping[str, str] = MappingProxyType({
    PRODUCT_ISSUE: "Is it an issue of the product?",
    CODE: "Does it need a change of code?",
    DESIGN: "Is UX or a product manager needed for it?",
})


@dataclass(frozen=True)
class Facts:
    """What the decision stands on. `large`: the customer's ARR is above $50,000; None: nobody has said. `product`,
    `code`, `design`: the answers to `QUESTIONS`; None: not answered yet. `area`, `team`, `manager`, `sre`: names, ""
    where there is none."""

    kind: Kind
    level: Level
    large: bool | None = None
    product: bool | None = None
    code: bool | None = None
    design: bool | None = None
    category: str = ""
    area: str = ""
    team: str = ""
    manager: str = ""
    sre: str = ""


@dataclass(frozen=True)
class Proposal:
    """Who is to do it, the reasons in sentences, what follows from taking it, and which questions still matter."""

    route: Route
    reasons: tuple[str, ...]
    implies: tuple[str, ...]
    asks: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """All reasons in one text."""
        return " ".join(self.reasons)


def propose(facts: Facts) -> Proposal:
    """Who does what next. While questions are open it is what holds if nothing else is said."""
    if facts.kind == Kind.INFRASTRUCTURE:
        return _sre(facts)
    if facts.kind == Kind.FEATURE:
        return _product(facts)
    before = _money(facts)
    if facts.kind == Kind.DEPLOYMENT and facts.large:
        return _made(Route.DEPLOYMENT, facts, *before)
    if facts.product is None:
        return _made(_unasked(facts), facts, *before, _unasked_words(facts), asks=(PRODUCT_ISSUE,))
    if not facts.product:
        return _made(Route.ANSWER, facts, *before, "It is no issue of the product, so no ticket is needed.")
    return _issue(facts, before)


def _sre(facts: Facts) -> Proposal:
    where = f"the {facts.sre} project" if facts.sre else "their own list"
    return _made(Route.SRE, facts, f"It is about our own infrastructure, which site reliability works on in {where}.")


def _product(facts: Facts) -> Proposal:
    if facts.manager:
        who = f"{facts.manager} is product manager of {facts.area}."
    elif facts.area:
        who = f"Nobody is written down as product manager of {facts.area}: ask the lead whom to tell."
    else:
        who = "No area is chosen, so the product manager is not known: choose the area first, or ask the lead."
    return _made(Route.PRODUCT, facts, "It is a new feature, and whether it is built is the product manager's to say.",
                 who)


def _money(facts: Facts) -> tuple[str, ...]:
    """What the customer's ARR says of a deployment."""
    if facts.kind != Kind.DEPLOYMENT:
        return ()
    if facts.large is None:
        return ("It is about a deployment, but nobody has said what the customer pays; above $50,000 a year it would go"
                " to Deployment Engineering. Ask the CSM.",)
    if facts.large:
        return ("It is about a deployment, and the customer pays more than $50,000 a year.",)
    return ("It is about a deployment, but the customer pays no more than $50,000 a year.",)


def _unasked(facts: Facts) -> Route:
    return Route.ANSWER if facts.kind == Kind.QUESTION else Route.SET


def _unasked_words(facts: Facts) -> str:
    if facts.kind == Kind.QUESTION:
        return "It is a question; one that takes less than an hour is simply answered."
    return "Until it is known whether it is an issue of the product, SET looks into it."


def _issue(facts: Facts, before: tuple[str, ...]) -> Proposal:
    if facts.level in URGENT:
        words = f"It is an issue of the product at {facts.level.label}, and those go to the primary."
        return _made(Route.SET, facts, *before, words)
    if facts.code is None:
        return _made(Route.SET, facts, *before, "It is an issue of the product; who fixes it hangs on what the fix "
                     "needs.", asks=(CODE,))
    if not facts.code:
        return _made(Route.SET, facts, *before, "It is an issue of the product that needs no change of code: SET finds "
                     "the way around it.")
    if facts.design is None:
        return _made(Route.SET, facts, *before, "It needs a change of code; who makes it hangs on whether UX or a "
                     "product manager is needed.", asks=(DESIGN,))
    return _code(facts, before)


def _code(facts: Facts, before: tuple[str, ...]) -> Proposal:
    if not facts.design:
        return _made(Route.SUPPORT, facts, *before, "It needs a change of code, and neither UX nor a product manager: "
                     "the reliability engineer of support makes it.")
    if facts.team:
        return _made(Route.TEAM, facts, *before, "It needs a change of code, and UX or a product manager: "
                     f"{facts.team}, whose area {facts.area} is, makes it.")
    whose = f"no team owns {facts.area}" if facts.area else "no area is chosen, so no team is known"
    return _made(Route.SET, facts, *before, f"It needs a change of code, and UX or a product manager, but {whose}: SET "
                 "takes what nobody owns.")


def _made(route: Route, facts: Facts, *reasons: str, asks: tuple[str, ...] = ()) -> Proposal:
    return Proposal(route, reasons, implied(route, facts), asks)


def implied(route: Route, facts: Facts) -> tuple[str, ...]:
    """What follows from a route, in sentences; for one that somebody chose instead too."""
    if route == Route.ANSWER:
        return ("Answered in under an hour, it is solved without a ticket. What takes longer becomes one: then let SET "
                "take it.",)
    if route == Route.SET:
        return ("One ticket in Jira, created or linked.", _where(facts))
    whom = {
        Route.SUPPORT: "Support makes a ticket or takes the one created here, and opens a pull request.",
        Route.TEAM: f"{facts.team or 'The team'} is told in its channel, and gets the ticket.",
        Route.DEPLOYMENT: "Deployment Engineering investigates. Solved without a change of the product, support tells "
                          "the customer and closes it.",
        Route.PRODUCT: f"{facts.manager or 'The product manager'} is told. No ticket is needed now.",
        Route.SRE: f"The ticket is created in {facts.sre or 'Jira'}.",
    }
    return (whom[route], "SET still tells the reporter how it stands, until it is solved.")


def _where(facts: Facts) -> str:
    if facts.level in URGENT:
        return f"At {facts.level.label} it goes to the primary, In Progress."
    return "A hotfix goes to the primary, In Progress; for the next release it goes to To Do at its priority."


def at_once(level: Level, fix: str) -> bool:
    """Whether an accepted one goes to the primary, In Progress: L1, L2, and a hotfix at any level."""
    return level in URGENT or fix == Fix.HOTFIX


def is_bug(kind: Kind, product: bool | None) -> bool:
    """Whether its ticket is a bug that a customer reported: what does not work, unless somebody knows better; help with
    a deployment only where somebody said that it is the product."""
    return (kind == Kind.PROBLEM and product is not False) or (kind == Kind.DEPLOYMENT and product is True)


def category_words(category: str) -> str:
    """A category as pages show it; "" for none."""
    return Category(category).label if category in Category.values else ""
