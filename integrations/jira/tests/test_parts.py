"""The client's thinking: what Jira's answers hold, how long it asks to wait, what is taken out of its strings."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from integrations.clean import clean, suspicious
from integrations.jira import JiraGarbled
from integrations.jira.answers import LONGEST_WAIT, cleaned, jiras_words, retry_at
from integrations.jira.answers import decode as decode_answer
from integrations.jira.faults import JiraFault


def decode(body: bytes, kind: str) -> tuple[Any, bool]:
    """An answer as whoever asked gets it."""
    told, dirty = decode_answer(body, kind)
    return cleaned(told) if dirty else (told, False)


NOW = datetime(2026, 3, 4, 10, 20, 30, tzinfo=UTC)
JSON = "application/json"
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3), max_leaves=8,
)  # fmt: skip
# Any code point, halves of surrogate pairs and NUL among them.
wild = st.text(st.characters(codec=None, exclude_categories=()), max_size=12)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("5", timedelta(seconds=5)), (" 120 ", timedelta(minutes=2)), ("0", timedelta(seconds=1)),
        ("", timedelta(minutes=1)), ("soon", timedelta(minutes=1)), ("-5", timedelta(minutes=1)),
        ("1.5", timedelta(minutes=1)), ("٣", timedelta(minutes=1)), ("9" * 5_000, LONGEST_WAIT), ("86400",
        LONGEST_WAIT),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), timedelta(seconds=90)),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), timedelta(seconds=1)),
        ("Wed, 04 Mar 2026 10:22:30", timedelta(minutes=2)), ("Wed, 04 Mar 2026 10:22:30 -0500", timedelta(hours=5,
        minutes=2)),
        ("Wed, 21 Oct 2037 07:28:00 GMT", LONGEST_WAIT), ("Wed, 99 Mar 2026 10:22:30 GMT", timedelta(minutes=1)),
        ("Fri, 31 Dec 9999 23:59:59 -2359", LONGEST_WAIT),
    ],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date_and_nonsense_a_minute(header: str, wait: timedelta) -> None:
    assert retry_at(header, NOW) - NOW == wait


@given(st.text(max_size=40) | st.integers().map(str) | st.datetimes().map(format_datetime))
def test_a_wait_is_always_between_a_second_and_six_hours(header: str) -> None:
    assert timedelta(seconds=1) <= retry_at(header, NOW) - NOW <= LONGEST_WAIT


def test_a_number_beyond_all_bounds_does_not_spoil_the_answer() -> None:
    assert decode(b'{"a": 1' + b"0" * 5_000 + b', "b": 2, "c": -7}', JSON) == ({"a": None, "b": 2, "c": -7}, False)


def test_what_postgresql_refuses_is_taken_out_and_that_is_told() -> None:
    told = {"summary": "a\x00b", "k\x00": ["\ud83d", {"n": "\udc00x"}], "fine": "😀"}
    assert clean(told) == ({"summary": "ab", "k": ["\ufffd", {"n": "\ufffdx"}], "fine": "😀"}, True)
    assert clean({"fine": ["😀", 1, None, True]}) == ({"fine": ["😀", 1, None, True]}, False)


@given(st.recursive(wild | st.integers() | st.none(), lambda inner: st.lists(inner, max_size=3)
                    | st.dictionaries(wild, inner, max_size=3), max_leaves=6))
def test_after_cleaning_nothing_is_left_to_clean(told: Any) -> None:
    kept, changed = clean(told)
    assert clean(kept) == (kept, False)
    assert changed or kept == told
    json.dumps(kept, ensure_ascii=False).encode()


@given(wild)
def test_a_dirty_text_is_never_passed_over(text: str) -> None:
    body = json.dumps({"text": text})
    assert suspicious(body) or not clean(text)[1]


def test_an_escaped_backslash_is_no_nul() -> None:
    assert decode(b'{"a": "C:\\\\u0000 and \\\\ud800"}', JSON) == ({"a": "C:\\u0000 and \\ud800"}, False)
    assert decode(b'{"a": "x\\u0000y\\ud83d\\ude00\\ud83d"}', JSON) == ({"a": "xy😀\ufffd"}, True)


@given(json_values)
def test_what_jira_says_is_what_is_read(told: Any) -> None:
    decoded, _ = decode(json.dumps(told).encode(), JSON)
    assert decoded == clean(told)[0]


@pytest.mark.parametrize("kind", ["text/html;charset=UTF-8", JSON, ""])
def test_a_login_page_is_said_to_be_one(kind: str) -> None:
    with pytest.raises(JiraGarbled, match="sign-in page"):
        decode(b"  <!doctype html><title>Log in</title>", kind)


@pytest.mark.parametrize("body", [b"",
b'{"issues": [{"id": "100', b"\xff\xfe", b"nonsense", b"[" * 100_000,
                                  b'{"a":' * 990 + b'"\\u0000"' + b"}" * 990, b"Not\x00json"])
def test_half_an_answer_is_garbled_and_its_detail_can_be_kept(body: bytes) -> None:
    with pytest.raises(JiraGarbled) as caught:
        decode(body, JSON)
    assert "\x00" not in caught.value.detail
    assert len(caught.value.detail) <= 500


@pytest.mark.parametrize("depth", [100, 300, 450, 600, 900])
def test_deep_nesting_is_read_or_garbled_whether_it_needs_cleaning_or_not(depth: int) -> None:
    for inner in (b'"plain"', b'"\\u0000"'):
        body = b"[" * depth + inner + b"]" * depth
        try:
            decode(body, JSON)
        except JiraGarbled:
            assert depth > 200


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999"])
def test_a_number_that_json_or_postgresql_does_not_know_is_none(number: bytes) -> None:
    assert decode(b'{"a": ' + number + b', "b": 1.5}', JSON) == ({"a": None, "b": 1.5}, False)


def test_a_raw_control_character_is_read_as_what_it_is() -> None:
    assert decode(b'{"a": "tab\there\x00"}', JSON) == ({"a": "tab\there"}, True)


def answer(body: str) -> requests.Response:
    response = requests.Response()
    response._content = body.encode()
    return response


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"errorMessages": ["The value does not exist."], "errors": {"project": "is missing"}}',
         "The value does not exist. project: is missing"),
        ('{"message": "Client must be authenticated"}', "Client must be authenticated"),
        ('{"errorMessages": 7, "errors": []}', "no reason given"), ('{"errorMessages": "one"}', "no reason given"),
        ('{"errorMessages": {"a": "b"}}', "no reason given"), ("[]", "no reason given"), ("<html>", "no reason given"),
        ("", "no reason given"), ('{"message": "a\\u0000b"}', "a\x00b"),
    ],
)  # fmt: skip
def test_jiras_own_words_are_read_from_any_shape(body: str, words: str) -> None:
    assert jiras_words(answer(body)) == words


@given(json_values)
def test_no_shape_of_an_error_is_an_error_of_ours(told: Any) -> None:
    assert len(jiras_words(answer(json.dumps(told)))) <= 500


def test_a_fault_holds_nothing_that_a_database_refuses() -> None:
    fault = JiraFault("a\x00b\ud800", detail="\x00\udfff")
    assert (fault.words, fault.detail) == ("ab\ufffd", "\ufffd")
