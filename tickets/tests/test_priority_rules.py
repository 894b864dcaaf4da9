"""The priority of work as a rule: the handbook's order, whatever the tickets are told in."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.choices import MarkMeans, MarkOn
from tickets.rules.priority import (
    BugOrder,
    Mark,
    Weight,
    WorkClass,
    WorkFacts,
    WorkPlace,
    place_of,
    priorities,
    severity_of,
)
from tickets.tests.factories import NOON

MAPPING = priorities(
    [
        Mark(MarkMeans.COMMUNITY, MarkOn.LABEL, "community-server"),
        Mark(MarkMeans.COMMUNITY, MarkOn.COMPONENT, "Community server"),
        Mark(MarkMeans.ESCALATION, MarkOn.LABEL, "escalation"),
        Mark(MarkMeans.HOTFIX, MarkOn.LABEL, "hotfix"),
        Mark(MarkMeans.HOTFIX, MarkOn.FIX_VERSION, "10.4.*"),
        Mark(MarkMeans.RELEASE, MarkOn.FIX_VERSION, "10.5"),
        Mark(MarkMeans.CUSTOMER, MarkOn.LABEL, "from-customer"),
        Mark(MarkMeans.TECHNICAL_DEBT, MarkOn.LABEL, "tech-debt"),
        Mark(MarkMeans.TECHNICAL_DEBT, MarkOn.TYPE, "Technical Debt"),
    ],
    ["Bug", "Defect"],
)
ESCALATED = Weight("escalation:E-12", 2, 3)


def ticket(**kw: object) -> WorkFacts:
    return replace(WorkFacts(kind="Bug", waiting_since=NOON), **kw)  # type: ignore[arg-type]


def place(**kw: object) -> WorkPlace:
    return place_of(ticket(**kw), MAPPING)


@pytest.mark.parametrize(
    ("facts", "work_class", "order", "reason"),
    [
        ({"labels": ["community-server"]}, 1, 0, "1 · community server"),
        ({"components": ["COMMUNITY  SERVER"], "kind": "Task"}, 1, 0, "1 · community server"),
        ({"weights": [Weight("incident:I-7", 1)]}, 1, 0, "1 · community server, Sev1"),
        ({"weights": [ESCALATED]}, 2, 0, "2 · escalation, L2, 3 customers"),
        ({"weights": [ESCALATED], "kind": "Story"}, 2, 0, "2 · escalation, L2, 3 customers"),
        ({"weights": [replace(ESCALATED, customers=1)]}, 2, 0, "2 · escalation, L2, 1 customer"),
        ({"weights": [ESCALATED, Weight("escalation:E-13", 1, 2)]}, 2, 0, "2 · escalation, L1, 5 customers"),
        ({"labels": ["Escalation"]}, 2, 0, "2 · escalation"),
        ({"labels": ["Escalation", "hotfix"]}, 2, 0, "2 · escalation"),
        ({"labels": ["hotfix", "tech-debt"]}, 3, 1, "3 · hotfix"),
        ({"fix_versions": ["10.4.2"]}, 3, 1, "3 · hotfix"),
        ({"fix_versions": ["10.5", "10.4.2"]}, 3, 1, "3 · hotfix"),
        ({"fix_versions": ["10.5"], "customer": True}, 3, 2, "3 · release"),
        ({"fix_versions": ["10.51"]}, 3, 4, "3 · other bug"),
        ({"customer": True}, 3, 3, "3 · customer reported"),
        ({"labels": ["from-customer"]}, 3, 3, "3 · customer reported"),
        ({"weights": [Weight("support", 3, 4)]}, 3, 3, "3 · customer reported, 4 customers"),
        ({"kind": "defect"}, 3, 4, "3 · other bug"),
        ({"kind": "Story", "labels": ["tech-debt"]}, 4, 0, "4 · technical debt"),
        ({"kind": "Technical debt"}, 4, 0, "4 · technical debt"),
        ({"kind": "Story", "labels": ["hotfix"]}, 5, 0, "5 · the rest"),
        ({"kind": "Story", "customer": True}, 5, 0, "5 · the rest"),
        ({"kind": ""}, 5, 0, "5 · the rest"),
    ],
)
def test_each_ticket_stands_in_the_first_class_that_fits(
    facts: dict[str, object], work_class: int, order: int, reason: str
) -> None:
    found = place(**facts)
    assert (found.work_class, found.bug_order, found.reason) == (work_class, order, reason)


def test_what_stands_first_by_the_handbook_stands_first() -> None:
    """Each line before all that follow, in whatever order they come."""
    earlier = NOON - timedelta(days=3)
    in_order = [
        ticket(weights=[Weight("incident:I-7", 1)]),
        ticket(labels=["community-server"], severity="S1"),
        ticket(labels=["community-server"]),
        ticket(weights=[Weight("escalation:E-1", 1, 1)], severity="S3"),
        ticket(weights=[Weight("escalation:E-2", 2, 1)], severity="S1"),
        ticket(weights=[Weight("escalation:E-3", 2, 3)], severity="S2"),
        ticket(weights=[Weight("escalation:E-4", 2, 1)], severity="S2", waiting_since=earlier),
        ticket(weights=[Weight("escalation:E-5", 2, 1)], severity="S2"),
        ticket(labels=["escalation"], severity="S1"),
        ticket(labels=["hotfix"], severity="S3"),
        ticket(fix_versions=["10.5"], severity="S1"),
        ticket(customer=True, severity="S1"),
        ticket(customer=True, severity="S2", weights=[Weight("support", 4, 2)]),
        ticket(customer=True, severity="S2", waiting_since=earlier),
        ticket(customer=True, severity="S2"),
        ticket(severity="S1"),
        ticket(severity="S2", waiting_since=earlier),
        ticket(severity="S2"),
        ticket(),
        ticket(kind="Task", labels=["tech-debt"], severity="S1"),
        ticket(kind="Story", severity="S1"),
        ticket(kind="Story"),
    ]
    mixed = random.Random(7).sample(in_order, len(in_order))
    assert sorted(mixed, key=lambda facts: place_of(facts, MAPPING).key) == in_order


@pytest.mark.parametrize(
    ("severity", "priority", "rank"),
    [
        ("S1", "Low", 1), ("S1 - data loss", "", 1), ("s2", "", 2), ("Sev 3", "", 3), ("3 - minor", "", 3),
        ("Critical", "", 1), ("", "Blocker", 1), ("", "2 High", 2), ("", "High", 2), ("", "Medium", 3),
        ("", "P4", 4), ("", "Trivial", 4), ("", "", 5), ("none", "Major", 2), ("S12", "", 5), ("?", "?", 5),
    ],
)  # fmt: skip
def test_severity_counts_and_a_priority_stands_in_for_one_that_nobody_gave(
    severity: str, priority: str, rank: int
) -> None:
    assert severity_of(severity, priority) == rank


def test_what_decided_is_said_in_words() -> None:
    found = place(weights=[ESCALATED], labels=["hotfix"], customer=True, severity="S2", priority="High")
    assert found.because == (
        "escalation E-12 weighs on it at level 2, 3 customers", "label hotfix: bug for a hotfix",
        "marked as a customer's", "type Bug: a bug", "severity S2", "priority High",
    )  # fmt: skip


def test_a_star_alone_is_any_fix_version_and_no_fix_version_is_none() -> None:
    mapping = priorities([Mark(MarkMeans.RELEASE, MarkOn.FIX_VERSION, "*")], ["Bug"])
    assert place_of(ticket(fix_versions=["9.11"]), mapping).bug_order == BugOrder.RELEASE
    assert place_of(ticket(), mapping).bug_order == BugOrder.OTHER


def test_without_any_mapping_there_is_still_an_order() -> None:
    assert place_of(ticket(labels=["hotfix"]), priorities([], [])).work_class == WorkClass.REST


# Whatever there is

names = st.sampled_from(["hotfix", "Hotfix", "tech-debt", "escalation", "community-server", "10.4.1", "10.5", "x", "*"])
weights = st.builds(
    Weight, st.sampled_from(["escalation:E-1", "incident:I-1", "support", "E"]), st.integers(1, 4), st.integers(0, 9)
)
facts = st.builds(
    WorkFacts, kind=st.sampled_from(["Bug", "bug", "Story", "Technical Debt", ""]),
    waiting_since=st.datetimes(timezones=st.just(NOON.tzinfo)),
    labels=st.lists(names, max_size=3), components=st.lists(names, max_size=2),
    fix_versions=st.lists(names, max_size=2),
    severity=st.text(max_size=5) | st.sampled_from(["S1", "S2", "S3"]), priority=st.text(max_size=8),
    customer=st.booleans(), weights=st.lists(weights, max_size=3),
)  # fmt: skip


@given(st.lists(facts, max_size=12), st.randoms(use_true_random=False))
def test_the_order_is_total_and_the_same_from_whatever_order_one_begins(
    found: list[WorkFacts], luck: random.Random
) -> None:
    keys = [place_of(each, MAPPING).key for each in found]
    assert len({len(key) for key in keys}) <= 1
    mixed = luck.sample(keys, len(keys))
    assert sorted(mixed) == sorted(keys)
    assert all(-(2**63) <= number < 2**63 for key in keys for number in key)


@given(facts, st.randoms(use_true_random=False))
def test_the_order_in_which_labels_versions_and_weights_come_says_nothing(
    one: WorkFacts, luck: random.Random
) -> None:
    mixed = replace(
        one, labels=luck.sample(one.labels, len(one.labels)), weights=luck.sample(one.weights, len(one.weights)),
        fix_versions=luck.sample(one.fix_versions, len(one.fix_versions)),
    )  # fmt: skip
    assert place_of(mixed, MAPPING).key == place_of(one, MAPPING).key
    assert place_of(mixed, MAPPING).reason == place_of(one, MAPPING).reason


@given(facts)
def test_more_customers_never_put_a_ticket_further_down(one: WorkFacts) -> None:
    more = replace(one, weights=[*one.weights, Weight("support", 4, 1)])
    assert place_of(more, MAPPING).key <= place_of(one, MAPPING).key
