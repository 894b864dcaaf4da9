"""The playbook in an incident: steps, stages, the executive's hour."""

from datetime import timedelta

import pytest
from django.test import Client

from incidents.actions import steps
from incidents.actions.base import Refused
from incidents.choices import StepState, What
from incidents.models import IncidentEvent
from incidents.queries.playbook import playbook_of
from incidents.tests import factories
from people.choices import Role
from people.tests import factories as people

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


def test_a_click_answers_with_the_pane_and_a_way_back(client: Client) -> None:
    row, by = factories.incident(), people.person(Role.ENGINEER)
    client.force_login(by)
    answer = client.post(f"/incidents/I-{row.pk}/steps/channel/done/", headers={"HX-Request": "true"})
    assert b"1 of 41 steps" in answer.content
    assert f"/incidents/I-{row.pk}/steps/channel/open/" in answer["HX-Trigger"]
    plain = client.post(f"/incidents/I-{row.pk}/steps/people/done/")
    assert plain["Location"] == f"/incidents/I-{row.pk}/#playbook"


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
