import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from people import rules
from people.choices import Right, Role

AT = datetime(2026, 11, 17, 12, 7, tzinfo=UTC)
WRITERS = {Role.SUPPORT, Role.ACCOUNT, Role.ENGINEER, Role.DEPLOYMENT_ENGINEER, Role.LEAD, Role.COORDINATOR}


@pytest.mark.parametrize(
    ("name", "mark"),
    [
        ("Ines Okafor", "IO"),
        ("ines okafor", "IO"),
        ("Cher", "C"),
        ("Declan Moriarty-Shaw", "DM"),
        ("Rafael Duarte Pinho", "RP"),
        ("(Bob) 'Mac' O'Neil", "BO"),
        ("Élodie Ångström", "ÉÅ"),
        ("E\u0301lodie A\u030angström", "ÉÅ"),
        ("ßandra ǆemal", "ßǅ"),
        ("გიორგი ბერიძე", "გბ"),
        ("山田 太郎", "山太"),
        ("김민준", "김"),
        ("प्रिया वर्मा", "प्रिव"),
        ("เกรียงไกร ใจดี", "กจ"),
        ("محمد علي", "م\u200cع"),
        ("שרה לוי", "של"),
        ("Анна Петрова", "АП"),
        ("7 of Nine", "7N"),
        ("\u202eEve\u202c Adams", "EA"),
        ("🦊 Fox", "F"),
        ("🦊🦊", "–"),
        ("", "–"),
        ("\x00", "–"),
        ("---", "–"),
    ],
)
def test_initials_are_right_in_many_scripts(name: str, mark: str) -> None:
    assert rules.initials(name) == mark


@given(st.text(max_size=200))
def test_initials_are_never_empty_and_never_turn_the_text(name: str) -> None:
    mark = rules.initials(name)
    assert mark
    assert not rules._TURNING & set(mark)
    assert sum(not unicodedata.category(character).startswith(("M", "C")) for character in mark) <= 8


@given(st.text())
def test_a_cleaned_name_stays_as_it_is_and_holds_no_control_or_direction_marks(text: str) -> None:
    clean = rules.clean_name(text)
    assert rules.clean_name(clean) == clean
    assert not any(unicodedata.category(character) in {"Cc", "Cs"} for character in clean)
    assert not rules._TURNING & set(clean)
    assert clean == clean.strip()
    assert "  " not in clean


def test_a_name_keeps_the_joiners_that_persian_and_emoji_are_written_with() -> None:
    assert rules.clean_name("علی\u200cرضا") == "علی\u200cرضا"


@given(st.emails())
def test_an_address_is_the_same_in_any_case_and_with_space_around_it(email: str) -> None:
    assert rules.normal_email(f"  {email.upper()}\n") == rules.normal_email(email.lower())


@given(st.text())
def test_a_normal_address_stays_as_it_is(text: str) -> None:
    assert rules.normal_email(rules.normal_email(text)) == rules.normal_email(text)


def test_a_letter_that_only_looks_like_another_in_upper_case_is_another_address() -> None:
    assert rules.normal_email("ſusan@example.org") != rules.normal_email("susan@example.org")


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Argentina/Buenos_Aires", "UTC", "Asia/Kolkata"])
def test_a_zone_of_the_iana_list_exists(zone: str) -> None:
    assert rules.zone_exists(zone)
    assert zone in rules.zones()


@pytest.mark.parametrize(
    ("zone", "words"),
    [("Europe/Berlin", "Berlin"), ("America/Argentina/Buenos_Aires", "Buenos Aires, Argentina"), ("UTC", "UTC")],
)
def test_a_zone_is_named_by_its_place(zone: str, words: str) -> None:
    assert rules.zone_words(zone) == words


@pytest.mark.parametrize("zone", ["Mars/Base", "", "../../etc/passwd", "europe/berlin\x00", "/etc/localtime", "🦊"])
def test_another_zone_does_not(zone: str) -> None:
    assert not rules.zone_exists(zone)


def test_every_role_has_rights_and_words() -> None:
    assert set(rules.RIGHTS) == set(rules.ROLES_IN_WORDS) == set(Role) == set(rules.DEMO_ORDER)


def test_viewers_and_executives_only_read() -> None:
    for role in Role:
        assert (Right.WORK_TICKETS in rules.RIGHTS[role]) == (role in WRITERS)
        assert Right.SEE_TICKETS in rules.RIGHTS[role]


def test_only_lead_and_coordinator_invite_and_only_the_coordinator_manages_people() -> None:
    assert {role for role in Role if Right.INVITE_PEOPLE in rules.RIGHTS[role]} == {Role.LEAD, Role.COORDINATOR}
    assert {role for role in Role if Right.MANAGE_PEOPLE in rules.RIGHTS[role]} == {Role.COORDINATOR}


def test_several_roles_add_up_and_none_gives_nothing() -> None:
    both = rules.rights_of([Role.VIEWER, Role.LEAD])
    assert both == rules.RIGHTS[Role.VIEWER] | rules.RIGHTS[Role.LEAD]
    assert rules.rights_of([]) == frozenset()


@given(st.frozensets(st.sampled_from(list(Role))))
def test_nobody_hands_out_a_role_that_allows_more_than_their_own(roles: frozenset[Role]) -> None:
    own = rules.rights_of(roles)
    for role in rules.grantable(roles):
        assert rules.RIGHTS[role] <= own
    assert (Role.COORDINATOR in rules.grantable(roles)) == (Role.COORDINATOR in roles)


def test_an_engineer_hands_out_nothing() -> None:
    assert rules.grantable([Role.ENGINEER]) == frozenset()
    assert rules.grantable([Role.LEAD]) == frozenset(Role) - {Role.COORDINATOR}


def test_a_group_that_is_no_role_of_ours_is_passed_over() -> None:
    assert rules.roles_from(["lead", "bowling club"]) == {Role.LEAD}


def test_a_window_of_tries_ends_when_the_next_one_starts() -> None:
    limit = rules.Limit("x", tries=2, window=900)
    assert limit.ends(AT) == datetime(2026, 11, 17, 12, 15, tzinfo=UTC)
    assert limit.slot(limit.ends(AT)) == limit.slot(AT) + 1


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)))
def test_a_window_always_ends_later_and_within_its_length(at: datetime) -> None:
    moment = at.replace(tzinfo=UTC)
    assert timedelta(0) < rules.SIGN_IN_PAIR.ends(moment) - moment <= timedelta(seconds=rules.SIGN_IN_PAIR.window)


@pytest.mark.parametrize(("seconds", "words"), [(5, "in 1 minute"), (60, "in 1 minute"), (61, "in 2 minutes")])
def test_waiting_is_said_in_whole_minutes(seconds: int, words: str) -> None:
    assert rules.when_again(AT + timedelta(seconds=seconds), AT) == words


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        (None, "never ends"),
        (AT, "has expired"),
        (AT + timedelta(hours=5), "ends within a day"),
        (AT + timedelta(days=1, hours=1), "ends in 1 day"),
        (AT + timedelta(days=30), "ends in 30 days"),
    ],
)
def test_the_end_of_a_token_is_said_in_words(ends: datetime | None, words: str) -> None:
    assert rules.ends_in_words(ends, AT) == words


def test_a_token_is_known_by_its_start_and_kept_as_a_hash() -> None:
    token = "setp_abcdefghijklmnop"
    assert rules.token_hint(token) == "setp_abcd"
    assert len(rules.token_hash(token)) == 64
    assert rules.token_hash("setp_\udcff") != rules.token_hash(token)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("10.1.2.3", "10.1.2.3"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"), ("::ffff:10.1.2.3", "10.1.2.3"), ("", ""), ("testclient", "testclient"),
    ],
)
def test_tries_are_counted_by_household(address: str, place: str) -> None:
    assert rules.guessing_place(address) == place
