"""Who does what next: the customer support response workflow as a table, each line with the words that say why."""

import itertools
from typing import Any

import pytest

from escalations.choices import Fix, Kind, Level, Route
from escalations.rules.routing import (
    CODE,
    DESIGN,
    HANDED_OVER,
    PRODUCT_ISSUE,
    Facts,
    at_once,
    implied,
    is_bug,
    propose,
)

L1, L2, L3, L4 = Level
PROBLEM, QUESTION, FEATURE, DEPLOYMENT, INFRASTRUCTURE = Kind
TEAM: dict[str, Any] = {"area": "LDAP", "team": "Identity", "manager": "Ada Osei"}


def facts(kind: Kind, level: Level = L3, **more: Any) -> Facts:
    return Facts(kind, level, **({"sre": "CLD"} | more))


@pytest.mark.parametrize(("given", "route", "said", "asks"), [
    # Infrastructure and features are told by what is asked alone.
    (facts(INFRASTRUCTURE), Route.SRE, "the CLD project", ()),
    (facts(INFRASTRUCTURE, sre=""), Route.SRE, "their own list", ()),
    (facts(INFRASTRUCTURE, L1, product=True, code=True), Route.SRE, "site reliability", ()),
    (facts(FEATURE, L4, **TEAM), Route.PRODUCT, "Ada Osei is product manager of LDAP", ()),
    (facts(FEATURE, L4, area="LDAP"), Route.PRODUCT, "Nobody is written down as product manager of LDAP", ()),
    (facts(FEATURE, L4), Route.PRODUCT, "No area is chosen", ()),
    # A deployment: by what the customer pays.
    (facts(DEPLOYMENT, large=True), Route.DEPLOYMENT, "more than $50,000", ()),
    (facts(DEPLOYMENT, L1, large=True, product=True), Route.DEPLOYMENT, "more than $50,000", ()),
    (facts(DEPLOYMENT, large=False), Route.SET, "no more than $50,000", (PRODUCT_ISSUE,)),
    (facts(DEPLOYMENT, large=None), Route.SET, "nobody has said what the customer pays", (PRODUCT_ISSUE,)),
    (facts(DEPLOYMENT, large=None, product=True, code=True, design=False), Route.SUPPORT, "Ask the CSM", ()),
    (facts(PROBLEM, large=True, product=False), Route.ANSWER, "no issue of the product", ()),
    # Nothing is answered yet.
    (facts(PROBLEM), Route.SET, "Until it is known", (PRODUCT_ISSUE,)),
    (facts(QUESTION, L4), Route.ANSWER, "less than an hour", (PRODUCT_ISSUE,)),
    # No issue of the product.
    (facts(PROBLEM, product=False), Route.ANSWER, "no ticket is needed", ()),
    (facts(PROBLEM, L2, product=False), Route.ANSWER, "no ticket is needed", ()),
    # L1 and L2 go to the primary whatever the fix needs.
    (facts(PROBLEM, L1, product=True), Route.SET, "those go to the primary", ()),
    (facts(PROBLEM, L2, product=True, code=True, design=False), Route.SET, "those go to the primary", ()),
    # L3 and L4 by what the fix needs.
    (facts(PROBLEM, product=True), Route.SET, "hangs on what the fix needs", (CODE,)),
    (facts(PROBLEM, product=True, code=False), Route.SET, "no change of code", ()),
    (facts(PROBLEM, product=True, code=True), Route.SET, "whether UX", (DESIGN,)),
    (facts(PROBLEM, L4, product=True, code=True, design=False, **TEAM), Route.SUPPORT, "of support makes it", ()),
    (facts(QUESTION, L4, product=True, code=True, design=False), Route.SUPPORT, "of support makes it", ()),
    (facts(PROBLEM, product=True, code=True, design=True, **TEAM), Route.TEAM, "Identity, whose area LDAP is", ()),
    (facts(PROBLEM, product=True, code=True, design=True, area="LDAP"), Route.SET, "no team owns LDAP", ()),
    (facts(PROBLEM, product=True, code=True, design=True), Route.SET, "no area is chosen", ()),
])
def test_the_workflow_says_who_does_what_next_and_why(
    given: Facts, route: Route, said: str, asks: tuple[str, ...]
) -> None:
    found = propose(given)
    assert (found.route, found.asks) == (route, asks)
    assert said in found.reason


def test_whatever_is_known_there_is_a_proposal_with_a_reason_and_with_what_follows() -> None:
    answers = (None, True, False)
    for kind, level, large, product, code, design in itertools.product(Kind, Level, answers, answers, answers, answers):
        found = propose(Facts(kind, level, large, product, code, design))
        assert found.reasons and all(text.endswith(".") for text in found.reasons)
        assert found.implies and all(text.endswith(".") for text in found.implies)
        assert len(found.asks) <= 1


def test_handed_over_set_still_owns_the_communication_and_otherwise_that_is_not_said() -> None:
    for route in Route:
        said = any("SET still tells the reporter" in text for text in implied(route, facts(PROBLEM)))
        assert said == (route in HANDED_OVER)


@pytest.mark.parametrize(("level", "fix", "now"), [
    (L1, Fix.NEXT_RELEASE, True), (L2, Fix.NEXT_RELEASE, True), (L3, Fix.HOTFIX, True), (L4, Fix.HOTFIX, True),
    (L3, Fix.NEXT_RELEASE, False), (L4, Fix.NEXT_RELEASE, False), (L4, "", False),
])
def test_l1_l2_and_hotfixes_are_begun_at_once_and_others_wait_their_turn(level: Level, fix: str, *, now: bool) -> None:
    assert at_once(level, fix) == now


@pytest.mark.parametrize(("kind", "product", "bug"), [
    (PROBLEM, None, True), (PROBLEM, True, True), (PROBLEM, False, False), (DEPLOYMENT, True, True),
    (DEPLOYMENT, None, False), (QUESTION, True, False), (FEATURE, None, False), (INFRASTRUCTURE, None, False),
])
def test_a_problem_of_the_product_is_a_bug_that_a_customer_reported(
    kind: Kind, product: bool | None, *, bug: bool
) -> None:
    assert is_bug(kind, product) == bug
