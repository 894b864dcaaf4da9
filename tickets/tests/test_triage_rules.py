"""Triage without a database: choices, texts, order, rare words, medians."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.choices import TriageVerb
from tickets.rules.triage import (
    FEATURE_TEXT,
    INFO_TEXT,
    LONGEST_TEXT,
    REACH,
    Unfit,
    filled,
    following,
    median,
    most_common,
    neighbours,
    rarest,
    read_choice,
    since_of,
    weight,
)

NOON = datetime(2026, 11, 17, 17, 0, tzinfo=UTC)
KEYS = st.lists(st.text("ABC123", min_size=1, max_size=5), unique=True, max_size=12)


@pytest.mark.parametrize(("given", "words"), [
    ({}, "no such verb"), ({"verb": "explode"}, "no such verb"),
    ({"verb": "route"}, "Choose a feature team"), ({"verb": "route", "team": "x"}, "Choose a feature team"),
    ({"verb": "route", "team": "9" * 30}, "Choose a feature team"),
    ({"verb": "feature", "text": "Hi"}, "feature request or a story"),
    ({"verb": "feature", "kind": "story", "text": " "}, "Write what the reporter"),
    ({"verb": "info"}, "Write what the reporter"), ({"verb": "duplicate"}, "type its key"),
    ({"verb": "close", "text": "No."}, "Choose a resolution"),
    ({"verb": "info", "text": "x" * (LONGEST_TEXT + 1)}, "at most"),
])  # fmt: skip
def test_what_is_missing_is_said(given: dict[str, str], words: str) -> None:
    with pytest.raises(Unfit, match=words):
        read_choice(given)


def test_a_whole_choice_is_read_and_cleaned() -> None:
    read = read_choice({"verb": "duplicate", "other": "", "q": " mm-12\x00 "})
    assert (read.verb, read.other) == (TriageVerb.DUPLICATE, "MM-12")
    assert read_choice({"verb": "route", "team": "7"}).team == 7
    assert read_choice({"verb": "take"}).verb == "take"
    assert read_choice({"verb": "info", "text": "a\r\nb"}).text == "a\nb"


@given(st.dictionaries(st.sampled_from(["verb", "team", "other", "q", "resolution", "kind", "text"]), st.text()))
def test_whatever_a_form_sends_is_a_choice_or_a_sentence(given: dict[str, str]) -> None:
    try:
        assert "\x00" not in repr(read_choice(given).text)
    except Unfit as unfit:
        assert str(unfit).endswith(".")


def test_the_templates_name_reporter_and_manager() -> None:
    text = filled(FEATURE_TEXT, reporter="Bo Quist", manager="Pia")
    assert text.startswith("Hi Bo Quist, thanks for the report.")
    assert "suggest talking to Pia to see" in text
    assert filled(FEATURE_TEXT, reporter="").startswith("Hi there, ")
    assert "the product manager" in filled(FEATURE_TEXT, reporter="")
    assert "[" not in filled(INFO_TEXT, reporter="Bo") and "# Reproduction steps" in INFO_TEXT


@given(KEYS, st.data())
def test_after_each_decision_the_next_one_is_there_until_none_is_left(order: list[str], data: st.DataObject) -> None:
    seen = []
    key = order[0] if order else ""
    while key:
        seen.append(key)
        after = following(order, key)
        assert after != key
        order = [one for one in order if one != key]
        assert after in order or (not order and not after)
        key = after
    assert not order


@given(KEYS.filter(bool), st.data())
def test_j_and_k_are_each_others_way_back(order: list[str], data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(order))
    before, after = neighbours(order, key)
    assert not before or neighbours(order, before)[1] == key
    assert not after or neighbours(order, after)[0] == key
    assert neighbours(order, "gone") == ("", order[0])


def test_a_bug_is_new_from_a_week_before_the_last_list_on_and_for_the_first_one_for_a_week() -> None:
    assert since_of(last_made=None, at=NOON) == NOON - REACH
    assert since_of(last_made=NOON - timedelta(days=60), at=NOON) == NOON - timedelta(days=60) - REACH


@given(st.dictionaries(st.text(min_size=1, max_size=6), st.integers(0, 20_000), max_size=30))
def test_few_and_rare_words_are_asked_for(counts: dict[str, int]) -> None:
    chosen = rarest(counts)
    assert len(chosen) <= 8 and bool(chosen) == bool(counts)
    assert len(chosen) == 1 or sum(counts[word] for word in chosen) <= 2_000
    left_out = [counts[word] for word in counts if word not in chosen]
    assert not chosen or not left_out or max(counts[word] for word in chosen) <= min(left_out)


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_rarer_word_tells_more_and_every_word_something(count: int, tickets: int) -> None:
    assert weight(count, tickets) >= weight(count + 1, tickets) > 0


@given(st.lists(st.timedeltas(timedelta(0), timedelta(days=400)), max_size=40))
def test_half_wait_no_longer_than_the_median_and_half_no_shorter(values: list[timedelta]) -> None:
    middle = median(values)
    assert (middle is None) == (not values)
    if middle is not None:
        assert sum(value <= middle for value in values) * 2 >= len(values)
        assert sum(value >= middle for value in values) * 2 >= len(values)


def test_a_team_is_proposed_by_what_sounds_alike_only_if_two_agree() -> None:
    assert most_common([3, 1, 3]) == 3
    assert most_common([3, 1]) is None
    assert most_common([]) is None
