"""What triage does to the rows: the queue, the lists of meetings, decisions and taking them back."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from integrations.outbox import actions as outbox
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import FeatureTeam, Person
from people.tests.factories import person, team
from tickets.actions import triage
from tickets.choices import Column, Presence, TriageVerb
from tickets.models import BugType, Ticket, TriageDecision, TriageItem, WorkflowStep
from tickets.queries.similar import similar_to, similar_words
from tickets.queries.triage.queue import in_order, last_list, queue, rows, waiting
from tickets.rules.triage import GRACE, Choice, Unfit
from tickets.tests.factories import NOON, make_comment, make_project, make_status, make_ticket, make_user

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def ines() -> Person:
    return person(Role.LEAD, name="Ines Okafor")


@pytest.fixture
def channels() -> FeatureTeam:
    found = team("Channels")
    FeatureTeam.objects.filter(pk=found.pk).update(jira_label="team-channels")
    found.refresh_from_db()
    return found


def bug(**kw: Any) -> Ticket:
    """A bug that came to the Backlog a day ago, and that nobody has."""
    for status in ("To Do", "Done"):
        make_status(status)
    return make_ticket("Backlog", **{"created": NOON - DAY, **kw})


def keys(at: Any = NOON) -> list[str]:
    return [row.key for row in rows(queue(last_list(), at), at)]


def choose(verb: str, **more: Any) -> Choice:
    return Choice(verb=TriageVerb(verb), **more)


def decide(ticket: Ticket, by: Person, verb: str = "take", at: Any = NOON, **more: Any) -> TriageDecision:
    return triage.decide(ticket_id=ticket.id, choice=choose(verb, **more), by=by, at=at)


def shown(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


# The queue


def test_a_new_bug_that_nobody_has_is_in_triage_and_what_somebody_has_is_not(channels: FeatureTeam) -> None:
    here = bug()
    bug(kind="Story")
    bug(assignee=make_user())
    bug(labels=["team-channels"])
    bug(labels=["feature-request"])
    bug(presence=Presence.GONE)
    make_ticket("To Do", created=NOON - DAY)
    make_ticket("In Progress", created=NOON - DAY)
    assert keys() == [here.key]
    assert waiting(NOON) == 1


def test_a_component_with_a_team_only_proposes(channels: FeatureTeam) -> None:
    assert keys() == []
    here = bug(components=["Channels"], team=channels)
    assert keys() == [here.key]


def test_a_status_without_a_column_counts_only_while_jira_says_that_nothing_has_begun() -> None:
    new = make_status("Reported")
    begun = make_status("Ready for QA")
    here = make_ticket(new, created=NOON - DAY)
    make_ticket(begun, created=NOON - DAY)
    assert keys() == [here.key]


def test_the_most_severe_comes_first_then_the_oldest() -> None:
    minor = bug(severity="S3 - minor", created=NOON - 3 * DAY)
    bare = bug(created=NOON - 5 * DAY)
    young = bug(severity="S1 - crash", created=NOON - HOUR)
    old = bug(severity="S1 - crash", created=NOON - 2 * DAY)
    assert keys() == [old.key, young.key, minor.key, bare.key]


def test_what_is_older_than_the_first_list_reaches_is_not_new() -> None:
    bug(created=NOON - 8 * DAY)
    assert keys() == []


def test_a_list_holds_what_was_left_and_what_came_and_never_changes() -> None:
    first = bug(created=NOON - 2 * DAY)
    made = triage.make_list(meeting_at=NOON + HOUR, at=NOON)
    assert made is not None
    assert triage.make_list(meeting_at=NOON + HOUR, at=NOON + timedelta(minutes=5)) is None
    came = bug(created=NOON + timedelta(minutes=10))
    again = triage.make_list(meeting_at=NOON + 2 * DAY, at=NOON + 2 * DAY - 4 * HOUR)
    assert again is not None
    assert list(again.items.values_list("ticket__key", "left")) == [(first.key, True), (came.key, False)]
    assert list(made.items.values_list("ticket__key", "left")) == [(first.key, False)]
    marked = {row.key: row.left_at for row in rows(queue(last_list(), NOON + 2 * DAY), NOON + 2 * DAY)}
    assert marked == {first.key: NOON + HOUR, came.key: None}


def test_what_is_left_stays_on_every_list_until_it_is_decided(ines: Person) -> None:
    left = bug()
    for week in range(4):
        triage.make_list(meeting_at=NOON + week * 7 * DAY + HOUR, at=NOON + week * 7 * DAY)
    assert TriageItem.objects.filter(ticket=left).count() == 4
    decide(left, ines, at=NOON + 22 * DAY)
    triage.make_list(meeting_at=NOON + 28 * DAY + HOUR, at=NOON + 28 * DAY)
    assert TriageItem.objects.filter(ticket=left).count() == 4


def test_no_bug_falls_between_two_lists_however_long_the_pause() -> None:
    triage.make_list(meeting_at=NOON + HOUR, at=NOON)
    late = bug(created=NOON + timedelta(minutes=1))
    later = NOON + 60 * DAY
    assert late.key in keys(later)
    triage.make_list(meeting_at=later + HOUR, at=later)
    assert TriageItem.objects.filter(ticket=late).count() == 1


def test_a_bug_that_the_mirror_saw_only_after_the_list_was_made_is_new_all_the_same() -> None:
    triage.make_list(meeting_at=NOON + HOUR, at=NOON)
    late = bug(created=NOON - timedelta(minutes=1))
    assert keys(NOON + HOUR) == [late.key]
    triage.make_list(meeting_at=NOON + 2 * DAY, at=NOON + 2 * DAY - HOUR)
    assert not TriageItem.objects.get(ticket=late).left


@pytest.mark.parametrize("before", [{"assignee": True}, {"kind": "Task"}, {"status": "To Do"}])
def test_an_old_bug_that_comes_into_triage_after_a_list_was_made_is_on_the_next_one(before: dict[str, Any]) -> None:
    old, values = NOON - 90 * DAY, dict(before)
    if "assignee" in values:
        values["assignee"] = make_user()
    bug()
    late = make_ticket(values.pop("status", "Backlog"), created=old, **values)
    known = bug(created=old)
    triage.make_list(meeting_at=NOON + HOUR, at=NOON)
    backlog = make_status("Backlog")
    Ticket.objects.filter(id=late.id).update(
        assignee=None, kind="Bug", status=backlog, column=Column.BACKLOG, updated=NOON + HOUR
    )
    Ticket.objects.filter(id=known.id).update(updated=NOON + HOUR)
    assert late.key in keys(NOON + 2 * HOUR) and known.key not in keys(NOON + 2 * HOUR)
    triage.make_list(meeting_at=NOON + 2 * DAY, at=NOON + 2 * DAY - HOUR)
    assert not TriageItem.objects.get(ticket=late).left
    assert not TriageItem.objects.filter(ticket=known).exists()


def test_a_mapping_that_is_edited_makes_no_old_bug_new() -> None:
    triage.make_list(meeting_at=NOON + HOUR, at=NOON)
    bug(kind="Fault", created=NOON - 90 * DAY, updated=NOON - 60 * DAY)
    BugType.objects.create(name="Fault")
    assert keys(NOON + 2 * HOUR) == []


# The verbs


def test_each_verb_takes_the_bug_out_of_the_queue_and_puts_its_writes_on_their_way(
    ines: Person, channels: FeatureTeam
) -> None:
    other = make_ticket("In Progress", key="MM-7")
    wanted: dict[str, tuple[dict[str, Any], list[str], str]] = {
        "route": ({"team": channels.pk}, ["jira.change"], "Channels"),
        "take": ({}, ["jira.change"], "SET"),
        "feature": ({"kind": "story", "text": "Hi [reporter name], ask [PM name].", "manager": "Pia"},
                    ["jira.change", "jira.comment"], "story"),
        "info": ({"text": "What did you see?"}, ["jira.change", "jira.comment"], ""),
        "duplicate": ({"other": other.key}, ["jira.link", "jira.change"], "MM-7"),
        "close": ({"resolution": "Won't Do", "text": "Kindly, no."}, ["jira.comment", "jira.change"], "Won't Do"),
    }  # fmt: skip
    for verb, (more, topics, to) in wanted.items():
        ticket = bug(reporter=make_user("Bo Quist"))
        assert keys() == [ticket.key]
        made = decide(ticket, ines, verb, **more)
        assert keys() == []
        sent = [write.delivery for write in made.writes.order_by("id")]
        assert [delivery.topic for delivery in sent] == topics
        assert {delivery.due_at for delivery in sent} == {NOON + GRACE}
        assert (made.to, made.by, made.came_at) == (to, ines, ticket.created)
    comment = Delivery.objects.filter(topic="jira.comment").order_by("id").first()
    assert comment is not None
    assert comment.payload["said"] == "Hi Bo Quist, ask Pia."


def test_taking_one_for_set_shows_it_in_to_do_at_once(ines: Person) -> None:
    ticket = bug()
    decide(ticket, ines)
    assert shown(ticket).column == Column.TODO


def test_closing_answers_with_the_id_of_the_resolution_where_the_workflow_is_known(ines: Person) -> None:
    ticket = bug()
    allowed = [["10001", "Won't Do"], ["10002", "Duplicate"]]
    field = {"id": "resolution", "name": "Resolution", "kind": "resolution", "allowed": allowed}
    WorkflowStep.objects.create(
        project_key="MM", kind="Bug", status_id=ticket.status_id or "", step_id="61", name="Resolve", to_name="Done",
        to_status=make_status("Done").id, fields=[field], read_at=NOON,
    )
    made = decide(ticket, ines, "close", resolution="Won't Do")
    delivery = made.writes.get().delivery
    assert (delivery.payload["answers"], delivery.state) == ({"resolution": "10001"}, State.WAITING)
    unknown = decide(bug(kind="Defect"), ines, "close", resolution="Won't Do")
    assert unknown.writes.get().delivery.payload["answers"] == {"resolution": "Won't Do"}


def test_a_second_verb_is_told_who_decided_what(ines: Person, channels: FeatureTeam) -> None:
    ticket = bug()
    first = decide(ticket, ines, "route", team=channels.pk)
    with pytest.raises(triage.AlreadyDecided) as told:
        decide(ticket, person(Role.ENGINEER))
    assert told.value.decision == first
    assert TriageDecision.objects.count() == 1


def test_the_database_itself_keeps_a_second_standing_decision_out(ines: Person) -> None:
    ticket = bug()
    decide(ticket, ines)
    with pytest.raises(IntegrityError), transaction.atomic():
        TriageDecision.objects.create(ticket=ticket, verb="take", to="SET", at=NOON, came_at=NOON)


def test_what_has_an_owner_since_is_no_longer_decided_here(ines: Person) -> None:
    ticket = bug(assignee=make_user("Ada Park"))
    with pytest.raises(triage.NotInTriage, match="Ada Park"):
        decide(ticket, ines)
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(("verb", "more", "words"), [
    ("route", {"team": 999_999}, "no Jira label"), ("duplicate", {"other": "MM-404404"}, "no ticket MM-404404"),
])
def test_what_cannot_be_done_says_so_and_leaves_nothing(
    ines: Person, verb: str, more: dict[str, Any], words: str
) -> None:
    ticket = bug()
    with pytest.raises(Unfit, match=words):
        decide(ticket, ines, verb, **more)
    with pytest.raises(Unfit, match="itself"):
        decide(ticket, ines, "duplicate", other=ticket.key)
    assert not TriageDecision.objects.exists()
    assert keys() == [ticket.key]


def test_a_team_without_a_label_cannot_be_routed_to(ines: Person) -> None:
    with pytest.raises(Unfit, match="Mobile has no Jira label"):
        decide(bug(), ines, "route", team=team("Mobile").pk)


# Taking back


@pytest.mark.parametrize("verb", ["take", "feature", "duplicate", "close", "info"])
def test_taking_back_leaves_the_ticket_as_it_was(ines: Person, verb: str) -> None:
    make_ticket("Done", key="MM-7")
    more = {"text": "Hi", "kind": "story", "other": "MM-7", "resolution": "Won't Do"}
    ticket = bug(labels=["regression"])
    before = shown(ticket)
    made = decide(ticket, ines, verb, **more)
    triage.undo(decision=made, by=ines, at=NOON + timedelta(seconds=3))
    after = shown(ticket)
    assert (after.labels, after.column, after.status_id, after.write_state) == (
        before.labels, before.column, before.status_id, ""
    )
    assert keys() == [ticket.key]
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.DROPPED}
    assert decide(ticket, ines).verb == "take"


def test_what_has_begun_to_leave_is_not_taken_back_and_nothing_of_it_is(ines: Person) -> None:
    made = decide(bug(), ines, "feature", kind="story", text="Hi")
    first = made.writes.order_by("id")[0]
    assert outbox.claim(delivery_id=first.delivery_id, at=NOON + timedelta(seconds=7)) is None
    assert outbox.claim(delivery_id=first.delivery_id, at=NOON + GRACE) is not None
    with pytest.raises(outbox.NotOpen):
        triage.undo(decision=made, by=ines, at=NOON + GRACE)
    made.refresh_from_db()
    assert made.undone_at is None
    assert sorted(Delivery.objects.values_list("state", flat=True)) == [State.SENDING, State.WAITING]


def test_it_is_taken_back_once(ines: Person) -> None:
    made = decide(bug(), ines)
    triage.undo(decision=made, by=ines, at=NOON)
    with pytest.raises(outbox.NotOpen):
        triage.undo(decision=made, by=ines, at=NOON)


def test_what_jira_refused_can_be_tried_again_or_taken_back(ines: Person) -> None:
    made = decide(bug(), ines)
    with pytest.raises(outbox.NotOpen):
        triage.retry(decision=made, by=ines, at=NOON)
    delivery = outbox.claim(delivery_id=made.writes.get().delivery_id, at=NOON + GRACE)
    assert delivery is not None
    outbox.fail(delivery=delivery, words="Not allowed.", detail="", at=NOON + GRACE)
    triage.retry(decision=made, by=ines, at=NOON + GRACE)
    delivery.refresh_from_db()
    assert delivery.state == State.WAITING
    triage.undo(decision=made, by=ines, at=NOON + GRACE)


# Coming back


def test_a_bug_comes_back_when_somebody_answers_and_not_by_our_own_question(ines: Person) -> None:
    ticket = bug(reporter=make_user("Bo Quist"))
    made = decide(ticket, ines, "info", text="What did you see?")
    later = NOON + 30 * DAY
    asked = made.writes.get(verb="comment").delivery
    ours = make_comment(ticket, "What did you see?", created=NOON + timedelta(seconds=9))
    Delivery.objects.filter(pk=asked.pk).update(state=State.SENT, sent_at=NOON, remote_id=str(ours.pk))
    assert keys(later) == []
    make_comment(ticket, "Two sounds.", created=NOON + DAY)
    assert keys(later) == [ticket.key]
    assert rows(queue(None, later), later)[0].answered
    decide(ticket, ines, "take", at=later)
    assert keys(later) == []
    made.refresh_from_db()
    assert made.over_at == later
    assert "needs-info" not in shown(ticket).labels


def test_taking_back_the_decision_after_an_answer_leaves_the_answered_question(ines: Person) -> None:
    ticket = bug()
    asked = decide(ticket, ines, "info", text="What did you see?")
    make_comment(ticket, "Two sounds.", created=NOON + DAY)
    again = decide(ticket, ines, at=NOON + 2 * DAY)
    triage.undo(decision=again, by=ines, at=NOON + 2 * DAY)
    asked.refresh_from_db()
    assert asked.over_at is None
    assert keys(NOON + 40 * DAY) == [ticket.key]


def test_a_team_that_takes_its_label_off_gives_the_bug_back(ines: Person, channels: FeatureTeam) -> None:
    ticket = bug()
    decide(ticket, ines, "route", team=channels.pk)
    assert keys(NOON + 30 * DAY) == []
    Ticket.objects.filter(pk=ticket.pk).update(labels=[])
    assert keys(NOON + 30 * DAY) == [ticket.key]


# Similar tickets


def test_tickets_with_rare_words_in_common_are_found_and_never_the_ticket_itself() -> None:
    make_project()
    for number in range(30):
        make_ticket(summary=f"Server is slow number {number}")
    twin = make_ticket("In Progress", summary="Duplicate toast on Windows when focus returns")
    mine = bug(summary="Toast sound twice on Windows for the server")
    assert triage.words_never_counted()
    assert triage.count_words() > 30
    found = similar_to(mine.id)
    assert found[0].key == twin.key
    assert mine.key not in {each.key for each in found}
    assert [each.key for each in similar_words("windows toasts", without=mine.id)] == [twin.key]
    assert similar_words("'); DROP \\ | & !", without=mine.id) == ()


def test_words_are_counted_anew_and_what_is_gone_is_not() -> None:
    gone = bug(summary="Zebra")
    bug(summary="Otter")
    assert triage.count_words() == 2
    Ticket.objects.filter(pk=gone.pk).update(presence=Presence.DELETED)
    assert triage.count_words() == 1


@pytest.mark.parametrize(("verb", "more", "first"), [
    ("close", {"resolution": "Won't Do", "text": "Kind words."}, "jira.comment"),
    ("duplicate", {}, "jira.link"),
])
def test_a_bug_is_not_closed_while_the_words_that_say_why_are_refused(
    ines: Person, verb: str, more: dict[str, str], first: str
) -> None:
    ticket = bug()
    if verb == "duplicate":
        more = {"other": bug().key}
    decide(ticket, ines, verb, **more)
    Delivery.objects.filter(topic=first).update(state=State.FAILED)
    assert not Delivery.objects.due(NOON + HOUR).filter(topic="jira.change").exists()
    outbox.drop(delivery=Delivery.objects.get(topic=first), by=ines, at=NOON)
    assert Delivery.objects.due(NOON + HOUR).filter(topic="jira.change").count() == 1


def test_the_order_of_a_list_is_the_order_of_the_queue() -> None:
    for severity in ("S3", "", "S1", "S2"):
        bug(severity=severity)
    made = triage.make_list(meeting_at=NOON + HOUR, at=NOON)
    assert made is not None
    assert [item.ticket.key for item in made.items.select_related("ticket")] == list(
        in_order(queue(None, NOON)).values_list("key", flat=True)
    )
