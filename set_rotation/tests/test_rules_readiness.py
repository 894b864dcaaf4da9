"""Who is ready: a table of what may be missing, and what is true of every set of facts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from set_rotation.rules.readiness import FRESH, ReadyFacts, checks_of, counted, is_ready, may_warn

NOW = datetime(2026, 11, 17, 17, 0, tzinfo=UTC)
DAY = timedelta(days=1)
READY = ReadyFacts(active=True, joined=True, chat=True, chat_name=True, proven=2, unproven=(), tested_at=NOW - DAY,
                   test_waits=False, items=3, left=())


@pytest.mark.parametrize(("facts", "missing", "words"), [
    (READY, [], ""),
    (replace(READY, joined=False), ["account"], "never signed up"),
    (replace(READY, active=False), ["account"], "Has left"),
    (replace(READY, chat_name=False), ["chat"], "No Mattermost name"),
    (replace(READY, proven=0), ["contacts"], "No way is proven"),
    (replace(READY, unproven=("My phone", "Push")), ["contacts"], "by My phone, Push"),
    (replace(READY, tested_at=None), ["test"], "No test page was acknowledged"),
    (replace(READY, tested_at=None, test_waits=True), ["test"], "not acknowledged yet"),
    (replace(READY, tested_at=NOW - FRESH), ["test"], "90 d ago: too long ago"),
    (replace(READY, left=("Read it.",)), ["checklist"], "2 of 3 done"),
])
def test_what_is_missing_is_named(facts: ReadyFacts, missing: list[str], words: str) -> None:
    checks = checks_of(facts, NOW)
    assert [check.key for check in checks if not check.ok] == missing
    assert is_ready(checks) is (not missing)
    assert words in " ".join(check.words for check in checks if not check.ok)


def test_a_test_page_holds_for_ninety_days() -> None:
    almost = replace(READY, tested_at=NOW - FRESH + timedelta(seconds=1))
    assert is_ready(checks_of(almost, NOW)) and not is_ready(checks_of(almost, NOW + timedelta(seconds=1)))


def test_what_there_is_none_of_is_not_asked_for() -> None:
    keys = [check.key for check in checks_of(replace(READY, chat=False, chat_name=False, items=0), NOW)]
    assert keys == ["account", "contacts", "test"]


@pytest.mark.parametrize(("before", "warns"), [
    (4 * DAY, False), (3 * DAY + timedelta(seconds=1), False), (3 * DAY, True), (timedelta(seconds=1), True),
    (timedelta(), False), (-DAY, False),
])
def test_the_lead_is_told_in_the_last_three_days(before: timedelta, warns: bool) -> None:
    assert may_warn(NOW + before, NOW) is warns


FACTS = st.builds(
    ReadyFacts, active=st.booleans(), joined=st.booleans(), chat=st.booleans(), chat_name=st.booleans(),
    proven=st.integers(0, 3), unproven=st.lists(st.sampled_from(["a", "b"]), max_size=2).map(tuple),
    tested_at=st.none() | st.integers(0, 200).map(lambda days: NOW - days * DAY), test_waits=st.booleans(),
    items=st.just(2), left=st.lists(st.sampled_from(["x", "y"]), max_size=2, unique=True).map(tuple),
)


@given(facts=FACTS)
def test_whoever_is_ready_can_be_reached(facts: ReadyFacts) -> None:
    checks = checks_of(facts, NOW)
    if is_ready(checks):
        assert facts.active and facts.joined and facts.proven and facts.tested_at is not None and not facts.left
    assert all(check.words and check.label for check in checks)
    assert len({check.key for check in checks}) == len(checks)


def test_a_badge_counts() -> None:
    assert counted(2, 5) == "2 of 5 ready"
