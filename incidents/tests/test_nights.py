"""An incident over a night in which the clocks are changed, from eleven in the evening to nine in the morning: what is
promised, the reminders, what the updates say of times, and the figures. Time is passed in."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from escalations.rules.figures import Span
from incidents.access import rights_of
from incidents.actions.updates import Given, publish
from incidents.choices import Kind, PromiseState, Ring, Role, What
from incidents.models import Incident, IncidentEvent, Promise, UpdateVersion
from incidents.queries.figures import facts
from incidents.queries.public import page_of
from incidents.rules.promises import moment_in
from incidents.rules.updates.form import Entry, Facts, closing
from incidents.rules.updates.promised import Unreadable, read_time
from incidents.rules.updates.times import stamp
from incidents.tests import factories
from integrations.outbox.models import Delivery
from people.choices import Role as PersonRole
from people.models import Person
from people.tests import factories as people
from portal.flows.incidents.promises import ring_promises

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
# What updates call a time that the clocks show twice: each says which it is.
TWICE = {"1:30am first": "1:30amEDT", "1:30am second": "1:30amEST", "2:30am first": "2:30amCEST",
         "2:30am second": "2:30am UTC+1"}
TEN, FIVE, DUE, LATE, _ = Ring


@dataclass(frozen=True)
class Night:
    """`declared`: 11 pm by the clocks there; `minutes` lie between it and 9 am. An update is promised for each half
    hour by the clocks, typed as `typed`, and is published as `heads` say, where these name no zone by `word`; the one
    for `late` comes twelve minutes after its time. `refused`: what nobody can mean that night, and why."""

    zone: str
    word: str
    declared: datetime
    minutes: int
    late: int
    typed: tuple[str, ...]
    heads: tuple[str, ...]
    refused: str
    why: str


NIGHTS = {
    "New York, an hour comes twice": Night(
        "America/New_York", "ET", datetime(2026, 11, 1, 3, tzinfo=UTC), 660, 330,
        ("11:30pm", "12:30am", "1:30am first", "1:30am second", "2:30am", "3:30am", "4:30am", "5:30am", "6:30am",
         "7:30am", "8:30am", "9am"),
        ("11:12pm", "11:30pm", "12:30am", "1:30amEDT", "1:30amEST", "2:30am", "3:42am", "4:30am", "5:30am",
         "6:30am", "7:30am", "8:30am", "9am"),
        "1:30am", "twice that day",
    ),
    "New York, an hour is skipped": Night(
        "America/New_York", "ET", datetime(2027, 3, 14, 4, tzinfo=UTC), 540, 210,
        ("11:30pm", "12:30am", "1:30am", "3:30am", "4:30am", "5:30am", "6:30am", "7:30am", "8:30am", "9am"),
        ("11:12pm", "11:30pm", "12:30am", "1:30am", "3:42am", "4:30am", "5:30am", "6:30am", "7:30am", "8:30am", "9am"),
        "2:30am", "skip 02:30 that day",
    ),
    "Berlin, an hour comes twice": Night(
        "Europe/Berlin", "CET", datetime(2026, 10, 24, 21, tzinfo=UTC), 660, 270,
        ("11:30pm", "12:30am", "1:30am", "2:30am first", "2:30am second", "3:30am", "4:30am", "5:30am", "6:30am",
         "7:30am", "8:30am", "9am"),
        ("11:12pm", "11:30pm", "12:30am", "1:30am", "2:30amCEST", "2:42am UTC+1", "3:30am", "4:30am", "5:30am",
         "6:30am", "7:30am", "8:30am", "9am"),
        "2:30am", "twice that day",
    ),
}


def halves(night: Night) -> list[int]:
    """The minutes after the declaring for which updates are promised: each half hour, and the end."""
    return [*range(30, night.minutes, 60), night.minutes]


def published(night: Night) -> list[int]:
    """And those at which they come: a first one at 11:12 pm, then each at its time but one."""
    return [12, *(one + 12 if one == night.late else one for one in halves(night))]


def expected(night: Night) -> list[tuple[int, str]]:
    """At which minute which reminder rings. Of the first promise, for 11:15 pm, both before it; of the late one also
    that at its time and the one ten minutes after."""
    found = [(5, TEN), (10, FIVE)]
    for due in halves(night):
        found += [(due - 10, TEN), (due - 5, FIVE)]
        found += [(due, DUE), (due + 10, LATE)] if due == night.late else []
    return [(minute, ring.value) for minute, ring in found]


def lived(night: Night, leads: Person) -> Incident:
    """The commander writes, and types when the next one comes. It is looked a minute before whatever may ring, then,
    and a minute later."""
    people.person(PersonRole.COORDINATOR)  # hears what is late, for nobody is on duty
    row = factories.incident(commander=leads, at=night.declared, zone=night.zone,
                             roles={Role.COMMANDER: leads, Role.DEPUTY: people.person(PersonRole.ENGINEER)})
    writes = dict(zip(published(night), (*night.typed, ""), strict=True))
    for minute in range(night.minutes + 61):
        at = night.declared + minute * MINUTE
        if minute in writes:
            told(row, leads, night, writes[minute], at)
        if minute % 5 in (4, 0, 1):
            ring_promises(at)
    return Incident.objects.get(pk=row.pk)


def told(row: Incident, leads: Person, night: Night, typed: str, at: datetime) -> None:
    number = Incident.objects.get(pk=row.pk).updates
    given = Given(Entry(summary="A fix is in review.", impact="Posts fail.", expected="by 9am"), key=f"form-{number}",
                  status="identified" if typed else "resolved", seen=number, stop=not typed, customer=False,
                  next_at=read_time(typed, at=at, zone=night.zone) if typed else None)
    publish(incident=row, given=given, by=leads, at=at)


def lasted(minute: int) -> str:
    hours = minute // 60
    return f"{minute} minutes" if minute < 60 else "1 hour" if hours == 1 else f"{hours} hours"


@pytest.mark.parametrize("name", NIGHTS)
def test_a_night_in_which_the_clocks_change_is_counted_by_what_passes_and_said_by_the_clocks(name: str) -> None:
    night, leads = NIGHTS[name], people.person(PersonRole.ENGINEER)
    row = lived(night, leads)
    rung = IncidentEvent.objects.filter(incident=row, what=What.REMINDED).order_by("at", "pk")
    minutes = [(divmod((one.at - night.declared).total_seconds(), 60), one.from_value) for one in rung]
    assert [(minute, ring) for (minute, _), ring in minutes] == expected(night)
    assert {seconds for (_, seconds), _ in minutes} == {0}
    keys = list(Delivery.objects.filter(key__startswith="ring-").values_list("key", flat=True))
    assert len(keys) == len(set(keys)) and len({key.rsplit("-", 2)[0] for key in keys}) == len(rung)

    texts = [one.internal for one in UpdateVersion.objects.filter(of__incident=row).order_by("of__number")]
    at = published(night)
    assert [text.splitlines()[0].partition(" - ")[2] for text in texts] == [
        f"{head if head[-1] != 'm' else head + night.word} update" for head in night.heads]
    assert [line for text in texts for line in text.splitlines() if line.startswith("#### Incident Time")] == [
        f"#### Incident Time: {lasted(minute)}" for minute in at]
    closings = [f"Next update will be shared at {TWICE.get(typed, typed + night.word)}." for typed in night.typed]
    assert all(closing in text for closing, text in zip(closings, texts, strict=False))
    assert "No further update is planned." in texts[-1]

    hours = night.minutes // 60
    resolved = IncidentEvent.objects.get(incident=row, what=What.RESOLVED)
    assert resolved.to_value == f"Resolved after {hours} h" and row.resolved_at == night.declared + hours * 60 * MINUTE
    promises = Promise.objects.filter(incident=row).order_by("pk")
    assert [(one.due_at - night.declared) // MINUTE for one in promises] == [15, *halves(night)]
    late = [one.due_at for one in promises if one.state == PromiseState.LATE]
    assert late == [night.declared + night.late * MINUTE] and promises.filter(state=PromiseState.KEPT).count() == len(
        halves(night))
    [fact] = facts(leads, rights_of(leads), Span(date(2026, 10, 1), date(2027, 4, 1)),
                   night.declared + timedelta(days=2))
    assert (fact.resolve, fact.kept, fact.late) == (hours * 60 * MINUTE, len(halves(night)), 1)
    assert sum(fact.statuses.values(), timedelta()) == hours * 60 * MINUTE


@pytest.mark.parametrize("name", NIGHTS)
def test_a_time_that_nobody_can_mean_that_night_is_asked_about(name: str) -> None:
    night = NIGHTS[name]
    with pytest.raises(Unreadable, match=night.why):
        read_time(night.refused, at=night.declared + 12 * MINUTE, zone=night.zone)


def test_a_time_that_the_clocks_show_twice_says_which_it_is_wherever_it_is_said_and_is_read_so() -> None:
    night, zone = NIGHTS["New York, an hour comes twice"], "America/New_York"
    first, second = (datetime(2026, 11, 1, hour, 15, tzinfo=UTC) for hour in (5, 6))
    assert (stamp(first, zone), stamp(second, zone)) == ("1:15amEDT", "1:15amEST")
    assert moment_in(second, zone, night.declared) == "Sun 1:15 am EST"  # the page, the reminders
    facts = Facts(customers=(), severity=1, status="Identified", began_at=night.declared, zone=zone, at=first,
                  next_at=second)
    assert closing(facts) == "Next update will be shared at 1:15amEST."
    for typed in ("1:15amEST", "1:15am est", "tomorrow 1:15 am second", "1 Nov 1:15am EST"):
        assert read_time(typed, at=night.declared, zone=zone) == second
    assert read_time("1:15amEDT", at=night.declared, zone=zone) == first
    with pytest.raises(Unreadable, match="twice that day"):
        read_time("1:15amET", at=night.declared, zone=zone)
    # The hour before and the one after have the generic name; so has each hour where nothing was set back.
    assert [stamp(at, zone) for at in (first - 60 * MINUTE, second + 60 * MINUTE)] == ["12:15amET", "2:15amET"]
    assert stamp(datetime(2027, 3, 14, 7, 15, tzinfo=UTC), zone) == "3:15amET"
    assert stamp(datetime(2026, 4, 4, 14, 45, tzinfo=UTC), "Australia/Lord_Howe") == "1:45am UTC+11"


def test_a_customers_page_says_which_of_the_two_the_next_update_is_promised_for() -> None:
    night, second = NIGHTS["New York, an hour comes twice"], datetime(2026, 11, 1, 6, 15, tzinfo=UTC)
    row = factories.incident(at=night.declared, zone=night.zone, kind=Kind.COMMUNITY)
    Promise.objects.filter(incident=row).update(due_at=second)
    page = page_of(Incident.objects.get(pk=row.pk), None, second - 60 * MINUTE)
    assert (page.next_words, page.next_zone, page.zone) == ("1:15 am", "EST", "ET")
