"""Plans in the database: asked for, solved, changed, published; and what keeps one from being published."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from integrations.outbox.models import Delivery
from people.models import Person
from people.tests.factories import team
from portal.common.models import Timer
from set_rotation import actions
from set_rotation.actions import Refused, planning
from set_rotation.actions import roster as roster_actions
from set_rotation.choices import PageSource, PlanState, Urgency, WishKind
from set_rotation.models import Away, Duty, Member, Page, Place, Plan, Rotation
from set_rotation.planner import plan_due, solve_plan
from set_rotation.queries.planning.asking import away_words
from set_rotation.queries.planning.page import choices, plan_page
from set_rotation.queries.planning.slots import next_unplanned
from set_rotation.rules.planning.keeping import Ask
from set_rotation.tests import factories

pytestmark = pytest.mark.django_db
AT = factories.NOON
FIRST = date(2026, 11, 23)


def roster(size: int = 12, teams: int = 4) -> list[Person]:
    made = [team(f"Team {number}") for number in range(teams)]
    people = [factories.engineer(f"Member {number:02}") for number in range(size)]
    for number, person in enumerate(people):
        factories.member(person, team=made[number % teams], leads=number % 2 == 0)
    return people


def asked(count: int = 2, ask: Ask = Ask(), by: Person | None = None, first_on: date = FIRST) -> Plan:  # noqa: B008
    return planning.ask_plan(first_on=first_on, rotations=count, pattern=factories.pattern(), ask=ask, by=by, at=AT)


def solved(count: int = 2, ask: Ask = Ask(), first_on: date = FIRST) -> Plan:  # noqa: B008
    plan = asked(count, ask, first_on=first_on)
    solve_plan(plan_id=plan.pk, at=AT)
    plan.refresh_from_db()
    return plan


def test_a_plan_is_proposed_and_nothing_is_written_before_it_is_published() -> None:
    roster()
    plan = solved()
    assert plan.state == PlanState.READY, plan.words
    assert not Rotation.objects.exists()
    page = plan_page(plan)
    assert [column.name for column in page.columns] == ["Rotation 1", "Rotation 2"]
    assert [row.label for row in page.rows] == [
        "Lead", "Primary, week 1", "Backup, week 1", "Primary, week 2", "Backup, week 2",
    ]
    assert all(cell.why for column in page.columns for cell in column.cells)


def test_publishing_makes_places_and_duty_and_tells_each_whose_duty_moved_once() -> None:
    people, lead = roster(), factories.engineer("The lead")
    done = planning.publish_plan(plan=solved(), by=lead, at=AT)
    assert done.rotations == 2
    assert Place.objects.filter(person__isnull=False).count() == 10
    assert Duty.objects.held().count() == 10
    told = set(Delivery.objects.filter(topic="mail.send").values_list("payload__to", flat=True))
    served = set(Duty.objects.values_list("person__email", flat=True))
    assert told == served
    assert len(told) == done.told == Delivery.objects.filter(topic="mail.send").count()
    assert len(people) > done.told


def test_a_plan_is_published_once() -> None:
    roster()
    plan, lead = solved(), factories.engineer()
    planning.publish_plan(plan=plan, by=lead, at=AT)
    with pytest.raises(Refused, match="published already"):
        planning.publish_plan(plan=plan, by=lead, at=AT)


def test_of_two_plans_for_the_same_time_the_second_is_told_that_it_was_overtaken() -> None:
    roster()
    one, two, lead = solved(), solved(), factories.engineer()
    planning.publish_plan(plan=one, by=lead, at=AT)
    with pytest.raises(Refused, match="the rotations changed since it was made"):
        planning.publish_plan(plan=two, by=lead, at=AT)
    assert plan_page(two).overtaken == ("the rotations",)


def test_who_goes_away_meanwhile_overtakes_a_plan_and_the_refusal_says_so() -> None:
    people, plan = roster(), solved()
    starts = datetime(2026, 11, 30, 5, 0, tzinfo=UTC)
    Away.objects.create(person=people[0], starts_at=starts, ends_at=starts + timedelta(days=3), made_at=AT)
    with pytest.raises(Refused, match="who is away changed since it was made"):
        planning.publish_plan(plan=plan, by=people[1], at=AT)
    assert not Rotation.objects.exists()


def test_nobody_is_planned_while_away_or_before_they_join_or_after_they_leave() -> None:
    people = roster(14)
    starts = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
    Away.objects.create(person=people[0], starts_at=starts, ends_at=starts + timedelta(days=40), made_at=AT)
    Member.objects.filter(person=people[1]).update(joins_on=date(2026, 12, 25))
    Member.objects.filter(person=people[2]).update(leaves_on=date(2026, 12, 6))
    served = {cell.person for column in plan_page(solved()).columns for cell in column.cells}
    assert not served & {people[0].pk, people[1].pk, people[2].pk}


def test_who_serves_right_before_the_plan_is_not_planned_first() -> None:
    people = roster()
    factories.rotation(people[:5], first_on=date(2026, 11, 9), at=AT)
    assert next_unplanned(AT) == FIRST
    [column] = plan_page(solved(1)).columns
    assert not {cell.person for cell in column.cells} & {person.pk for person in people[:5]}


def test_a_rotation_that_stands_keeps_its_people_and_only_its_gaps_are_filled() -> None:
    people = roster()
    standing = factories.rotation({0: people[0], 1: people[1]}, first_on=FIRST, at=AT)
    plan = solved(1)
    lead = factories.engineer()
    planning.publish_plan(plan=plan, by=lead, at=AT)
    assert factories.place(standing, 0).person == people[0]
    assert factories.place(standing, 1).person == people[1]
    assert not standing.places.filter(person__isnull=True).exists()
    assert Rotation.objects.count() == 1


def test_a_place_is_changed_by_hand_and_what_is_wrong_then_is_said() -> None:
    people, plan = roster(), solved()
    page = plan_page(plan)
    engineer_only = people[1]
    done = planning.change_proposal(plan=plan, rotation=0, place=0, person=engineer_only.pk, by=people[0], at=AT)
    assert f"{engineer_only.name} does not lead" in done.faults
    plan.refresh_from_db()
    with pytest.raises(Refused, match=r"does not lead\. Change that place first"):
        planning.publish_plan(plan=plan, by=people[0], at=AT)
    first = page.columns[0].cells[0].person
    planning.change_proposal(plan=plan, rotation=0, place=0, person=first, by=people[0], at=AT)
    plan.refresh_from_db()
    assert planning.publish_plan(plan=plan, by=people[0], at=AT).rotations == 2


def test_the_menu_of_a_place_has_the_free_and_least_loaded_first() -> None:
    roster(14)
    found = choices(solved(1), (0, 1))
    free = [choice for choice in found if not choice.why]
    assert found[:len(free)] == free
    assert [choice.points for choice in free] == sorted(choice.points for choice in free)


def test_an_impossible_plan_says_what_collides() -> None:
    people = roster()
    Member.objects.exclude(person=people[0]).update(leads=False)
    plan = solved()
    assert plan.state == PlanState.IMPOSSIBLE
    assert "only Member 00 can lead" in plan.words


def test_a_wish_that_cannot_be_met_is_named_with_who_and_why() -> None:
    people = roster()
    Member.objects.exclude(person__in=people[:2]).update(leads=False)
    Member.objects.filter(person__in=people[:2]).update(leads=True)
    for person in people[:2]:
        roster_actions.make_wish(person=person, kind=WishKind.AVOID, starts_on=FIRST, ends_on=date(2026, 11, 27),
                                 by=person, at=AT, note="exams")
    [unmet] = plan_page(solved(2)).unmet
    assert (unmet["rotation"], unmet["note"]) == ("Rotation 1", "exams")
    assert "can be met, not both" in unmet["why"]


def test_only_one_works_on_a_plan_and_a_dead_workers_plan_is_taken_up_again() -> None:
    roster()
    plan = asked()
    assert planning.claim_plan(plan_id=plan.pk, at=AT) is not None
    assert planning.claim_plan(plan_id=plan.pk, at=AT + timedelta(seconds=5)) is None
    assert planning.claim_plan(plan_id=plan.pk, at=AT + timedelta(minutes=1)) is not None


def test_a_plan_that_nobody_works_on_is_queued_again_until_it_is_through() -> None:
    roster()
    plan, queued = asked(), list[int]()
    plan_due(str(plan.pk), AT, queued.append)
    assert queued == [plan.pk]
    assert Timer.objects.filter(kind=planning.TIMER, key=str(plan.pk)).exists()
    solve_plan(plan_id=plan.pk, at=AT)
    assert not Timer.objects.filter(kind=planning.TIMER).exists()
    plan_due(str(plan.pk), AT, queued.append)
    assert queued == [plan.pk]


def test_while_the_planner_is_being_installed_a_plan_waits_and_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    roster()
    plan = asked()
    monkeypatch.setattr("set_rotation.planner.solver", lambda: None)
    solve_plan(plan_id=plan.pk, at=AT)
    plan.refresh_from_db()
    assert (plan.state, plan.words) == (PlanState.WAITING, planning.INSTALLING)


def test_a_discarded_plan_ends_its_search_and_is_not_published() -> None:
    people = roster()
    plan = asked()
    claimed = planning.claim_plan(plan_id=plan.pk, at=AT)
    assert claimed is not None
    planning.discard_plan(plan=plan, by=people[0], at=AT)
    assert not planning.note_progress(plan=claimed, part=0.5, said="going on", at=AT)
    with pytest.raises(Refused, match="was discarded"):
        planning.publish_plan(plan=plan, by=people[0], at=AT)


def test_an_empty_roster_and_a_rotation_that_has_begun_are_refused_in_words() -> None:
    with pytest.raises(Refused, match="Fill the roster first"):
        asked()
    roster()
    with pytest.raises(Refused, match="has begun already"):
        asked(first_on=date(2026, 11, 16))


def test_load_before_a_plan_counts_and_somebody_new_is_not_made_to_catch_up() -> None:
    people = roster(16)
    for number, first_on in enumerate((date(2026, 10, 12), date(2026, 10, 26), date(2026, 11, 9))):
        factories.rotation(people[5 * number:5 * number + 5], first_on=first_on,
                           at=datetime(2026, 10, 1, tzinfo=UTC))
    Member.objects.filter(person=people[15]).update(joins_on=date(2026, 11, 20))
    candidates = {one.id: one for one in planning.question(asked(1)).request.candidates}
    assert candidates[people[0].pk].so_far["lead"] == 1
    assert candidates[people[1].pk].so_far["primary"] == 1
    assert candidates[people[15].pk].points > 0


def test_days_away_are_said_as_people_say_them() -> None:
    def words(first: datetime, end: datetime) -> str:
        return away_words(first, end)

    noon = datetime(2026, 5, 3, 12, tzinfo=UTC)
    assert words(noon, noon + timedelta(days=11)) == "3–14 May"
    assert words(noon, noon + timedelta(hours=2)) == "3 May"
    assert words(noon, noon + timedelta(days=30)) == "3 May – 2 Jun"


def test_a_plan_that_moves_people_is_overtaken_once_somebody_else_moved_them() -> None:
    people = roster()
    made = factories.rotation(people[:5], first_on=FIRST, at=AT)
    plan = solved(1, replace(Ask(), keeps=False))
    actions.set_places(changes={factories.place(made, 1).pk: people[11]}, by=None, at=AT)
    with pytest.raises(Refused, match="overtaken"):
        planning.publish_plan(plan=plan, by=people[1], at=AT)
    assert factories.place(made, 1).person == people[11]


def test_test_pages_are_no_load() -> None:
    people = roster()
    for number, test in enumerate((False, True, True)):
        Page.objects.create(key=str(number), token=str(number), urgency=Urgency.URGENT, source=PageSource.BUTTON, at=AT,
                            policy={}, acknowledged_by=people[min(number, 1)], acknowledged_at=AT, test=test)
    candidates = {one.id: one for one in planning.question(asked(1)).request.candidates}
    assert candidates[people[0].pk].points > 0 == candidates[people[1].pk].points


def test_a_replanned_rotation_moves_people_and_tells_those_alone() -> None:
    people = roster()
    factories.rotation(people[:5], first_on=FIRST, at=AT)
    Member.objects.filter(person=people[0]).update(leaves_on=date(2026, 11, 24))
    plan = solved(1, replace(Ask(), keeps=False))
    planning.publish_plan(plan=plan, by=people[1], at=AT)
    served = set(Duty.objects.held().values_list("person_id", flat=True))
    assert people[0].pk not in served
    assert actions.Refused is Refused
