"""What can be done to an incident, on its pages."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from customers.tests import factories as customers
from escalations.tests import factories as escalations
from incidents.actions import changing, merging, roles, states
from incidents.actions.base import Refused
from incidents.choices import Decision, Kind, PromiseState, Role, Severity, State, What
from incidents.models import Incident, IncidentEvent, IncidentWatcher, Promise
from incidents.tests import factories
from incidents.tests.factories import NIGHT
from people.choices import Role as PersonRole
from people.models import Person
from people.tests import factories as people
from portal.flows.incidents.changed import incident_changed
from set_rotation.choices import PageState
from set_rotation.models import Page
from tickets.models import Ticket
from tickets.rules.priority import WorkClass
from tickets.tests.factories import make_ticket

pytestmark = pytest.mark.django_db
LATER = NIGHT + timedelta(hours=1)
FORMS = ("status", "severity", "reopen", "merge", "decide", "drill", "edit", "concerns", "take", "people")


@pytest.fixture
def by(client: Client) -> Person:
    person = people.person(PersonRole.ENGINEER)
    client.force_login(person)
    return person


@pytest.fixture
def row(by: Person) -> Incident:
    return factories.incident(commander=by)


def at(row: Incident, form: str) -> str:
    return f"/incidents/I-{row.pk}/{form}/"


def lines(row: Incident, what: What) -> list[str]:
    return list(IncidentEvent.objects.filter(incident=row, what=what).values_list("to_value", flat=True))


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_drawn_for_those_who_take_part_and_for_nobody_else(
    client: Client, by: Person, row: Incident, form: str
) -> None:
    assert client.get(at(row, form)).status_code == 200
    assert client.post(at(row, form), {}).status_code in (302, 422)
    client.force_login(people.person(PersonRole.VIEWER))
    assert client.get(at(row, form)).status_code == 403
    assert client.post(at(row, form), {}).status_code == 403
    Incident.objects.filter(pk=row.pk).update(private=True)
    client.force_login(people.person(PersonRole.COORDINATOR))
    assert client.get(at(row, form)).status_code == 404


def test_a_status_is_set_and_one_that_resolves_has_it_watched(client: Client, row: Incident) -> None:
    client.post(at(row, "status"), {"to": "identified"})
    row.refresh_from_db()
    assert row.status.slug == "identified"
    client.post(at(row, "status"), {"to": "resolved"})
    row.refresh_from_db()
    assert row.state == State.WATCHED
    again = client.post(at(row, "reopen"), {"why": "It fails again", "to": "identified"})
    row.refresh_from_db()
    assert (again.status_code, row.state, row.status.slug) == (302, State.OPEN, "identified")


def test_a_severity_needs_a_reason_and_what_was_chosen_stays(client: Client, row: Incident) -> None:
    answer = client.post(at(row, "severity"), {"severity": "2", "why": ""})
    assert answer.status_code == 422
    assert 'value="2" required checked' in " ".join(answer.content.decode().split())
    client.post(at(row, "severity"), {"severity": "2", "why": "A way around it holds"})
    row.refresh_from_db()
    assert row.severity == Severity.SEV2


def test_what_is_known_is_corrected_field_by_field(client: Client, by: Person, row: Incident) -> None:
    form = {"title": "Messages are lost", "known": row.known, "bridge": "https://meet.example.com/abc",
            "began_on": "2026-11-17", "began_time": "02:50", "zone_of": "Europe/Berlin", "expected": ""}
    by.zone = "America/New_York"
    by.save()
    assert client.post(at(row, "edit"), form).status_code == 302
    row.refresh_from_db()
    assert row.began_at == NIGHT - timedelta(minutes=14)
    assert lines(row, What.CHANGED) == [
        "Corrected: what is down, the bridge, since when it is down, whose clocks updates say"]
    client.post(at(row, "edit"), form)
    assert len(lines(row, What.CHANGED)) == 1


@pytest.mark.parametrize(("field", "value"), [
    ("title", ""), ("began_time", "23:59"), ("zone_of", "Mars/Olympus"), ("bridge", "nowhere"), ("began_on", "soon"),
])
def test_what_cannot_be_corrected_so_is_said(client: Client, row: Incident, field: str, value: str) -> None:
    form = {"title": "x", "known": "", "bridge": "", "began_on": "2026-11-17", "began_time": "02:50",
            "zone_of": "UTC", "expected": ""}
    answer = client.post(at(row, "edit"), form | {field: value})
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()


def test_two_who_correct_it_at_once_see_each_other(client: Client, row: Incident) -> None:
    page = client.get(at(row, "edit"))
    form = {"title": row.title, "known": "Theirs", "bridge": "", "expected": "", "began_on": "2026-11-17",
            "began_time": "02:50", "zone_of": row.zone, "seen": page.context["seen"]}
    assert client.post(at(row, "edit"), form).status_code == 302
    stale = client.post(at(row, "edit"), form | {"known": "Mine"})
    text = stale.content.decode()
    assert (stale.status_code, "What is known: Theirs" in text, "Mine</textarea>" in text) == (422, True, True)
    row.refresh_from_db()
    assert row.known == "Theirs"
    client.post(at(row, "edit"), form | {"known": "Mine", "seen": stale.context["seen"]})
    row.refresh_from_db()
    assert row.known == "Mine"


# ---- Whom it concerns -----------------------------------------------------------------


def test_customers_come_and_go_but_the_last_one_stays(client: Client, row: Incident) -> None:
    first = row.customers.get().customer
    client.post(at(row, "concerns"), {"do": "add", "customer": "Umbrella"})
    client.post(at(row, "concerns"), {"do": "remove", "customer": first.name})
    assert [one.customer.name for one in row.customers.all()] == ["Umbrella"]
    answer = client.post(at(row, "concerns"), {"do": "remove", "customer": "Umbrella"})
    assert answer.status_code == 422
    assert lines(row, What.CUSTOMER_ADDED) == ["Concerns Umbrella too"]


def test_a_ticket_and_an_escalation_are_linked_by_number_or_address(client: Client, row: Incident) -> None:
    ticket, asked = make_ticket(), escalations.escalation()
    client.post(at(row, "concerns"), {"do": "ticket", "ticket": f"https://jira.example.com/browse/{ticket.key}"})
    client.post(at(row, "concerns"), {"do": "escalation", "escalation": f"/escalations/E-{asked.pk}/"})
    row.refresh_from_db()
    assert (row.ticket, row.escalation) == (ticket, asked)
    client.post(at(row, "concerns"), {"do": "ticket", "ticket": ""})
    row.refresh_from_db()
    assert row.ticket is None
    assert client.post(at(row, "concerns"), {"do": "ticket", "ticket": "MM-404"}).status_code == 422
    assert client.post(at(row, "concerns"), {"do": "escalation", "escalation": "E-404"}).status_code == 422


# ---- Our own server -------------------------------------------------------------------


def test_the_ticket_of_our_own_server_stands_in_the_first_class_while_it_is_down(by: Person) -> None:
    row = factories.incident(kind=Kind.COMMUNITY, customers=(), commander=by)
    ticket = make_ticket()
    changing.link_ticket(incident=row, ticket=ticket, by=by, at=LATER)
    assert _class(row, ticket) == WorkClass.COMMUNITY
    states.resolve(incident=row, by=by, at=LATER)
    assert _class(row, ticket) != WorkClass.COMMUNITY


@pytest.mark.parametrize("more", [{}, {"kind": Kind.COMMUNITY, "customers": (), "drill": True}])
def test_neither_a_customers_incident_nor_a_drill_moves_its_ticket(by: Person, more: dict[str, Any]) -> None:
    row, ticket = factories.incident(commander=by, **more), make_ticket()
    changing.link_ticket(incident=row, ticket=ticket, by=by, at=LATER)
    assert _class(row, ticket) != WorkClass.COMMUNITY


def _class(row: Incident, ticket: Ticket) -> int | None:
    incident_changed(incident=Incident.objects.get(pk=row.pk), at=LATER)
    ticket.refresh_from_db()
    return ticket.work_class


def test_fix_or_revert_is_recorded_with_its_reason(client: Client, by: Person) -> None:
    row = factories.incident(kind=Kind.COMMUNITY, customers=(), commander=by)
    assert client.post(at(row, "decide"), {"decision": "revert", "why": ""}).status_code == 422
    client.post(at(row, "decide"), {"decision": "revert", "why": "Nobody knows the cause yet"})
    row.refresh_from_db()
    assert (row.decision, row.decision_reason) == ("revert", "Nobody knows the cause yet")
    assert lines(row, What.DECIDED) == ["Decided: Revert the change"]


def test_the_page_says_what_was_decided_and_asks_while_nothing_is(client: Client, by: Person) -> None:
    row = factories.incident(kind=Kind.COMMUNITY, customers=(), commander=by)
    here = f"/incidents/I-{row.pk}/"
    assert "Fix or revert?" in client.get(here).content.decode()
    changing.decide(incident=row, decision=Decision.REVERT, reason="The cause is unknown", by=by, at=LATER)
    page = client.get(here).content.decode()
    assert "<strong>Revert the change.</strong>" in page and "The cause is unknown" in page and "Decide anew" in page
    client.force_login(people.person(PersonRole.VIEWER))
    page = client.get(here).content.decode()
    assert "The cause is unknown" in page and "Decide anew" not in page
    other = factories.incident(commander=by)
    assert "Fix or revert?" not in client.get(f"/incidents/I-{other.pk}/").content.decode()


def test_what_runs_at_a_customer_they_decide(by: Person, row: Incident) -> None:
    with pytest.raises(Refused, match="Only for our own server"):
        changing.decide(incident=row, decision=Decision.FIX, reason="x", by=by, at=LATER)


# ---- Drills ---------------------------------------------------------------------------


def test_a_drill_is_marked_until_something_was_published(client: Client, by: Person, row: Incident) -> None:
    theirs = row.targets.filter(reading="customer", removed_at__isnull=True)
    before = theirs.count()
    client.post(at(row, "drill"), {"drill": "1"})
    row.refresh_from_db()
    assert (row.drill, theirs.count()) == (True, 0)
    client.post(at(row, "drill"), {"drill": "0"})
    assert theirs.count() == before > 0
    client.post(at(row, "drill"), {"drill": "1"})
    Incident.objects.filter(pk=row.pk).update(updates=1)
    with pytest.raises(Refused, match="published already"):
        changing.set_drill(incident=row, drill=False, by=by, at=LATER)


# ---- Merging --------------------------------------------------------------------------


def test_two_that_are_one_go_on_in_the_other(client: Client, by: Person, row: Incident) -> None:
    guest = people.person(PersonRole.SUPPORT)
    umbrella = customers.customer("Umbrella")
    other = factories.incident("Posts fail", customer=umbrella, commander=guest)
    ticket = make_ticket()
    changing.link_ticket(incident=other, ticket=ticket, by=by, at=LATER)
    client.post(at(other, "merge"), {"into": f"I-{row.pk}", "why": "The same database"})
    other.refresh_from_db()
    row.refresh_from_db()
    assert (other.state, other.merged_into, other.next_update_at) == (State.MERGED, row, None)
    assert Promise.objects.get(incident=other).state == PromiseState.LATE
    assert row.customers.filter(customer=umbrella).exists()
    assert row.ticket == ticket
    assert IncidentWatcher.objects.filter(incident=row, person=guest).exists()
    assert lines(row, What.MERGED) == [f"I-{other.pk} was merged into this: Posts fail"]
    client.post(at(other, "reopen"), {"why": "It was another one"})
    other.refresh_from_db()
    assert (other.state, other.merged_into) == (State.OPEN, None)
    assert other.next_update_at is not None


@pytest.mark.parametrize(("more", "words"), [
    ({"drill": True}, "A drill and an outage"), ({"private": True}, "everybody would read"),
])
def test_what_would_tell_others_too_much_is_not_merged(
    by: Person, row: Incident, more: dict[str, Any], words: str
) -> None:
    other = factories.incident(commander=by, **more)
    with pytest.raises(Refused, match=words):
        merging.merge(incident=other, into=row, reason="the same", by=by, at=LATER)


def test_what_is_merged_into_a_private_one_says_nothing_of_it_and_who_is_let_in_is_written_down(
    by: Person, row: Incident
) -> None:
    other = factories.incident("Keys were stolen", commander=people.person(PersonRole.ENGINEER), private=True)
    merging.merge(incident=row, into=other, reason="the same", by=by, at=LATER)
    assert lines(row, What.MERGED) == ["Merged into another incident"]
    assert lines(other, What.WATCHER) == [f"Let in from {row}: {by.name}"]
    assert other.customers.count() == 2


def test_an_open_one_is_not_merged_into_one_that_is_resolved_and_the_page_says_what_to_do(
    client: Client, by: Person, row: Incident
) -> None:
    again = factories.incident("Posts fail again", commander=by, at=LATER)
    states.resolve(incident=row, by=by, at=NIGHT + timedelta(minutes=30))
    page = client.get(at(again, "merge")).content.decode()
    assert (f'href="{at(row, "reopen")}"' in page, f'<option value="{row}"' in page) == (True, False)
    with pytest.raises(Refused, match=f"open {row} again first, or merge it into this one"):
        merging.merge(incident=again, into=row, reason="the same", by=by, at=LATER)
    again.refresh_from_db()
    assert (again.state, again.next_update_at is not None) == (State.OPEN, True)
    merged = merging.merge(incident=row, into=again, reason="the same", by=by, at=LATER)
    assert merged.began_at == LATER  # it was well in between
    states.reopen(incident=row, reason="Two after all", by=by, at=LATER)
    assert merging.merge(incident=again, into=row, reason="the same", by=by, at=LATER) == row


def test_the_more_urgent_the_earlier_and_the_sooner_of_two_hold_for_both_each_a_line(by: Person, row: Incident) -> None:
    other = factories.incident(commander=by, severity=Severity.SEV3, at=LATER)
    due = LATER + timedelta(minutes=5)
    Promise.objects.filter(incident=row).update(due_at=due)
    Incident.objects.filter(pk=row.pk).update(next_update_at=due)
    after = LATER + timedelta(minutes=2)
    merged = merging.merge(incident=row, into=other, reason="the same", by=by, at=after)
    other.refresh_from_db()
    assert merged == other
    assert (other.severity, other.began_at, other.next_update_at) == (Severity.SEV1, row.began_at, due)
    promised = Promise.objects.get(incident=other, state=PromiseState.OPEN)
    assert (promised.due_at, promised.ring_at, promised.reason) == (due, due, f"As {row} had promised")
    assert lines(other, What.SEVERITY) == ["Sev3 is now Sev1"]
    assert lines(other, What.CHANGED) == [f"Down since 3:04 am ET, as {row} was"]
    assert lines(other, What.PROMISED)[-1] == "Next update promised for 4:09 am ET"
    assert lines(other, What.MERGED) == [f"{row} was merged into this: Messages fail to post"]


def test_what_is_less_urgent_later_and_owed_later_changes_nothing_in_the_other(by: Person, row: Incident) -> None:
    later = factories.incident(commander=by, severity=Severity.SEV3, at=LATER)
    before = (row.severity, row.began_at, row.next_update_at)
    merged = merging.merge(incident=later, into=row, reason="the same", by=by, at=NIGHT + timedelta(minutes=1))
    assert (merged.severity, merged.began_at, merged.next_update_at) == before
    assert lines(row, What.SEVERITY) == lines(row, What.CHANGED) == []
    assert Promise.objects.filter(incident=row).count() == 1


def test_a_promise_that_has_passed_is_owed_as_soon_as_after_a_reopening(by: Person, row: Incident) -> None:
    other = factories.incident(commander=by, severity=Severity.SEV2, at=LATER)
    merged = merging.merge(incident=row, into=other, reason="the same", by=by, at=LATER)
    assert merged.next_update_at == LATER + timedelta(minutes=15)
    assert Promise.objects.get(incident=row).state == PromiseState.LATE


@pytest.mark.parametrize(("answered", "rings"), [(False, True), (True, False)])
def test_the_other_is_paged_for_unless_somebody_is_on_it(by: Person, answered: bool, rings: bool) -> None:
    """The page of the one that is merged is over with it, although nobody answered."""
    support = people.person(PersonRole.SUPPORT)
    urgent = factories.incident(commander=support, roles={Role.COMMANDER: by})
    calm = factories.incident(commander=support, roles={Role.COMMANDER: by}, severity=Severity.SEV3)
    if answered:
        roles.take_command(incident=calm, by=by, at=NIGHT)
    merging.merge(incident=urgent, into=calm, reason="the same", by=support, at=LATER)
    for one in (urgent, calm):
        incident_changed(incident=one, at=LATER)
    assert Page.objects.get(key=f"incident:{urgent.pk}").state == PageState.RESOLVED
    assert Page.objects.filter(key=f"incident:{calm.pk}", state=PageState.OPEN).exists() is rings
    calm.refresh_from_db()
    assert calm.severity == Severity.SEV1


def test_one_page_of_two_that_are_one_rings_on(by: Person) -> None:
    support = people.person(PersonRole.SUPPORT)
    row, other = (factories.incident(commander=support, roles={Role.COMMANDER: by}) for _ in range(2))
    Incident.objects.filter(pk=row.pk).update(page=other.page)
    merging.merge(incident=row, into=other, reason="the same", by=support, at=LATER)
    incident_changed(incident=row, at=LATER)
    other.refresh_from_db()
    assert other.page is not None
    assert other.page.state == PageState.OPEN


def test_our_own_server_and_a_customers_production_are_not_one(by: Person, row: Incident) -> None:
    ours = factories.incident(commander=by, kind=Kind.COMMUNITY, customers=())
    for one, into in ((ours, row), (row, ours)):
        with pytest.raises(Refused, match="go on in both"):
            merging.merge(incident=one, into=into, reason="the same", by=by, at=LATER)


def test_nothing_is_merged_into_itself_into_what_is_over_or_without_a_reason(by: Person, row: Incident) -> None:
    other = factories.incident(commander=by)
    with pytest.raises(Refused, match="That is this one"):
        merging.merge(incident=row, into=row, reason="x", by=by, at=LATER)
    with pytest.raises(Refused, match="Say why"):
        merging.merge(incident=row, into=other, reason=" ", by=by, at=LATER)
    merging.merge(incident=row, into=other, reason="x", by=by, at=LATER)
    with pytest.raises(Refused, match="is over"):
        merging.merge(incident=other, into=row, reason="x", by=by, at=LATER)
    with pytest.raises(Refused, match="merged already"):
        merging.merge(incident=row, into=other, reason="x", by=by, at=LATER)


def test_a_late_click_is_shown_the_newer_severity_and_decision_and_changes_them_only_if_it_is_meant(
    client: Client, by: Person
) -> None:
    row = factories.incident(commander=by, kind=Kind.COMMUNITY, customers=())
    for form, typed, first, told, now in (
        ("severity", {"severity": "3", "why": "Late"}, {"severity": "2", "why": "A way around"}, "Now it is: Sev2.",
         (Severity.SEV2, "")),
        ("decide", {"decision": "fix", "why": "Late"}, {"decision": "revert", "why": "It broke"},
         "Now it is: Revert the change: It broke.", (Severity.SEV3, Decision.REVERT)),
    ):
        seen = seen_on(client.get(at(row, form)))
        client.post(at(row, form), first | {"seen": seen})
        late = client.post(at(row, form), typed | {"seen": seen})
        assert (late.status_code, told in late.content.decode()) == (422, True)
        row.refresh_from_db()
        assert (row.severity, row.decision) == now
        assert client.post(at(row, form), typed | {"seen": seen_on(late)}).status_code == 302
    row.refresh_from_db()
    assert (row.severity, row.decision) == (Severity.SEV3, Decision.FIX)


def seen_on(page: Any) -> str:
    found = re.search(r'name="seen" value="([^"]*)"', page.content.decode())
    assert found is not None
    return found[1]


def test_an_incident_that_they_do_not_see_cannot_be_named(client: Client, row: Incident) -> None:
    hidden = factories.incident("Keys were stolen", private=True)
    answer = client.post(at(row, "merge"), {"into": f"I-{hidden.pk}", "why": "x"})
    assert answer.status_code == 422
    assert "Keys were" not in answer.content.decode()


# ---- People ---------------------------------------------------------------------------


def test_a_part_is_handed_over_on_the_page_and_what_was_typed_stays(client: Client, by: Person, row: Incident) -> None:
    to = people.person(PersonRole.ENGINEER)
    form = {"do": "hand_over", "role": "commander", "person": to.pk}
    assert client.post(at(row, "people"), form | {"brief": ""}).status_code == 422
    assert client.post(at(row, "people"), form | {"brief": "PR by 8."}).status_code == 302
    assert row.roles.get(role=Role.COMMANDER, ends_at__isnull=True).person == to
    page = client.get(at(row, "people")).content.decode()
    assert "PR by 8." in page
    assert client.post(at(row, "people"), {"do": "hand_over", "role": "scribe", "person": "x"}).status_code == 422


def test_command_is_taken_by_whoever_opens_the_page(client: Client, row: Incident) -> None:
    other = people.person(PersonRole.SUPPORT)
    client.force_login(other)
    assert client.post(at(row, "take"), {"brief": ""}).status_code == 422
    assert client.post(at(row, "take"), {"brief": "Nobody answers"}).status_code == 302
    assert row.roles.get(role=Role.COMMANDER, ends_at__isnull=True).person == other


def test_somebody_may_take_themself_off_a_private_one(client: Client, by: Person) -> None:
    row = factories.incident()
    client.post(at(row, "people"), {"do": "private", "private": "1"})
    answer = client.post(at(row, "people"), {"do": "out", "person": by.pk})
    assert answer["Location"] == "/incidents/"
    assert client.get(f"/incidents/I-{row.pk}/").status_code == 404
