"""A customer's text that waits: its reader is told again and again, and what is not true any more does not leave."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from incidents.actions import after, approvals, promises, states
from incidents.actions.base import Refused
from incidents.actions.unread import UNREAD, ring_unread
from incidents.actions.updates import Given
from incidents.choices import ApprovalState, Role, State, What
from incidents.models import Approval, Incident, IncidentEvent, IncidentStatus, Update
from incidents.rules.updates.form import Entry
from incidents.tests import factories
from integrations.outbox.models import Delivery
from people.choices import Right
from people.choices import Role as PersonRole
from people.models import Person
from people.tests import factories as people
from portal.common import clock
from portal.common.models import Timer
from portal.flows.incidents import publishing
from portal.flows.incidents.changed import incident_changed
from portal.flows.incidents.publishing import publish
from portal.flows.incidents.timers import TIMERS
from portal.pages.incident_needs import incident_needs
from set_rotation.choices import Seat
from set_rotation.models import Duty

pytestmark = pytest.mark.django_db
NIGHT, MINUTE = factories.NIGHT, timedelta(minutes=1)
Cast = dict[str, Person]


def incident(at: datetime = NIGHT) -> tuple[Incident, Cast]:
    """A Sev1 of three people; another one leads SET."""
    who = {name: people.person(PersonRole.ENGINEER, name=name) for name in ("Ines", "Joel", "Scribe", "Lead")}
    day = timedelta(days=1)
    Duty.objects.create(seat=Seat.LEAD, person=who["Lead"], starts_at=at - day, ends_at=at + day, changed_at=at)
    roles = {Role.COMMANDER: who["Ines"], Role.DEPUTY: who["Joel"], Role.SCRIBE: who["Scribe"]}
    return factories.incident(commander=who["Ines"], roles=roles, at=at), who


def sent(
    row: Incident, who: Cast, minute: float, *, reader: str = "", customer: bool = True, status: str = "investigating",
    stop: bool = False,
) -> Update:
    given = Given(Entry(summary=f"As of minute {minute}."), status=status, stop=stop, key=uuid.uuid4().hex,
                  seen=Incident.objects.get(pk=row.pk).updates, customer=customer,
                  approver=who[reader] if reader else None)
    return publish(incident=row, given=given, by=who["Ines"], at=row.at + minute * MINUTE)


def corrected(update: Update, who: Cast, minute: float, status: str = "investigating", **more: Any) -> Update:
    given = Given(Entry(summary="Other words."), status=status, key=uuid.uuid4().hex, seen=update.version, **more)
    return publishing.correct(update=update, given=given, reason="a slip", by=who["Ines"],
                              at=update.incident.at + minute * MINUTE)


def approve(update: Update, who: Cast, minute: float) -> bool:
    return approvals.approve(approval=asked(update), by=who["Joel"], at=update.incident.at + minute * MINUTE)


def asked(update: Update) -> Approval:
    return Approval.objects.get(version__of=update, version__number=update.version)


def ring(minute: float) -> list[str]:
    """The timers of unread texts that are due by a minute. Returns who is told, by name."""
    before = set(Delivery.objects.values_list("pk", flat=True))
    for timer in Timer.objects.filter(kind=UNREAD, due_at__lte=NIGHT + minute * MINUTE):
        timer.delete()
        TIMERS[UNREAD](timer.key, NIGHT + minute * MINUTE)
    new = Delivery.objects.exclude(pk__in=before).filter(key__startswith="inc-unread-").order_by("title")
    return [one.title.removeprefix("Tell ").partition(":")[0] for one in new]


def said(row: Incident) -> list[str]:
    lines = IncidentEvent.objects.filter(incident=row, what=What.APPROVAL_ASKED, by=None).order_by("pk")
    return [one.to_value for one in lines]


def test_a_text_that_nobody_reads_is_told_of_again_and_then_to_all_who_could_read_it() -> None:
    row, who = incident()
    sent(row, who, 2, reader="Joel")
    assert [ring(minute) for minute in (6.9, 7, 7.1, 11.9, 12, 30)] == [
        [], ["Ines", "Joel"], [], [], ["Ines", "Joel", "Lead", "Scribe"], []]
    assert said(row) == [
        "The customer's text of update 1 has waited 5 min for its reader. Told: Joel, Ines",
        "The customer's text of update 1 has waited 10 min for its reader. Told: Joel, Ines, Scribe, Lead",
    ]
    assert not Timer.objects.filter(kind=UNREAD).exists()


def test_where_nobody_is_named_all_who_have_a_part_are_told_again() -> None:
    row, who = incident()
    sent(row, who, 2)
    assert ring(7) == ["Ines", "Joel", "Scribe"]


def test_after_a_silence_it_rings_once_and_whoever_begins_it_twice_tells_nobody_twice() -> None:
    row, who = incident()
    approval = asked(sent(row, who, 2, reader="Joel"))
    assert ring(25) == ["Ines", "Joel", "Lead", "Scribe"]
    assert ring_unread(approval_id=approval.pk, at=NIGHT + 25 * MINUTE) == 0
    assert len(said(row)) == 1


def test_asking_somebody_else_begins_anew() -> None:
    row, who = incident()
    approval = asked(sent(row, who, 2, reader="Joel"))
    approvals.ask_again(approval=approval, of=who["Scribe"], by=who["Ines"], at=NIGHT + 6 * MINUTE)
    assert [ring(minute) for minute in (7, 11)] == [[], ["Ines", "Scribe"]]


@pytest.mark.parametrize("how", ["approved", "corrected", "without", "overtaken"])
def test_what_is_settled_rings_no_more(how: str) -> None:
    row, who = incident()
    approval, at = asked(sent(row, who, 2, reader="Joel")), NIGHT + 3 * MINUTE
    if how == "approved":
        approvals.approve(approval=approval, by=who["Joel"], at=at)
    elif how == "corrected":
        approvals.send_back(approval=approval, reason="name the app", by=who["Joel"], at=at)
        corrected(approval.version.of, who, 3.5)
    elif how == "without":
        approvals.override(approval=approval, reason="All wait", by=who["Ines"], at=at)
    else:
        sent(row, who, 4, customer=False)
    assert [ring(minute) for minute in (7, 8.4)] == [[], []]  # what is asked of a correction rings after that


def test_what_was_sent_back_and_is_not_corrected_is_told_again_for_its_author_may_be_asleep() -> None:
    row, who = incident()
    update = sent(row, who, 2, reader="Scribe")
    approvals.send_back(approval=asked(update), reason="name the app", by=who["Scribe"], at=NIGHT + 3 * MINUTE)
    assert [ring(minute) for minute in (7.9, 8, 12.9, 13, 40)] == [
        [], ["Ines", "Joel"], [], ["Ines", "Joel", "Lead", "Scribe"], []]
    lines = IncidentEvent.objects.filter(incident=row, what=What.SENT_BACK, by=None).order_by("pk")
    assert [one.to_value for one in lines] == [
        "The customer's text of update 1 was sent back 5 min ago and is not corrected. Told: Ines, Joel",
        "The customer's text of update 1 was sent back 10 min ago and is not corrected. Told: Ines, Joel, Scribe, Lead",
    ]
    told = Delivery.objects.filter(key__startswith="inc-unread-").first()
    assert told is not None and f"/incidents/I-{row.pk}/updates/1/correct/" in str(told.payload)


def test_what_was_sent_back_stands_on_the_home_page_of_all_who_have_a_part() -> None:
    row, who = incident()
    approvals.send_back(approval=asked(sent(row, who, 2)), reason="name the app", by=who["Scribe"], at=NIGHT)
    titles = {name: [one.title for one in incident_needs(who[name], [Right.WORK_INCIDENTS, Right.SEE_INCIDENTS], NIGHT)]
              for name in ("Ines", "Joel", "Lead")}
    assert {name: "Sent back: name the app" in found for name, found in titles.items()} == {
        "Ines": True, "Joel": True, "Lead": False}


def test_who_is_asked_again_after_somebody_else_is_told_at_once() -> None:
    row, who = incident()
    approval = asked(sent(row, who, 2, reader="Joel"))
    for minute, name in ((3, "Scribe"), (4, "Joel")):
        approvals.ask_again(approval=approval, of=who[name], by=who["Ines"], at=NIGHT + minute * MINUTE)
    read = Delivery.objects.filter(key__startswith=f"inc-read-{approval.pk}-").order_by("pk")
    assert [one.title.removeprefix("Tell ").partition(":")[0] for one in read] == ["Joel", "Scribe", "Joel"]


def test_nobody_is_asked_to_read_what_cannot_leave() -> None:
    row, who = incident()
    approval = asked(sent(row, who, 2, reader="Joel"))
    with pytest.raises(Refused, match="which has passed: correct it first"):
        approvals.ask_again(approval=approval, of=who["Scribe"], by=who["Ines"], at=NIGHT + 90 * MINUTE)


def test_of_a_private_incident_only_its_people_hear() -> None:
    row, who = incident()
    Incident.objects.update(private=True)
    sent(row, who, 2, reader="Joel")
    assert ring(12) == ["Ines", "Joel", "Scribe"]


# ---- What is not true any more ------------------------------------------------------------


def test_a_text_whose_promise_has_passed_leaves_by_no_way_until_it_is_corrected() -> None:
    row, who = incident()
    update = sent(row, who, 2)
    assert update.next_at is not None
    approval, late = asked(update), update.next_at + 15 * MINUTE
    with pytest.raises(Refused, match="which has passed: correct it first"):
        approvals.approve(approval=approval, by=who["Joel"], at=late)
    with pytest.raises(Refused, match="which has passed: correct it first"):
        approvals.override(approval=approval, reason="All wait", by=who["Ines"], at=late)
    approval.refresh_from_db()
    assert approval.state == ApprovalState.ASKED
    given = Given(Entry(summary="Other words."), status="investigating", key="a", seen=1, next_at=update.next_at)
    with pytest.raises(Refused, match="correct it first"):  # of the words alone
        publishing.correct(update=update, given=given, reason="a slip", by=who["Ines"], at=late)
    given = Given(Entry(summary="Other words."), status="investigating", key="b", seen=1, next_at=late + 20 * MINUTE)
    fresh = publishing.correct(update=update, given=given, reason="late", by=who["Ines"], at=late)
    approvals.approve(approval=asked(fresh), by=who["Joel"], at=late + MINUTE)
    assert asked(fresh).state == ApprovalState.APPROVED


def test_a_text_whose_promise_nobody_owes_any_more_does_not_leave() -> None:
    row, who = incident()
    update = sent(row, who, 2, status="monitoring")
    promises.stop_updates(incident=row, by=who["Ines"], at=NIGHT + 3 * MINUTE)
    with pytest.raises(Refused, match="which nobody owes any more: correct it first, with another time or none"):
        approve(update, who, 4)
    fresh = corrected(update, who, 5, "monitoring", stop=True)
    assert approve(fresh, who, 6)


def test_what_says_that_it_is_down_does_not_leave_once_it_is_over_and_what_is_known_may_be_corrected() -> None:
    row, who = incident()
    first = sent(row, who, 2)
    approve(first, who, 3)
    second = sent(row, who, 5)
    states.resolve(incident=row, by=who["Joel"], at=NIGHT + 6 * MINUTE)
    with pytest.raises(Refused, match="It says “Investigating”, and it is “Resolved” by now: correct it first"):
        approve(second, who, 7)
    assert approve(corrected(second, who, 8, "resolved", stop=True), who, 9)
    assert approve(corrected(first, who, 10), who, 11)  # it says nothing that they do not know


def test_a_step_between_two_statuses_of_an_outage_holds_no_text_back() -> None:
    row, who = incident()
    update = sent(row, who, 2)
    states.change_status(incident=row, status=IncidentStatus.objects.get(slug="identified"), by=who["Ines"],
                         at=NIGHT + 3 * MINUTE)
    assert approve(update, who, 4)


@pytest.mark.parametrize("state", [State.CONFIRMED, State.CLOSED])
def test_once_it_is_over_what_cannot_leave_goes_back_and_can_be_corrected(state: State) -> None:
    row, who = incident()
    update = sent(row, who, 2, status="resolved")
    after.confirm(incident=row, who="Ann", by=who["Joel"], at=NIGHT + 3 * MINUTE)
    if state == State.CLOSED:
        Incident.objects.filter(pk=row.pk).update(state=state, closed_at=NIGHT + 3 * MINUTE)
    for _ in range(2):
        incident_changed(incident=Incident.objects.get(pk=row.pk), at=NIGHT + 4 * MINUTE)
    assert asked(update).state == ApprovalState.SENT_BACK
    line = IncidentEvent.objects.get(incident=row, what=What.SENT_BACK)
    assert line.to_value == "The customer's text of update 1 cannot leave as it is: the incident is over"
    assert "which nobody owes any more" in line.text and line.tone == "red"
    fresh = corrected(Update.objects.get(pk=update.pk), who, 40, "resolved", next_at=update.next_at)
    assert (fresh.next_at, "No further update" in asked(fresh).version.customer) == (None, True)
    incident_changed(incident=Incident.objects.get(pk=row.pk), at=NIGHT + 41 * MINUTE)
    assert approve(fresh, who, 42)


def test_what_says_that_it_is_down_goes_nowhere_once_it_is_over() -> None:
    row, who = incident()
    update = sent(row, who, 2)
    states.resolve(incident=row, by=who["Joel"], at=NIGHT + 3 * MINUTE)
    after.confirm(incident=row, who="Ann", by=who["Joel"], at=NIGHT + 4 * MINUTE)
    incident_changed(incident=Incident.objects.get(pk=row.pk), at=NIGHT + 5 * MINUTE)
    assert asked(update).state == ApprovalState.OVERTAKEN
    line = IncidentEvent.objects.get(incident=row, what=What.FAILED)
    assert line.tone == "red" and line.to_value.endswith("the incident is over, and update 1 says “Investigating”")
    with pytest.raises(Refused, match="what the customer is to know goes with the next one"):
        corrected(Update.objects.get(pk=update.pk), who, 6)


def test_what_is_true_is_read_also_once_the_incident_is_over() -> None:
    row, who = incident()
    update = sent(row, who, 2, status="resolved", stop=True)
    after.confirm(incident=row, who="Ann", by=who["Joel"], at=NIGHT + 3 * MINUTE)
    incident_changed(incident=Incident.objects.get(pk=row.pk), at=NIGHT + 4 * MINUTE)
    assert approve(update, who, 5)


def test_what_the_customer_has_got_may_be_corrected_though_its_promise_has_passed() -> None:
    row, who = incident()
    update = sent(row, who, 2)
    approvals.approve(approval=asked(update), by=who["Joel"], at=NIGHT + 3 * MINUTE)
    sent(row, who, 20, customer=False)
    given = Given(Entry(summary="One in four."), status="investigating", key="a", seen=1)
    fresh = publishing.correct(update=update, given=given, reason="a slip", by=who["Ines"], at=NIGHT + 50 * MINUTE)
    approvals.approve(approval=asked(fresh), by=who["Joel"], at=NIGHT + 51 * MINUTE)
    assert asked(fresh).state == ApprovalState.APPROVED


def test_a_newer_update_that_goes_to_us_alone_overtakes_what_waits_and_says_so() -> None:
    row, who = incident()
    approval = asked(sent(row, who, 2))
    sent(row, who, 9, customer=False)
    approval.refresh_from_db()
    assert approval.state == ApprovalState.OVERTAKEN
    with pytest.raises(Refused, match="newer has taken its place"):
        approvals.approve(approval=approval, by=who["Joel"], at=NIGHT + 10 * MINUTE)
    line = IncidentEvent.objects.get(incident=row, what=What.FAILED)
    assert line.tone == "red" and "does not reach the customer: update 2, which goes to us alone" in line.to_value


def test_where_nothing_waited_an_update_to_us_alone_says_nothing() -> None:
    row, who = incident()
    approvals.approve(approval=asked(sent(row, who, 2)), by=who["Joel"], at=NIGHT + 3 * MINUTE)
    sent(row, who, 9, customer=False)
    assert not IncidentEvent.objects.filter(incident=row, what=What.FAILED).exists()


def test_the_page_says_that_it_cannot_leave_and_offers_to_correct_it(client: Client) -> None:
    row, who = incident(clock.now() - 60 * MINUTE)
    update = sent(row, who, 2)
    url = reverse("incidents:approve", args=[row.pk, update.number])
    client.force_login(who["Joel"])
    page = client.get(url).content.decode()
    assert "It cannot leave as it is." in page and "Approve: it goes to the customer" not in page
    answer = client.post(url, {"do": "approve", "seen": 1})
    assert answer.status_code == 422 and "which has passed: correct it first" in answer.content.decode()
