"""What must be said, by level, kind and category; and what is typed, made fit to be stored."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalations.choices import Category, Deployment, Kind, Level, Source
from escalations.rules import typed
from escalations.rules.intake import GROUP_OF, MEANINGS, RULES, is_given, least, missing, wrong_level

NOON = datetime(2026, 11, 17, 17, 0, tzinfo=UTC)
LEAST = {"customer": "Initech", "title": "Nobody can sign in", "happened": "The login page says 500."}
L2 = LEAST | {"level": "2", "category": Category.LDAP, "server_version": "10.4.2"}


def required(values: dict[str, object]) -> set[str]:
    return {need.field for need in missing(values).required}


def wanted(values: Mapping[str, object]) -> set[str]:
    return {need.field for need in missing(values).wanted}


def test_an_l1_is_taken_with_the_least_and_asks_for_the_rest() -> None:
    values = {**LEAST, "level": 1}
    assert required(values) == set()
    assert {"server_version", "steps", "logs", "tried", "began_on", "affected_people", "category"} <= wanted(values)


@pytest.mark.parametrize("gone", ["customer", "title", "happened"])
def test_without_the_least_not_even_an_l1_is_taken(gone: str) -> None:
    assert required({**LEAST, "level": 1, gone: ""}) == {gone}


@pytest.mark.parametrize(("level", "kind", "category", "said", "held_back_by"), [
    (2, Kind.PROBLEM, Category.LDAP, {}, {"server_version"}),
    (2, Kind.PROBLEM, Category.LDAP, {"server_version": "10.4"}, {"server_version"}),
    (2, Kind.PROBLEM, Category.LDAP, {"server_version": "10.4.2"}, set()),
    (2, Kind.PROBLEM, "", {"server_version": "10.4.2"}, {"category"}),
    (3, Kind.PROBLEM, Category.LDAP, {"server_version": "10.4.2"}, {"steps"}),
    (4, Kind.PROBLEM, Category.UI, {"server_version": "10.4.2"}, {"steps"}),
    (3, Kind.PROBLEM, Category.LDAP, {"server_version": "10.4.2", "steps": "1. Sign in"}, set()),
    (3, Kind.PROBLEM, Category.MOBILE, {"server_version": "10.4.2", "steps": "1."}, {"mobile_version"}),
    (3, Kind.PROBLEM, Category.DATABASE, {"server_version": "10.4.2", "steps": "1."},
     {"database", "database_version"}),
    (2, Kind.PROBLEM, Category.LDAP, {"deployment": Deployment.CLOUD}, set()),
    (4, Kind.FEATURE, "", {}, {"asking"}),
    (4, Kind.FEATURE, "", {"asking": 0}, set()),
    (4, Kind.QUESTION, Category.SEARCH, {}, set()),
    (3, Kind.DEPLOYMENT, "", {"server_version": "10.4.2"}, {"deployment"}),
    (2, Kind.INFRASTRUCTURE, "", {}, set()),
    ("", Kind.PROBLEM, Category.LDAP, {"server_version": "10.4.2", "steps": "1."}, {"level"}),
])
def test_what_holds_it_back(level: object, kind: Kind, category: str, said: dict[str, object], held_back_by: set[str]
                            ) -> None:
    assert required({**LEAST, "level": level, "kind": kind, "category": category, **said}) == held_back_by


def test_logs_are_wanted_and_a_file_counts_as_logs() -> None:
    assert "logs" in wanted(L2)
    assert "logs" not in wanted({**L2, "files": 1})
    assert "logs" not in wanted({**L2, "logs": "ERROR bind failed"})
    assert "logs" not in wanted({**L2, "category": Category.UI})


def test_the_number_of_the_support_ticket_is_wanted_of_support_alone() -> None:
    assert "support_ticket" in wanted({**L2, "source": Source.SUPPORT})
    assert "support_ticket" not in wanted({**L2, "source": Source.ACCOUNT})


def test_what_is_said_stands_among_what_is_given() -> None:
    assert {"customer", "level", "title", "server_version"} <= {need.field for need in missing(L2).given}


def test_where_a_ticket_tells_the_rest_the_least_is_enough_but_for_the_level() -> None:
    assert not least({**LEAST, "level": 3}).required
    assert [need.field for need in least({**LEAST, "level": ""}).required] == ["level"]


@pytest.mark.parametrize(("kind", "level", "refused"), [
    (Kind.FEATURE, 1, True), (Kind.FEATURE, 2, True), (Kind.FEATURE, 3, False), (Kind.QUESTION, 1, True),
    (Kind.QUESTION, 2, False), (Kind.PROBLEM, 1, False), (Kind.DEPLOYMENT, 1, False),
])
def test_what_is_not_broken_is_not_urgent(kind: Kind, level: int, refused: bool) -> None:
    assert bool(wrong_level({"kind": kind, "level": level})) is refused


def test_every_field_of_the_table_stands_in_a_group_and_every_level_has_a_meaning() -> None:
    assert {rule.need.field for rule in RULES} <= set(GROUP_OF)
    assert set(MEANINGS) == set(Level)


@given(level=st.sampled_from(["", "1", "2", "3", "4", "5", "x", None]), kind=st.sampled_from([*Kind.values, "", "no"]),
       category=st.sampled_from([*Category.values, "", "no"]), words=st.dictionaries(
           st.sampled_from(sorted(GROUP_OF)), st.text(max_size=20)))
def test_a_thing_is_asked_for_once_and_never_when_it_is_there(
    level: object, kind: str, category: str, words: dict[str, str]
) -> None:
    values = {**words, "level": level, "kind": kind, "category": category}
    found = missing(values)
    fields = [need.field for need in (*found.required, *found.wanted, *found.given)]
    assert len(fields) == len(set(fields))
    assert all(is_given(need.field, values) for need in found.given)
    assert not any(is_given(need.field, values) for need in (*found.required, *found.wanted))


@pytest.mark.parametrize(("version", "fault"), [
    ("10.4.2", ""), ("v10.4.2", ""), ("10.4.2-rc1", ""), ("10.11.0+build.7", ""), ("2.21.0 (Android 14)", ""),
    ("", ""),
    ("10.4", "We need the patch version too, such as 10.4.2."),
    ("10", "We need the patch version too, such as 10.4.2."),
    ("9.5.x", "We need the patch version too, such as 9.5.2."),
    ("latest", "Write the version in numbers, such as 10.4.2."),
    ("١٠.٤.٢", "Write the version in numbers, such as 10.4.2."),
])
def test_a_version_has_its_patch_number(version: str, fault: str) -> None:
    assert typed.version_fault(version) == fault


@pytest.mark.parametrize(("began", "fine"), [
    (NOON, True), (NOON + timedelta(minutes=9), True), (NOON + timedelta(minutes=11), False),
    (NOON - timedelta(days=3), True), (NOON - timedelta(days=365 * 21), False), (None, True),
])
def test_what_began_has_begun(began: datetime | None, fine: bool) -> None:
    assert (typed.began_fault(began, NOON) == "") is fine


@pytest.mark.parametrize(("given", "stored"), [
    ("a\x00b", "ab"), ("  two\r\nlines ", "two\nlines"), ("\u202etxet\u202c", "txet"), ("😀 ok 👩‍💻", "😀 ok 👩‍💻"),
    ("a\n\n\n\n\n\nb", "a\n\n\nb"), ("<script>alert(1)</script>", "<script>alert(1)</script>"), ("\ud800x", "x"),
    ("مرحبا", "مرحبا"), ("\x1b[31mred", "[31mred"),
])
def test_text_is_cleaned_and_nothing_that_says_something_is_lost(given: str, stored: str) -> None:
    assert typed.text(given) == stored


@given(st.text())
def test_what_is_stored_can_be_stored_and_is_the_same_when_cleaned_again(words: str) -> None:
    for clean in (typed.text, typed.line):
        once = clean(words)
        assert "\x00" not in once
        assert clean(once) == once
        once.encode()  # no half of a pair is left
    assert "\n" not in typed.line(words)
