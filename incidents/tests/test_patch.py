"""The way of a fix to the customer's production."""

from datetime import timedelta

import pytest
from django.test import Client

from customers.models import Customer
from customers.tests import factories as customers
from incidents.actions import changing, steps
from incidents.actions.base import Refused
from incidents.actions.giving import give_incidents
from incidents.actions.merging import merge
from incidents.actions.patch import Moved, move_patch
from incidents.choices import Kind, PatchStage, PatchState, StepState, What
from incidents.models import IncidentEvent
from incidents.queries.playbook import patch_of
from incidents.tests import factories
from people.choices import Role
from people.tests import factories as people

pytestmark = pytest.mark.django_db
NIGHT = factories.NIGHT
PULL = "https://github.com/mattermost/mattermost/pull/29190"


def test_the_fix_moves_on_and_the_step_of_the_same_name_is_done_with_it() -> None:
    row, by = factories.incident(), people.person(Role.ENGINEER)
    told = Moved(PatchState.DONE, url=PULL)
    assert move_patch(incident=row, stage=PatchStage.PULL_REQUEST, moved=told, by=by, at=NIGHT)
    assert not move_patch(incident=row, stage=PatchStage.PULL_REQUEST, moved=told, by=by, at=NIGHT)
    assert row.steps.get(key="pull-request").state == StepState.DONE
    line = IncidentEvent.objects.get(incident=row, what=What.PATCH)
    assert (line.to_value, line.url) == ("Pull request: done", PULL)
    first, second = patch_of(row)[:2]
    assert (first.short, first.now, second.now) == ("#29190", False, True)


def test_nothing_goes_to_a_customers_production_that_nobody_there_approved() -> None:
    row, by = factories.incident(), people.person(Role.ENGINEER)
    told = Moved(PatchState.UNDER_WAY, version="10.4.3")
    with pytest.raises(Refused, match="who at the customer approved it"):
        move_patch(incident=row, stage=PatchStage.PRODUCTION, moved=told, by=by, at=NIGHT)
    signed = Moved(PatchState.UNDER_WAY, version="10.4.3", approver="Alice Evans, SVP")
    move_patch(incident=row, stage=PatchStage.PRODUCTION, moved=signed, by=by, at=NIGHT)
    part = row.patch.get(stage=PatchStage.PRODUCTION)
    assert (part.approver, part.approved_at) == ("Alice Evans, SVP", NIGHT)
    assert IncidentEvent.objects.get(incident=row, what=What.PATCH).to_value == (
        "Production: under way, 10.4.3, approved by Alice Evans, SVP"
    )


def test_the_step_of_a_customers_production_is_not_done_either_without_that_name(client: Client) -> None:
    row, by = factories.incident(), people.person(Role.ENGINEER)
    client.force_login(by)
    with pytest.raises(Refused, match="who at the customer approved it"):
        steps.finish_step(incident=row, key="production", by=by, at=NIGHT)
    assert row.steps.get(key="production").state == StepState.OPEN
    part = f"/incidents/I-{row.pk}/patch/production/"
    for path, lead in (("steps/production/", 'name="do" value="approve"'), ("playbook/", f'href="{part}">')):
        page = client.get(f"/incidents/I-{row.pk}/{path}").content.decode()
        assert (lead in page, "steps/production/done/" in page) == (True, False)
    asked = client.post(f"/incidents/I-{row.pk}/steps/production/", {"do": "approve", "note": "Asked"})
    assert (asked["Location"], row.steps.get(key="production").note) == (part, "Asked")
    signed = Moved(PatchState.WAITING, approver="Alice Evans, SVP")
    move_patch(incident=row, stage=PatchStage.PRODUCTION, moved=signed, by=by, at=NIGHT)
    assert "steps/production/done/" in client.get(f"/incidents/I-{row.pk}/playbook/").content.decode()
    steps.finish_step(incident=row, key="production", by=by, at=NIGHT)
    assert row.patch.get(stage=PatchStage.PRODUCTION).state == PatchState.DONE


def test_a_part_that_was_set_back_opens_its_step_again_and_one_that_is_not_needed_skips_it() -> None:
    row, by = factories.incident(), people.person(Role.ENGINEER)

    def moved(state: PatchState, note: str = "") -> tuple[str, str]:
        move_patch(incident=row, stage=PatchStage.CANDIDATE, moved=Moved(state, note=note), by=by, at=NIGHT)
        step = row.steps.get(key="candidate")
        return step.state, step.reason

    assert moved(PatchState.UNDER_WAY) == (StepState.OPEN, "")
    assert moved(PatchState.DONE) == (StepState.DONE, "")
    assert moved(PatchState.UNDER_WAY) == (StepState.OPEN, "")
    last = IncidentEvent.objects.filter(incident=row, what=What.PATCH).latest("pk")
    assert last.to_value == "Release candidate: under way: “Cut the release candidate” is open again"
    assert moved(PatchState.NOT_NEEDED, "A hotfix from master") == (StepState.SKIPPED, "A hotfix from master")
    assert moved(PatchState.WAITING) == (StepState.OPEN, "")


def test_a_part_goes_along_with_its_step() -> None:
    row, by = factories.incident(), people.person(Role.ENGINEER)

    def part() -> str:
        return row.patch.get(stage=PatchStage.CHERRY_PICK).state

    steps.finish_step(incident=row, key="cherry-pick", by=by, at=NIGHT)
    assert part() == PatchState.DONE
    steps.open_step(incident=row, key="cherry-pick", by=by, at=NIGHT)
    assert part() == PatchState.WAITING
    steps.skip_step(incident=row, key="cherry-pick", reason="From master", by=by, at=NIGHT)
    assert part() == PatchState.NOT_NEEDED
    told = Moved(PatchState.DONE, version="10.4.3")
    move_patch(incident=row, stage=PatchStage.CHERRY_PICK, moved=told, by=by, at=NIGHT)
    assert row.steps.get(key="cherry-pick").state == StepState.DONE
    steps.open_step(incident=row, key="cherry-pick", by=by, at=NIGHT)
    assert part() == PatchState.UNDER_WAY


def test_our_own_server_needs_nobodys_approval() -> None:
    row = factories.incident(kind=Kind.COMMUNITY, customers=())
    told = Moved(PatchState.DONE)
    by = people.person(Role.ENGINEER)
    assert move_patch(incident=row, stage=PatchStage.PRODUCTION, moved=told, by=by, at=NIGHT)
    other = factories.incident(kind=Kind.COMMUNITY, customers=())
    assert steps.finish_step(incident=other, key="production", by=by, at=NIGHT).state == StepState.DONE


def test_an_approval_has_a_name_and_lies_behind_us() -> None:
    row, by = factories.incident(), people.person(Role.ENGINEER)
    nameless = Moved(PatchState.WAITING, approved_at=NIGHT)
    ahead = Moved(PatchState.WAITING, approver="Alice", approved_at=NIGHT + timedelta(hours=1))
    for told, words in ((nameless, "who at the customer"), (ahead, "in the future")):
        with pytest.raises(Refused, match=words):
            move_patch(incident=row, stage=PatchStage.STAGING, moved=told, by=by, at=NIGHT)


def test_the_page_of_a_part_says_at_the_field_what_is_wrong(client: Client) -> None:
    row = factories.incident()
    client.force_login(people.person(Role.ENGINEER))
    path = f"/incidents/I-{row.pk}/patch/production/"
    assert b"approved_on" in client.get(path).content
    assert b"nothing goes to their production" in client.post(path, {"state": "done"}).content
    half = client.post(path, {"state": "done", "approver": "Alice", "approved_on": "2026-11-17"})
    assert "the day and the time" in half.content.decode()
    assert client.post(path, {"state": "done", "url": "javascript:alert(1)"}).status_code == 422
    whole = {"state": "done", "approver": "Alice", "approved_on": "2026-11-17", "approved_time": "04:00"}
    saved = client.post(path, whole)
    assert saved["Location"] == f"/incidents/I-{row.pk}/patch/"
    assert b"Approved by Alice" in client.get(saved["Location"]).content
    assert client.get(f"/incidents/I-{row.pk}/patch/elsewhere/").status_code == 404


def test_two_who_move_a_part_at_once_see_each_other(client: Client) -> None:
    row = factories.incident()
    client.force_login(people.person(Role.ENGINEER))
    path = f"/incidents/I-{row.pk}/patch/candidate/"
    form = {"state": "under_way", "version": "10.4.3-rc1", "seen": client.get(path).context["seen"]}
    assert client.post(path, form).status_code == 302
    stale = client.post(path, form | {"version": "10.4.3-rc2"})
    assert (stale.status_code, "under way; 10.4.3-rc1" in stale.content.decode()) == (422, True)
    again = client.post(path, form | {"version": "10.4.3-rc2", "seen": stale.context["seen"]})
    assert (again.status_code, row.patch.get(stage="candidate").version) == (302, "10.4.3-rc2")


def test_who_only_reads_sees_the_way_and_moves_nothing(client: Client) -> None:
    row = factories.incident()
    client.force_login(people.person(Role.VIEWER))
    assert client.get(f"/incidents/I-{row.pk}/patch/").status_code == 200
    assert client.post(f"/incidents/I-{row.pk}/patch/pull_request/", {"state": "done"}).status_code == 403


def test_somebody_else_does_not_approve_at_the_time_of_whoever_did_before(client: Client) -> None:
    row = factories.incident()
    client.force_login(people.person(Role.ENGINEER))
    path = f"/incidents/I-{row.pk}/patch/staging/"
    alice = {"state": "waiting", "approver": "Alice", "approved_on": "2026-11-17", "approved_time": "04:00"}
    client.post(path, alice)
    before = row.patch.get(stage=PatchStage.STAGING).approved_at
    client.post(path, alice | {"version": "10.4.3"})
    assert row.patch.get(stage=PatchStage.STAGING).approved_at == before
    client.post(path, alice | {"approver": "Bob"})
    part = row.patch.get(stage=PatchStage.STAGING)
    assert (part.approver, part.approved_at == part.at) == ("Bob", True)
    assert before is not None
    assert part.approved_at is not None
    assert part.approved_at > before
    client.post(path, alice | {"approver": "Bob"})
    assert row.patch.get(stage=PatchStage.STAGING).approved_at == before


def test_of_several_customers_each_approves_for_themselves_and_the_step_waits_for_all(client: Client) -> None:
    first, second = customers.customer(name="Initech"), customers.customer(name="Umbrella")
    row, by = factories.incident(customer=first), people.person(Role.ENGINEER)
    client.force_login(by)
    assert [line.label for line in patch_of(row)][-1] == "Production"
    changing.add_customer(incident=row, customer=second, by=by, at=NIGHT)
    assert [line.label for line in patch_of(row)][-2:] == ["Production, Initech", "Production, Umbrella"]
    page = client.get(f"/incidents/I-{row.pk}/patch/").content.decode()
    path = f"/incidents/I-{row.pk}/patch/production/?customer={first.slug}"
    assert f'href="{path}"' in page
    saved = client.post(path, {"state": "done", "approver": "Bill"}, follow=True)
    assert b"Production, Initech: saved" in saved.content
    step = row.steps.get(key="production")
    assert step.state == StepState.OPEN
    with pytest.raises(Refused, match="who at the customer approved it"):
        steps.finish_step(incident=row, key="production", by=by, at=NIGHT)
    lead = client.get(f"/incidents/I-{row.pk}/patch/production/").content.decode()
    assert "<h1>Production, Umbrella</h1>" in lead  # without a name the one that is left to do
    told = Moved(PatchState.DONE, approver="Alice Wesker")
    move_patch(incident=row, stage=PatchStage.PRODUCTION, moved=told, by=by, at=NIGHT, customer=second)
    step.refresh_from_db()
    assert step.state == StepState.DONE
    assert IncidentEvent.objects.filter(incident=row, what=What.PATCH).latest("pk").to_value == (
        "Production, Umbrella: done, approved by Alice Wesker"
    )
    changing.add_customer(incident=row, customer=customers.customer(name="Weyland"), by=by, at=NIGHT)
    step.refresh_from_db()
    assert step.state == StepState.OPEN
    assert IncidentEvent.objects.get(incident=row, what=What.STEP_OPENED).to_value == (
        "Open again, it concerns one more customer: Upgrade production"
    )
    changing.remove_customer(incident=row, customer=Customer.objects.get(name="Weyland"), by=by, at=NIGHT)
    changing.remove_customer(incident=row, customer=second, by=by, at=NIGHT)
    last = patch_of(row)[-1]
    assert (last.label, last.approver) == ("Production", "Bill")
    with pytest.raises(Refused, match="does not concern them"):
        move_patch(incident=row, stage=PatchStage.PRODUCTION, moved=told, by=by, at=NIGHT, customer=second)


def test_a_customer_who_comes_by_a_merge_has_an_approver_and_two_that_are_one_have_one() -> None:
    first, second = customers.customer(name="Initech"), customers.customer(name="Umbrella")
    row, other, by = factories.incident(customer=first), factories.incident(customer=second), people.person(Role.LEAD)
    merge(incident=other, into=row, reason="One database", by=by, at=NIGHT)
    assert len(patch_of(row)) == len(PatchStage) + 2
    told = Moved(PatchState.UNDER_WAY, approver="Bill")
    move_patch(incident=row, stage=PatchStage.PRODUCTION, moved=told, by=by, at=NIGHT, customer=first)
    give_incidents(gone=second, stays=first, by=by, at=NIGHT)
    assert len(patch_of(row)) == len(PatchStage)
    assert patch_of(row)[-1].approver == "Bill"
    assert patch_of(other)[-1].customer == first


def test_a_customer_whom_our_own_servers_outage_concerns_too_has_a_part_beside_ours(client: Client) -> None:
    row, by = factories.incident(kind=Kind.COMMUNITY, customers=()), people.person(Role.ENGINEER)
    client.force_login(by)
    changing.add_customer(incident=row, customer=customers.customer(name="Initech"), by=by, at=NIGHT)
    lines = [line for line in patch_of(row) if line.stage == PatchStage.PRODUCTION]
    assert [line.label for line in lines] == ["Production", "Production, Initech"]
    for line in (*lines, lines[0]):  # the first is reached when it is done, too
        path = f"/incidents/I-{row.pk}/patch/production/{line.query}"
        for state in ("under_way", "done"):
            page = client.get(path)
            assert f"<h1>{line.label}</h1>" in page.content.decode()
            assert client.post(path, {"state": state, "seen": page.context["seen"]}).status_code == 302
    parts = row.patch.filter(stage=PatchStage.PRODUCTION).values_list("state", flat=True)
    assert list(parts) == [PatchState.DONE, PatchState.DONE]


def test_a_step_opens_again_for_whoever_has_come_and_not_for_those_it_was_done_for() -> None:
    abc, umbrella = customers.customer(name="ABC"), customers.customer(name="Umbrella")
    row, by = factories.incident(customer=abc), people.person(Role.LEAD)
    row.steps.filter(key="production").update(state=StepState.DONE, done_at=NIGHT)  # before parts followed their steps
    merge(incident=factories.incident(customer=abc), into=row, reason="The same", by=by, at=NIGHT)
    assert row.steps.get(key="production").state == StepState.DONE
    assert not IncidentEvent.objects.filter(incident=row, what=What.STEP_OPENED).exists()
    for _ in range(2):  # whoever was taken off and comes again has come, too
        changing.add_customer(incident=row, customer=umbrella, by=by, at=NIGHT)
        assert row.steps.get(key="production").state == StepState.OPEN
        changing.remove_customer(incident=row, customer=umbrella, by=by, at=NIGHT)
        row.steps.filter(key="production").update(state=StepState.DONE, done_at=NIGHT)
    merge(incident=factories.incident(customer=umbrella), into=row, reason="The same", by=by, at=NIGHT)
    assert row.steps.get(key="production").state == StepState.OPEN


def test_the_line_of_a_step_names_the_customers_whose_parts_go_along_with_it() -> None:
    first, second = customers.customer(name="Initech"), customers.customer(name="Umbrella")
    row, by = factories.incident(customer=first), people.person(Role.ENGINEER)

    def said() -> str:
        return IncidentEvent.objects.filter(incident=row, step__key="staging").latest("pk").to_value

    title = row.steps.get(key="staging").title
    steps.finish_step(incident=row, key="staging", by=by, at=NIGHT)
    assert said() == f"Done: {title}"
    changing.add_customer(incident=row, customer=second, by=by, at=NIGHT)
    steps.finish_step(incident=row, key="staging", by=by, at=NIGHT)
    assert said() == f"Done: {title} (Umbrella)"
    steps.open_step(incident=row, key="staging", by=by, at=NIGHT)
    assert said() == f"Opened again: {title} (Initech, Umbrella)"
    steps.skip_step(incident=row, key="staging", reason="They have none", by=by, at=NIGHT)
    assert said() == f"Skipped: {title} (Initech, Umbrella)"
