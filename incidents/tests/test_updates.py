"""Publishing updates: numbers, versions, promises, the second person."""

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from customers.tests import factories as customers
from incidents.actions import approvals, states, updates
from incidents.actions.base import Refused
from incidents.actions.drafts import keep_draft
from incidents.actions.updates import Given, Overtaken, correct, publish
from incidents.choices import ApprovalState, PromiseState, Reading, Severity, State, StepState, What
from incidents.models import (
    Approval,
    Cadence,
    Incident,
    IncidentCustomer,
    IncidentEvent,
    Promise,
    Update,
    UpdateDraft,
)
from incidents.queries.updates import facts_of, text_for
from incidents.rules.updates.form import Entry
from incidents.tests import factories
from integrations.outbox.models import Delivery
from people.choices import Role as PersonRole
from people.models import Person
from people.tests import factories as people
from portal.flows.incidents import publishing

pytestmark = pytest.mark.django_db
NIGHT, MINUTE = factories.NIGHT, timedelta(minutes=1)


def engineer(name: str = "Ines Moreau") -> Person:
    return people.person(PersonRole.ENGINEER, name=name)


def given(summary: str = "One message in five fails.", **more: Any) -> Given:
    entry = Entry(summary=summary, **{name: more.pop(name) for name in list(more) if name in vars(Entry())})
    told: dict[str, Any] = {"entry": entry, "status": "investigating", "key": uuid.uuid4().hex} | more
    return Given(**told)


def test_an_update_has_the_handbooks_form_and_keeps_its_three_readings() -> None:
    row = factories.incident(customer=customers.customer("Enterprise ABC"))
    told = given(impact="Posts fail.", technical="The cache is cold.", thread="https://chat.example.org/pl/1")
    update = publish(incident=row, given=told, by=engineer(), at=NIGHT + 13 * MINUTE)
    version = update.versions.get()
    assert version.internal == "\n\n".join([
        "### Enterprise ABC SEV1 outage - 3:17amET update", "#### Status: Investigating",
        "#### Incident Time: 13 minutes", "One message in five fails.", "Next update will be shared at 3:45amET.",
        "#### Customer Impact", "Posts fail.", "#### Technical Notes", "The cache is cold.",
        "Latest thread with full details: https://chat.example.org/pl/1",
    ])
    assert "cache" not in version.customer
    assert "One message" not in version.executive
    assert (update.number, update.late_by, Incident.objects.get(pk=row.pk).updates) == (1, 0, 1)


def test_without_a_thread_the_last_line_leads_to_the_incidents_page() -> None:
    row = factories.incident()
    update = publish(incident=row, given=given(), by=engineer(), at=NIGHT + MINUTE)
    assert update.versions.get().internal.split("\n")[-1].endswith(f"/incidents/I-{row.pk}/")


def test_an_update_keeps_the_promise_and_makes_the_next() -> None:
    row, by = factories.incident(), engineer()
    told = replace(given(), customer=False)
    first = publish(incident=row, given=told, by=by, at=NIGHT + 19 * MINUTE)
    kept, made = Promise.objects.filter(incident=row).order_by("at")
    assert (kept.state, kept.kept_by, first.late_by) == (PromiseState.LATE, first, 240)
    assert (made.state, made.update, made.due_at) == (PromiseState.OPEN, first, NIGHT + 46 * MINUTE)
    line = IncidentEvent.objects.get(incident=row, what=What.UPDATE)
    assert (line.to_value, line.tone, line.update) == ("Update 1 sent, 4 min late", "red", first)


def test_the_same_form_sent_twice_is_one_update() -> None:
    row, by, told = factories.incident(), engineer(), given()
    once = publish(incident=row, given=told, by=by, at=NIGHT + MINUTE)
    assert publish(incident=row, given=told, by=by, at=NIGHT + 2 * MINUTE) == once
    assert Update.objects.filter(incident=row).count() == 1


def test_of_two_who_publish_at_once_the_second_is_shown_the_first() -> None:
    row, one, other = factories.incident(), engineer(), engineer("Joel Okafor")
    keep_draft(incident=row, person=other, values={"summary": "Mine"}, seen=0, at=NIGHT)
    first = publish(incident=row, given=given(), by=one, at=NIGHT + MINUTE)
    with pytest.raises(Overtaken, match="Ines Moreau has published update 1") as told:
        publish(incident=row, given=given("Mine"), by=other, at=NIGHT + MINUTE)
    assert told.value.update == first
    assert UpdateDraft.objects.get(incident=row, person=other).values["summary"] == "Mine"
    assert publish(incident=row, given=given("Mine", seen=1), by=other, at=NIGHT + MINUTE).number == 2


@pytest.mark.parametrize(("told", "words"), [
    ({"summary": " "}, "Write a summary"),
    ({"status": "no-such"}, "Choose a status"),
    ({"next_at": NIGHT}, "has passed"),
    ({"next_at": NIGHT + 5 * 60 * MINUTE}, "say why"),
    ({"stop": True}, "a next update is owed"),
    ({"thread": "chat.example.org"}, "begins with https"),
    ({"summary": "x" * 16_384}, "characters too long for one post"),
    ({"reply": "reply-4"}, "expected to be resolved"),
])
def test_what_cannot_be_published_is_refused_in_words(told: dict[str, Any], words: str) -> None:
    row = factories.incident()
    with pytest.raises(Refused, match=words):
        publish(incident=row, given=given(**told), by=engineer(), at=NIGHT + MINUTE)
    assert not Update.objects.filter(incident=row).exists()


def test_a_post_that_is_one_character_too_long_says_so_and_the_longest_one_goes() -> None:
    row, by = factories.incident(), engineer()
    facts = facts_of(row, status="Investigating", at=NIGHT + MINUTE, next_at=NIGHT + 31 * MINUTE)
    room = 16_383 - len(updates.readings_of(Entry(thread="https://x.org/1"), facts)[Reading.INTERNAL])
    told = given("x" * (room - 2 + 1), thread="https://x.org/1", next_at=NIGHT + 31 * MINUTE)
    with pytest.raises(Refused, match="It is 1 character too long"):
        publish(incident=row, given=told, by=by, at=NIGHT + MINUTE)
    told = given("x" * (room - 2), thread="https://x.org/1", next_at=NIGHT + 31 * MINUTE)
    sent = publish(incident=row, given=told, by=by, at=NIGHT + MINUTE)
    assert len(sent.versions.get().internal) == 16_383


def test_a_later_promise_is_accepted_with_its_reason() -> None:
    row, due = factories.incident(), NIGHT + timedelta(hours=10)
    told = given(next_at=due, reason="bridge closed overnight")
    update = publish(incident=row, given=told, by=engineer(), at=NIGHT + MINUTE)
    made = Promise.objects.get(incident=row, state=PromiseState.OPEN)
    assert (made.due_at, made.reason, update.next_at) == (due, "bridge closed overnight", due)


def test_under_a_status_that_allows_it_no_next_update_is_promised() -> None:
    row = factories.incident()
    told = given(status="monitoring", stop=True)
    update = publish(incident=row, given=told, by=engineer(), at=NIGHT + MINUTE)
    assert not Promise.objects.filter(incident=row, state=PromiseState.OPEN).exists()
    assert "No further update is planned." in update.versions.get().internal


def test_an_update_sets_the_status_and_one_that_resolves_has_it_watched() -> None:
    row, by = factories.incident(), engineer()
    publish(incident=row, given=given(status="identified"), by=by, at=NIGHT + MINUTE)
    now = Incident.objects.get(pk=row.pk)
    assert (now.status.slug, now.identified_at) == ("identified", NIGHT + MINUTE)
    publish(incident=row, given=given(status="resolved", stop=True, seen=1), by=by, at=NIGHT + 9 * MINUTE)
    assert Incident.objects.get(pk=row.pk).state == State.WATCHED


def test_a_reply_is_done_by_the_update_that_answers_it() -> None:
    row = factories.incident()
    told = given(reply="reply-4", expected="tomorrow morning")
    update = publish(incident=row, given=told, by=engineer(), at=NIGHT + MINUTE)
    assert row.steps.get(key="reply-4").state == StepState.DONE
    assert "Expected resolution: tomorrow morning" in update.versions.get().customer
    assert Incident.objects.get(pk=row.pk).expected == "tomorrow morning"


def test_an_update_that_nobody_called_a_reply_is_one_only_if_it_is_what_the_stage_asks_for() -> None:
    row, by = factories.incident(), engineer()
    Incident.objects.filter(pk=row.pk).update(stage=4)

    def left(expected: str = "", *, told: bool = True) -> str:
        seen = Incident.objects.get(pk=row.pk).updates
        publish(incident=row, given=replace(given(seen=seen, expected=expected), customer=told), by=by,
                at=NIGHT + (seen + 1) * MINUTE)
        return str(row.steps.get(key="reply-4").state)

    assert left() == StepState.OPEN  # from stage 3 to 6 a reply says when it is expected to be resolved
    assert left("tonight", told=False) == StepState.OPEN  # and the customer gets it
    assert left("tonight") == StepState.DONE


def test_the_next_update_is_due_by_the_cadence_of_the_severity_that_it_has_by_then() -> None:
    row, by = factories.incident(), engineer()
    Cadence.objects.filter(severity=Severity.SEV2).update(then=50, longest=55)
    states.change_severity(incident=row, severity=Severity.SEV2, reason="A way around", by=by, at=NIGHT)
    assert publish(incident=row, given=given(), by=by, at=NIGHT + MINUTE).next_at == NIGHT + 51 * MINUTE
    with pytest.raises(Refused, match="say why"):
        publish(incident=row, given=given(seen=1, next_at=NIGHT + 60 * MINUTE), by=by, at=NIGHT + 2 * MINUTE)


def test_a_correction_is_a_new_version_that_says_the_same_hour_and_the_old_stays() -> None:
    row, by = factories.incident(), engineer()
    update = publish(incident=row, given=given(), by=by, at=NIGHT + MINUTE)
    told = given("One message in four fails.", seen=1, next_at=update.next_at)
    correct(update=update, given=told, reason="it is one in four", by=by, at=NIGHT + 9 * MINUTE)
    old, new = update.versions.order_by("number")
    assert "in five" in old.internal
    assert "in four" in new.internal
    assert "3:05amET update" in new.internal
    assert (new.reason, Update.objects.get(pk=update.pk).version) == ("it is one in four", 2)
    assert Promise.objects.filter(incident=row).count() == 2
    assert IncidentEvent.objects.filter(incident=row, what=What.CORRECTED).count() == 1


def test_a_correction_of_what_somebody_corrected_meanwhile_is_refused_and_so_is_one_without_a_reason() -> None:
    row, by = factories.incident(), engineer()
    update = publish(incident=row, given=given(), by=by, at=NIGHT + MINUTE)
    with pytest.raises(Refused, match="what was wrong"):
        correct(update=update, given=given("New", seen=1), reason=" ", by=by, at=NIGHT + 2 * MINUTE)
    with pytest.raises(Refused, match="Nothing is changed"):
        correct(update=update, given=given(seen=1, next_at=update.next_at), reason="a", by=by, at=NIGHT + 2 * MINUTE)
    correct(update=update, given=given("New", seen=1), reason="a", by=by, at=NIGHT + 2 * MINUTE)
    with pytest.raises(Overtaken):
        correct(update=update, given=given("Newer", seen=1), reason="a", by=by, at=NIGHT + 2 * MINUTE)


def test_correcting_the_promised_time_makes_another_promise_and_an_older_update_none() -> None:
    row, by = factories.incident(), engineer()
    first = publish(incident=row, given=given(), by=by, at=NIGHT + MINUTE)
    second = publish(incident=row, given=given(seen=1), by=by, at=NIGHT + 9 * MINUTE)
    due = NIGHT + 50 * MINUTE
    correct(update=second, given=given(seen=1, next_at=due), reason="later", by=by, at=NIGHT + 10 * MINUTE)
    assert Promise.objects.get(incident=row, state=PromiseState.OPEN).due_at == due
    other = replace(given("Other", seen=1, next_at=NIGHT + 55 * MINUTE), customer=False)
    correct(update=first, given=other, reason="wrong", by=by, at=NIGHT + 11 * MINUTE)
    assert Promise.objects.get(incident=row, state=PromiseState.OPEN).due_at == due
    assert Update.objects.get(pk=first.pk).next_at == first.next_at


def test_what_a_customer_gets_is_read_by_a_second_person_who_is_told() -> None:
    row, author, second = factories.incident(), engineer(), engineer("Joel Okafor")
    update = publish(incident=row, given=given(approver=second), by=author, at=NIGHT + MINUTE)
    approval = Approval.objects.get(version__of=update)
    assert (approval.state, approval.asked_of) == (ApprovalState.ASKED, second)
    told = Delivery.objects.filter(payload__to=second.email).get()
    assert f"/incidents/I-{row.pk}/updates/1/approve/" in str(told.payload)
    with pytest.raises(Refused, match="You wrote it"):
        approvals.approve(approval=approval, by=author, at=NIGHT + 2 * MINUTE)
    approvals.approve(approval=approval, by=second, at=NIGHT + 2 * MINUTE)
    approval.refresh_from_db()
    assert (approval.state, approval.decided_by) == (ApprovalState.APPROVED, second)
    with pytest.raises(Refused, match="approved already"):
        approvals.send_back(approval=approval, reason="late", by=second, at=NIGHT + 2 * MINUTE)


def test_the_author_is_not_the_second_person() -> None:
    row, author = factories.incident(), engineer()
    with pytest.raises(Refused, match="Ask somebody else"):
        publish(incident=row, given=given(approver=author), by=author, at=NIGHT + MINUTE)


def test_a_text_that_is_sent_back_is_corrected_and_asked_for_again() -> None:
    row, author, second = factories.incident(), engineer(), engineer("Joel Okafor")
    update = publish(incident=row, given=given(approver=second), by=author, at=NIGHT + MINUTE)
    approval = Approval.objects.get(version__of=update)
    with pytest.raises(Refused, match="what is to be changed"):
        approvals.send_back(approval=approval, reason="", by=second, at=NIGHT + 2 * MINUTE)
    approvals.send_back(approval=approval, reason="say it is all hands", by=second, at=NIGHT + 2 * MINUTE)
    told = Delivery.objects.get(payload__to=author.email)
    assert "all hands" in str(told.payload)
    correct(update=update, given=given("All hands.", seen=1, approver=second), reason="as asked", by=author,
            at=NIGHT + 3 * MINUTE)
    assert Approval.objects.get(version__of=update, version__number=2).state == ApprovalState.ASKED
    approval.refresh_from_db()
    assert approval.state == ApprovalState.OVERTAKEN


def test_a_reply_whose_text_was_sent_back_is_owed_again_until_the_customer_gets_it() -> None:
    row, author, second = factories.incident(), engineer(), engineer("Joel Okafor")
    update = publishing.publish(incident=row, given=given(approver=second, reply="reply-1"), by=author,
                                at=NIGHT + MINUTE)

    def step() -> tuple[str, bool]:
        found = row.steps.get(key="reply-1")
        return found.state, found.done_at is not None

    assert step() == (StepState.DONE, True)
    first = Approval.objects.get(version__of=update)
    approvals.send_back(approval=first, reason="say it is all hands", by=second, at=NIGHT + 2 * MINUTE)
    assert step() == (StepState.OPEN, False)
    publishing.correct(update=update, given=given("All hands.", seen=1, approver=second), reason="as asked", by=author,
                       at=NIGHT + 3 * MINUTE)
    assert step() == (StepState.OPEN, False)
    approvals.approve(approval=Approval.objects.get(version__of=update, version__number=2), by=second,
                      at=NIGHT + 4 * MINUTE)
    assert step() == (StepState.DONE, True)
    assert row.events.filter(what=What.STEP, step__key="reply-1").count() == 3


def test_an_emergency_goes_without_a_second_person_and_the_reason_is_kept() -> None:
    row, author = factories.incident(), engineer()
    update = publish(incident=row, given=given(override="nobody else is awake"), by=author, at=NIGHT + MINUTE)
    approval = Approval.objects.get(version__of=update)
    assert (approval.state, approval.reason) == (ApprovalState.OVERRIDDEN, "nobody else is awake")
    line = IncidentEvent.objects.get(incident=row, what=What.OVERRIDDEN)
    assert (line.tone, line.text) == ("red", "nobody else is awake")


def test_what_still_waits_is_overtaken_by_the_next_update_and_what_was_read_stays_read() -> None:
    row, author, second = factories.incident(), engineer(), engineer("Joel Okafor")
    first = publish(incident=row, given=given(approver=second), by=author, at=NIGHT + MINUTE)
    publish(incident=row, given=given(approver=second, seen=1), by=author, at=NIGHT + 9 * MINUTE)
    assert Approval.objects.get(version__of=first).state == ApprovalState.OVERTAKEN
    latest = Approval.objects.get(version__of__incident=row, state=ApprovalState.ASKED)
    approvals.approve(approval=latest, by=second, at=NIGHT + 9 * MINUTE)
    correct(update=latest.version.of, given=given(technical="More for us.", seen=1, next_at=latest.version.of.next_at),
            reason="notes", by=author, at=NIGHT + 10 * MINUTE)
    again = Approval.objects.get(version__of=latest.version.of, version__number=2)
    assert (again.state, again.decided_by) == (ApprovalState.APPROVED, second)


def test_a_drill_asks_nobody_and_an_update_for_ourselves_neither() -> None:
    author = engineer()
    publish(incident=factories.incident(drill=True), given=given(), by=author, at=NIGHT + MINUTE)
    publish(incident=factories.incident(), given=replace(given(), customer=False), by=author, at=NIGHT + MINUTE)
    assert not Approval.objects.exists()


def test_each_of_several_customers_reads_of_itself_alone() -> None:
    row = factories.incident(customer=customers.customer("Enterprise ABC"), severity=Severity.SEV2)
    initech = customers.customer("Initech")
    IncidentCustomer.objects.create(incident=row, customer=initech, at=NIGHT)
    update = publish(incident=row, given=given("Initech and Enterprise ABC wait."), by=engineer(), at=NIGHT + MINUTE)
    version = update.versions.get()
    assert "Initech" not in version.customer
    theirs = text_for(version, Reading.CUSTOMER, customer=initech)
    assert theirs.startswith("### Initech SEV2 outage")
    assert "Enterprise ABC" not in theirs
    first = row.customers.order_by("pk")[0].customer
    assert text_for(version, Reading.CUSTOMER, customer=first) == version.customer


def test_publishing_drops_the_writers_draft_and_nobody_elses() -> None:
    row, one, other = factories.incident(), engineer(), engineer("Joel Okafor")
    for person in (one, other):
        keep_draft(incident=row, person=person, values={"summary": "a\x00b"}, seen=0, at=NIGHT)
    publish(incident=row, given=given(), by=one, at=NIGHT + MINUTE)
    assert UpdateDraft.objects.get(incident=row).person == other
    assert UpdateDraft.objects.get(incident=row).values["summary"] == "ab"
