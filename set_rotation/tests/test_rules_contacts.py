"""How a person's rules become steps: a table of cases, and what holds for every set of rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from set_rotation.choices import ContactKind
from set_rotation.rules.contacts import (
    ContactStep,
    RuleFact,
    Rung,
    Way,
    ladder_lines,
    ladder_words,
    read_rungs,
    refusal_of,
    rungs_text,
    steps_of,
    too_late,
    usual_ladder,
)

CHAT, MAIL, PHONE = ContactKind.MATTERMOST, ContactKind.MAIL, ContactKind.APPRISE


def fact(minutes: int, kind: ContactKind, method: int = 1, *, verified: bool = True) -> RuleFact:
    return RuleFact(minutes, kind, method, f"{kind.label} {method}", verified)


def plain(kind: ContactKind, minutes: int = 0) -> ContactStep:
    return ContactStep(minutes, kind, None, kind.label)


def step(minutes: int, kind: ContactKind, method: int = 1) -> ContactStep:
    return ContactStep(minutes, kind, method, f"{kind.label} {method}")


CASES = [
    ("no rule at all", [], True, [plain(CHAT), plain(MAIL)]),
    ("no rule and no Mattermost", [], False, [plain(MAIL)]),
    ("push at once, SMS after 5, call after 10",
     [fact(10, PHONE, 3), fact(0, PHONE, 1), fact(5, PHONE, 2)], True,
     [step(0, PHONE, 1), step(5, PHONE, 2), step(10, PHONE, 3)]),
    ("an address that was never verified", [fact(5, PHONE, verified=False)], True, [plain(CHAT), step(5, PHONE)]),
    ("the same, with Mattermost at once anyway", [fact(0, CHAT, 7), fact(0, PHONE, verified=False)], True,
     [step(0, PHONE), step(0, CHAT, 7)]),
    ("the same, with Mattermost only later", [fact(10, CHAT, 7), fact(0, PHONE, verified=False)], True,
     [plain(CHAT), step(0, PHONE), step(10, CHAT, 7)]),
    ("the same, without Mattermost", [fact(5, PHONE, verified=False)], False, [plain(MAIL), step(5, PHONE)]),
    ("the same, without Mattermost but with mail", [fact(0, MAIL, 7), fact(0, PHONE, verified=False)], False,
     [step(0, PHONE), step(0, MAIL, 7)]),
    ("Mattermost chosen where there is none", [fact(3, CHAT)], False, [plain(MAIL, 3)]),
    ("both chosen where there is no Mattermost", [fact(0, CHAT, 1), fact(0, MAIL, 2)], False, [step(0, MAIL, 2)]),
    ("Mattermost and mail need no proof", [fact(0, MAIL, 2, verified=False)], True, [step(0, MAIL, 2)]),
    ("the same rule twice", [fact(0, PHONE), fact(0, PHONE)], True, [step(0, PHONE)]),
    ("one method twice, to ring again", [fact(0, PHONE), fact(5, PHONE)], True, [step(0, PHONE), step(5, PHONE)]),
]


@pytest.mark.parametrize(("facts", "chat", "wanted"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_rules_become_steps(facts: list[RuleFact], chat: bool, wanted: list[ContactStep]) -> None:
    assert list(steps_of(facts, chat=chat)) == wanted


FACTS = st.lists(st.builds(
    RuleFact, st.integers(0, 120), st.sampled_from(ContactKind), st.integers(1, 4), st.sampled_from("ab"),
    st.booleans(),
), max_size=8)


@given(facts=FACTS, chat=st.booleans())
def test_nobody_is_unreachable_and_a_doubtful_address_never_stands_alone(facts: list[RuleFact], chat: bool) -> None:
    steps = steps_of(facts, chat=chat)
    assert steps
    assert list(steps) == sorted(steps, key=lambda one: one.minutes)
    assert all(one.method is not None for one in steps if one.kind == PHONE)
    assert chat or all(one.kind != CHAT for one in steps)
    if any(one.kind == PHONE and not one.verified for one in facts):
        assert any(one.kind != PHONE and one.minutes == 0 for one in steps)


@given(facts=FACTS)
def test_the_order_of_rules_does_not_matter(facts: list[RuleFact]) -> None:
    assert steps_of(facts, chat=True) == steps_of(reversed(facts), chat=True)


@pytest.mark.parametrize(("text", "rungs"), [
    ("", ()), ("0:mattermost", (Rung(0, "mattermost"),)), ("5:12,0:mail", (Rung(0, "mail"), Rung(5, "12"))),
    ("5:12,5:12", (Rung(5, "12"),)), ("500:12", (Rung(500, "12"),)),
])
def test_a_ladder_is_read_from_text(text: str, rungs: tuple[Rung, ...]) -> None:
    assert read_rungs(text) == rungs


@pytest.mark.parametrize("text", ["5", "5:", ":12", "-5:12", "5:-12", "5:apprise", "٥:12", "5:12:3", "x" * 99, "5:²",
                                  f"5:{'9' * 40}"])
def test_what_is_no_ladder_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no way to reach"):
        read_rungs(text)


RUNGS = st.lists(st.builds(Rung, st.integers(0, 120), st.sampled_from(["mattermost", "mail", "1", "77"])), max_size=8)


@given(rungs=RUNGS)
def test_a_ladder_comes_back_as_it_was_written(rungs: list[Rung]) -> None:
    assert read_rungs(rungs_text(rungs)) == tuple(sorted(set(rungs)))


@pytest.mark.parametrize(("rungs", "refused"), [
    ([Rung(120, "mail")], False), ([Rung(121, "mail")], True), ([], False),
    ([Rung(minute, "mail") for minute in range(10)], False), ([Rung(minute, "mail") for minute in range(11)], True),
])
def test_a_ladder_has_limits(rungs: list[Rung], refused: bool) -> None:
    assert bool(refusal_of(rungs)) is refused


PUSH, SMS, CALL = Way("1", "push", "Pushover"), Way("2", "sms", "My SMS"), Way("3", "call", "My phone")


@pytest.mark.parametrize(("ways", "text"), [
    ([PUSH, SMS, CALL], "0:1,5:2,10:3"), ([SMS, CALL], "0:mattermost,5:2,10:3"), ([CALL], "0:mattermost,10:3"),
    ([PUSH], "0:1"), ([Way("mail", "mail", "Mail")], ""), ([], ""),
])
def test_the_usual_ladder_uses_what_there_is(ways: list[Way], text: str) -> None:
    assert rungs_text(usual_ladder(ways)) == text


def test_a_ladder_is_told_in_words() -> None:
    steps = [plain(CHAT), plain(MAIL), ContactStep(0, PHONE, 1, "Push"), ContactStep(5, PHONE, 2, "My SMS")]
    assert ladder_words(steps) == "Mattermost, Mail and Push at once, My SMS after 5 min"
    assert [line.when for line in ladder_lines(steps)] == ["at once", "after 5 min"]


@pytest.mark.parametrize(("first", "moves_on", "late"), [(0, 10, None), (9, 10, None), (10, 10, 10), (30, 0, None)])
def test_a_first_step_after_the_page_has_gone_on_is_told(first: int, moves_on: int, late: int | None) -> None:
    assert too_late([step(first, PHONE), step(60, PHONE)], moves_on) == late
