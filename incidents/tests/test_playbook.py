"""The playbook in an incident: steps, stages, the executive's hour."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from cadence.queries.facts import team_zone
from incidents.actions import states, steps
from incidents.actions.base import Refused
from incidents.actions.hour import HOUR as HOUR_TIMER
from incidents.actions.hour import keep_hour, ring_hour
from incidents.choices import State, StepState, What
from incidents.models import Incident, IncidentEvent, Update
from incidents.queries.playbook import playbook_of
from incidents.tests import factories
from integrations.outbox.models import Delivery
from people.choices import Role
from people.tests import factories as people
from portal.common import clock
from portal.common.models import Timer
from portal.flows.ticking import TIMERS
from set_rotation.choices import Seat
from set_rotation.queries.facts import holders
from set_rotation.tests import factories as duty

pytestmark = pytest.mark.django_db
NIGHT, MINUTE, HOUR = factories.NIGHT, timedelta(minutes=1), timedelta(hours=1)


def test_a_step_is_done_once_and_its_line_stands_on_the_timeline() -> None:
    row, by = factories.incident(), people.person(Role.ENGINEER)
    step = steps.finish_step(incident=row, key="channel", by=by, at=NIGHT + MINUTE)
    assert (step.state, step.done_by, step.done_at) == (StepState.DONE, by, NIGHT + MINUTE)
    line = IncidentEvent.objects.get(incident=row, what=What.STEP)
    assert (line.step, line.by, line.to_value) == (step, by, "Done: Incident channel open, playbook started")
    with pytest.raises(Refused, match="done already"):
        steps.finish_step(incident=row, key="channel", by=by, at=NIGHT + MINUTE)


def test_a_step_is_skipped_with_a_reason_and_not_without() -> None:
    row, by = factories.incident(), people.person(Role.ENGINEER)
    with pytest.raises(Refused, match="why it is skipped"):
        steps.skip_step(incident=row, key="slow-queries", reason="  ", by=by, at=NIGHT)
    step = steps.skip_step(incident=row, key="slow-queries", reason="Their DBA has none", by=by, at=NIGHT)
    assert (step.state, step.reason) == (StepState.SKIPPED, "Their DBA has none")
    again = steps.open_step(incident=row, key="slow-queries", by=by, at=NIGHT)
    assert (again.state, again.reason, again.done_at) == (StepState.OPEN, "", None)


def test_the_pane_takes_three_queries(django_assert_num_queries: pytest.FixtureRequest) -> None:
    row = factories.incident()
    with django_assert_num_queries(3):  # type: ignore[operator]
        pane = playbook_of(row, works=True, at=NIGHT)
    assert (pane.settled, pane.total, len(pane.stages), pane.rule) == (0, 40, 8, "3 to 6")


def test_whoever_takes_part_does_no_step_of_one_that_was_merged() -> None:
    row = factories.incident()
    assert playbook_of(row, works=True, at=NIGHT).works
    Incident.objects.filter(pk=row.pk).update(state=State.MERGED)
    row.refresh_from_db()
    assert not playbook_of(row, works=True, at=NIGHT).works


def test_a_click_answers_with_the_pane_and_a_way_back(client: Client) -> None:
    row, by = factories.incident(), people.person(Role.ENGINEER)
    client.force_login(by)
    answer = client.post(f"/incidents/I-{row.pk}/steps/channel/done/", headers={"HX-Request": "true"})
    assert b"1 of 41 steps" in answer.content
    assert f"/incidents/I-{row.pk}/steps/channel/open/" in answer["HX-Trigger"]
    plain = client.post(f"/incidents/I-{row.pk}/steps/people/done/")
    assert plain["Location"] == f"/incidents/I-{row.pk}/#playbook"


def test_whoever_a_step_is_given_to_is_told_unless_they_took_it() -> None:
    row, by, to = factories.incident(), people.person(Role.ENGINEER), people.person(Role.SUPPORT)
    for owner in (to, by):
        steps.change_step(incident=row, key="bundle", owner=owner, due_at=None, note="From node 2", by=by, at=NIGHT)
    (mail,) = Delivery.objects.filter(key__startswith="incident-step-")
    assert mail.payload["to"] == to.email
    assert "Support bundle: From node 2" in mail.payload["text"]


def test_they_know_leaves_whoever_writes_an_update_where_they_are(client: Client) -> None:
    row, by = factories.incident(at=clock.now() - 2 * HOUR), people.person(Role.ENGINEER)
    client.force_login(by)
    done = f"/incidents/I-{row.pk}/steps/executive/done/"
    banner = f'<form action="{done}" method="post" hx-post="{done}" hx-target="#playbook" hx-swap="outerHTML">'
    assert banner in client.get(f"/incidents/I-{row.pk}/").content.decode()
    assert "Location" not in client.post(done, headers={"HX-Request": "true"})


def test_whoever_goes_on_sees_the_head_of_the_next_stage(client: Client) -> None:
    row = factories.incident()
    client.force_login(people.person(Role.ENGINEER))
    answer = client.post(f"/incidents/I-{row.pk}/stages/2/", headers={"HX-Request": "true"})
    assert answer["HX-Reswap"] == "outerHTML show:#stage-2:top"
    assert 'id="stage-2"' in answer.content.decode()


def test_who_goes_on_late_is_shown_where_work_goes_on_by_now(client: Client) -> None:
    row = factories.incident()
    client.force_login(people.person(Role.ENGINEER))
    assert b'name="seen" value="1"' in client.get(f"/incidents/I-{row.pk}/playbook/").content
    for number, seen in ((2, 1), (3, 2)):
        client.post(f"/incidents/I-{row.pk}/stages/{number}/", {"seen": seen})
    script = {"HX-Request": "true"}
    late = client.post(f"/incidents/I-{row.pk}/stages/2/", {"seen": "1"}, headers=script)
    row.refresh_from_db()
    assert (row.stage, "stage 3 is worked on now" in late["HX-Trigger"]) == (3, True)
    client.post(f"/incidents/I-{row.pk}/stages/2/", headers=script)  # the toast's way back
    row.refresh_from_db()
    assert row.stage == 2


def test_two_who_change_a_step_at_once_see_each_other(client: Client) -> None:
    row, by = factories.incident(), people.person(Role.ENGINEER)
    client.force_login(by)
    path = f"/incidents/I-{row.pk}/steps/bundle/"
    form = {"owner_id": "", "due_on": "", "due_time": "", "note": "Theirs", "seen": client.get(path).context["seen"]}
    assert client.post(path, form).status_code == 302
    stale = client.post(path, form | {"note": "Mine"})
    assert (stale.status_code, "noted: Theirs" in stale.content.decode()) == (422, True)
    assert row.steps.get(key="bundle").note == "Theirs"
    assert client.post(path, form | {"note": "Mine", "seen": stale.context["seen"]}).status_code == 302
    assert row.steps.get(key="bundle").note == "Mine"


def test_what_was_typed_on_a_steps_page_is_saved_with_whatever_is_done_there(client: Client) -> None:
    row, by = factories.incident(), people.person(Role.ENGINEER)
    client.force_login(by)

    def send(key: str, **more: str) -> str:
        path = f"/incidents/I-{row.pk}/steps/{key}/"
        page = client.get(path)
        for do in ("done", "skip", "mine"):
            assert f'form="step-form" name="do" value="{do}"' in page.content.decode()
        typed = {"owner_id": "", "due_on": "", "due_time": "", "note": f"Of {key}", "seen": page.context["seen"]}
        answer = client.post(path, typed | more)
        assert row.steps.get(key=key).note == (f"Of {key}" if answer.status_code == 302 else "")
        return answer.headers.get("Location", "")

    pane = f"/incidents/I-{row.pk}/#playbook"
    assert send("bundle", do="done") == pane
    assert send("grafana", do="skip", why="Their Grafana is down too") == pane
    saved = f"/incidents/I-{row.pk}/steps/settings/"
    assert send("settings", do="save", why="Typed, and then thought better of") == saved
    assert send("system", do="skip") == ""  # no reason: what was typed is still there, and nothing is saved
    assert send("cause", do="mine") == f"/incidents/I-{row.pk}/steps/cause/"
    assert send("reply-3", do="reply") == f"/incidents/I-{row.pk}/?reply=reply-3#update"
    done = row.steps.exclude(state=StepState.OPEN).order_by("pk").values_list("key", "state", "reason")
    assert list(done) == [
        ("grafana", StepState.SKIPPED, "Their Grafana is down too"), ("bundle", StepState.DONE, ""),
    ]
    assert row.steps.get(key="cause").owner == by


def test_whoever_typed_nothing_does_a_step_that_somebody_else_noted_something_on_meanwhile(client: Client) -> None:
    row, by = factories.incident(), people.person(Role.ENGINEER)
    client.force_login(by)
    path = f"/incidents/I-{row.pk}/steps/bundle/"
    form = {"owner_id": "", "due_on": "", "due_time": "", "note": "", "seen": client.get(path).context["seen"]}
    steps.change_step(incident=row, key="bundle", owner=None, due_at=None, note="Theirs", by=by, at=NIGHT)
    assert client.post(path, form | {"note": "Mine", "do": "done"}).status_code == 422
    assert row.steps.get(key="bundle").state == StepState.OPEN
    assert client.post(path, form | {"do": "done"}).status_code == 302
    step = row.steps.get(key="bundle")
    assert (step.state, step.note) == (StepState.DONE, "Theirs")


def test_a_step_is_taken_with_one_tap_unless_somebody_has_it_and_a_note_is_marked_in_the_pane(client: Client) -> None:
    row, by = factories.incident(), people.person(Role.ENGINEER)
    client.force_login(by)
    script = {"HX-Request": "true"}
    pane = client.post(f"/incidents/I-{row.pk}/steps/call/mine/", headers=script)
    assert row.steps.get(key="call").owner == by
    page = pane.content.decode()
    assert ("steps/call/mine/" in page, "steps/people/mine/" in page, "steps/bundle/mine/" in page) == (
        False, True, False)  # one that somebody has, one that nobody has, one of a later stage
    assert "Has a note" not in page
    steps.change_step(incident=row, key="people", owner=None, due_at=None, note="The TAM sleeps", by=by, at=NIGHT)
    client.force_login(people.person(Role.ENGINEER))
    late = client.post(f"/incidents/I-{row.pk}/steps/call/mine/", headers=script)
    assert f"{by.name} does" in late["HX-Trigger"]
    assert 'title="The TAM sleeps"' in late.content.decode()
    assert row.steps.get(key="call").owner == by


def test_who_only_reads_sees_the_playbook_and_changes_nothing(client: Client) -> None:
    row = factories.incident()
    client.force_login(people.person(Role.VIEWER))
    assert b"Done<span" not in client.get(f"/incidents/I-{row.pk}/playbook/").content
    assert client.post(f"/incidents/I-{row.pk}/steps/channel/done/").status_code == 403
    assert client.post(f"/incidents/I-{row.pk}/steps/channel/", {"note": "x"}).status_code == 403


def test_nobody_reaches_the_playbook_of_a_private_incident_that_is_not_theirs(client: Client) -> None:
    row = factories.incident(private=True)
    client.force_login(people.person(Role.ENGINEER))
    for path in ("playbook/", "steps/channel/"):
        assert client.get(f"/incidents/I-{row.pk}/{path}").status_code == 404
    assert client.post(f"/incidents/I-{row.pk}/steps/channel/done/").status_code == 404


def test_work_goes_on_in_the_next_stage_and_what_was_left_open_is_said() -> None:
    row, by = factories.incident(), people.person(Role.ENGINEER)
    for key in ("channel", "people", "reply-1"):
        steps.finish_step(incident=row, key=key, by=by, at=NIGHT)
    steps.enter_stage(incident=row, number=2, by=by, at=NIGHT + HOUR / 2)
    row.refresh_from_db()
    first, second = row.stages.all()[:2]
    assert (row.stage, first.left_at, second.entered_at) == (2, NIGHT + HOUR / 2, NIGHT + HOUR / 2)
    line = IncidentEvent.objects.get(incident=row, what=What.STAGE)
    assert line.to_value == "Stage 2: Data gathering"
    assert line.text.startswith("Still open in Escalation: Start audio and screen share")
    with pytest.raises(Refused, match="is the one that is worked on"):
        steps.enter_stage(incident=row, number=2, by=by, at=NIGHT)
    pane = playbook_of(row, works=True, at=NIGHT + HOUR / 2)
    assert pane.next is not None
    assert (pane.stages[0].tone, pane.current.row.number, pane.next.row.number) == ("amber", 2, 3)


def test_the_executives_step_appears_by_itself_after_an_hour_and_is_told_once() -> None:
    row = factories.incident()
    before, after = NIGHT + HOUR - MINUTE, NIGHT + HOUR + MINUTE
    assert Timer.objects.get(kind=HOUR_TIMER, key=str(row.pk)).due_at == NIGHT + HOUR
    assert playbook_of(row, works=True, at=before).hour is None
    assert not ring_hour(incident=row, at=before)
    assert playbook_of(row, works=True, at=after).hour is not None
    assert ring_hour(incident=row, at=after)
    assert not ring_hour(incident=row, at=after)
    assert IncidentEvent.objects.filter(incident=row, what=What.HOUR).count() == 1
    assert Delivery.objects.filter(key__startswith=f"incident-{row.pk}-hour-").count() == 1
    steps.finish_step(incident=row, key="executive", by=people.person(Role.ENGINEER), at=after)
    pane = playbook_of(row, works=True, at=after)
    assert pane.hour is None
    assert pane.told is not None


def test_while_no_executive_knows_whoever_leads_is_told_again_and_the_lead_of_set_too() -> None:
    crew = duty.crew()
    duty.rotation(crew, first_on=(NIGHT - timedelta(days=1)).date())
    row, timers = factories.incident(), Timer.objects.filter(kind=HOUR_TIMER)
    lead, commander = holders(NIGHT + HOUR)[Seat.LEAD].person, row.roles.get().person
    due, told = NIGHT + HOUR, Delivery.objects.filter(purpose="incident", payload__icontains="tell the executive")
    for minutes, waits in ((0, 10), (10, 60), (60, None)):
        at = due + minutes * MINUTE
        assert timers.get().due_at == at
        keep_hour(incident=row, at=at - MINUTE)
        assert timers.get().due_at == at
        timers.delete()
        assert ring_hour(incident=row, at=at) and not ring_hour(incident=row, at=at)
        names = {one.name for one in (commander, lead) if told.filter(
            title__contains=one.name, created_at=at).exists()}
        assert names == {commander.name, *([lead.name] if minutes else [])}
        assert timers.exists() == (waits is not None)
    lines = IncidentEvent.objects.filter(incident=row, what=What.HOUR).order_by("at")
    assert [line.to_value.partition(". Told")[0] for line in lines] == [
        "Longer than an hour: the executive is to be told", "After 1 h 10 min the executive is still to be told",
        "After 2 h the executive is still to be told"]


def test_of_what_passed_while_nobody_looked_the_last_alone_is_told_and_nothing_once_they_know() -> None:
    row = factories.incident()
    assert ring_hour(incident=row, at=NIGHT + HOUR + 30 * MINUTE)
    assert IncidentEvent.objects.filter(incident=row, what=What.HOUR).get().source == "hour-10"
    steps.finish_step(incident=row, key="executive", by=people.person(Role.ENGINEER), at=NIGHT + HOUR + 40 * MINUTE)
    assert not ring_hour(incident=row, at=NIGHT + 2 * HOUR)


def test_the_tick_rings_the_hour() -> None:
    row = factories.incident()
    TIMERS[HOUR_TIMER](str(row.pk), NIGHT + HOUR + MINUTE)
    assert IncidentEvent.objects.filter(incident=row, what=What.HOUR).exists()


def test_the_hour_counts_from_when_it_began_and_follows_it() -> None:
    row = factories.incident(began_at=NIGHT - HOUR / 2)
    timers = Timer.objects.filter(kind=HOUR_TIMER, key=str(row.pk))
    assert timers.get().due_at == NIGHT + HOUR / 2
    Incident.objects.filter(pk=row.pk).update(began_at=NIGHT - 3 * HOUR)
    keep_hour(incident=row, at=NIGHT + MINUTE)
    assert timers.get().due_at == NIGHT + MINUTE
    assert playbook_of(row, works=True, at=NIGHT + MINUTE).hour is not None


def test_a_resolved_incident_asks_for_no_executive() -> None:
    row, by = factories.incident(), people.person(Role.ENGINEER)
    states.resolve(incident=row, by=by, at=NIGHT + HOUR / 2)
    assert not ring_hour(incident=row, at=NIGHT + HOUR)
    row.refresh_from_db()
    assert playbook_of(row, works=True, at=NIGHT + 2 * HOUR).hour is None


def test_what_is_due_after_the_resolution_counts_business_days() -> None:
    """Resolved on a Friday evening: a weekend lies between."""
    row, by = factories.incident(), people.person(Role.ENGINEER)
    friday = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
    states.resolve(incident=row, by=by, at=friday)
    row.refresh_from_db()
    assert row.stages.get(number=row.stage).key == "resolution"
    zone = ZoneInfo(team_zone())
    due = {step.key: step.due_at.astimezone(zone) for step in row.steps.filter(days__isnull=False) if step.due_at}
    assert {key: f"{at:%a %H:%M}" for key, at in due.items()} == {
        "held": "Mon 17:00", "analysis": "Tue 17:00", "sent": "Wed 17:00", "reply-8": "Wed 17:00",
    }
    states.reopen(incident=row, reason="It is down again", by=by, at=friday + HOUR)
    assert not row.steps.filter(days__isnull=False, due_at__isnull=False).exists()


def test_an_update_answers_the_reply_that_it_was_written_for() -> None:
    row, by = factories.incident(), people.person(Role.ENGINEER)
    sent = Update.objects.create(incident=row, number=1, at=NIGHT, by=by, status=row.status, key="u1")
    step = steps.settle_replies(incident=row, update=sent, by=by, at=NIGHT)
    assert step is not None
    assert (step.key, step.state) == ("reply-1", StepState.DONE)
    assert IncidentEvent.objects.get(incident=row, what=What.STEP).update == sent
    assert steps.settle_replies(incident=row, update=sent, by=by, at=NIGHT) is None
    named = steps.settle_replies(incident=row, update=sent, by=by, at=NIGHT, reply="reply-3")
    assert named is not None
    assert named.key == "reply-3"
