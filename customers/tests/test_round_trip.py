"""Whatever customers hold: what is written changes nothing when it is read again, and their office opens and shuts."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cadence.rules.hours import Hours, business_time_between
from customers.choices import Plan
from customers.rules import names
from customers.rules.hours import office
from customers.rules.imports import (
    ContactLine,
    Known,
    KnownContact,
    KnownCustomer,
    cells,
    decoded,
    plan_of,
    table_of,
    written,
)

MARKS = "=+-@'\\;|,\"\t\n ÄéØ中\u200f🙂ab1"
NAMES = st.text(MARKS, max_size=30).map(names.clean).filter(bool)
TEXTS = st.text(MARKS, max_size=20).map(names.clean)
MAILS = st.sampled_from(["", "a@b.example", "c.d+e@f.example", "'x@y.example"])
CONTACTS = st.lists(st.builds(ContactLine, NAMES, MAILS, TEXTS, TEXTS), max_size=3, unique_by=cells.key_of)
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))
VALUES = st.fixed_dictionaries({
    "plan": st.sampled_from(["", *Plan.values]),
    "arr": st.none() | st.decimals(min_value=0, max_value=9_999_999_999, places=2),
    "seats": st.none() | st.integers(0, 2**31 - 1), "zone": st.sampled_from(["UTC", "Asia/Kolkata"]),
    "opens": st.just(time(9)), "closes": st.sampled_from([time(0), time(17, 30)]),
    "weekdays": st.sets(st.integers(0, 6), min_size=1).map(sorted), "csm": st.sampled_from(["", "gone@example.org"]),
    "tam": st.just(""), "notes": st.text(MARKS, max_size=40).map(cells.one_ending), "confirmed": st.booleans(),
})


@st.composite
def customers(draw: st.DrawFn) -> KnownCustomer:
    name, *aliases = draw(st.lists(NAMES, min_size=1, max_size=4, unique_by=str.lower))
    contacts = tuple(KnownContact(pk, line) for pk, line in enumerate(draw(CONTACTS), 1))
    return KnownCustomer(1, name, draw(VALUES), aliases=tuple(aliases), contacts=contacts,
                         holidays=draw(st.dictionaries(DAYS, TEXTS, max_size=3)))


@given(customers(), st.booleans(), st.sampled_from(["utf-8", "utf-16"]))
def test_what_is_written_changes_nothing_when_it_is_read_again(
    there: KnownCustomer, sees_money: bool, encoding: str
) -> None:
    known = Known({1: there}, {name.lower(): 1 for name in (*there.aliases, there.name)}, {})
    text = decoded(written([there], sees_money=sees_money).encode(encoding))
    plan = plan_of(table_of(text), known, sees_money=sees_money)
    assert plan.faults == () and plan.unchanged == (there.name,), plan


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(["UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"]),
    st.sets(st.integers(0, 6), min_size=1), st.sets(st.integers(0, 20)),
    st.sampled_from([time(0), time(2, 30), time(9)]), st.sampled_from([time(0), time(17)]),
)
def test_an_office_is_as_it_says_until_it_says(
    at: datetime, zone: str, weekdays: set[int], off: set[int], opens: time, closes: time
) -> None:
    hours: Any = Hours(zone, opens, closes, frozenset(weekdays))
    holidays = {at.date() + timedelta(days=number) for number in off}
    found = office(hours, holidays, at)
    assert found.changes_at is not None and found.changes_at > at
    passed = business_time_between(at, found.changes_at, hours, holidays)
    assert passed == (found.changes_at - at if found.is_open else timedelta(0))
