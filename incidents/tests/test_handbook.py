"""What the handbook says of Sev1 outages stands here as data, line by line (related-facts, "Sev1 playbook"; "Status
Update Template")."""

import pytest

from incidents.actions.handbook import load_incidents
from incidents.actions.playbook import current_playbook
from incidents.choices import PatchStage, Severity, StepKind
from incidents.models import IncidentStatus
from incidents.queries.settings import bounds, cadence
from incidents.rules.updates.times import NAMES
from incidents.tests.factories import NIGHT

pytestmark = pytest.mark.django_db

# Its stages, and a word of each step in its order.
PLAYBOOK = {
    "Escalation": ["channel", "CSM, TAM and Deployment Engineering", "audio and screen share", "Reply", "CEO"],
    "Data gathering": ["System information", "Grafana", "Support bundle", "Slow query logs", "Pin it all"],
    "Data review": ["Settings that affect performance", "Screenshots", "Support bundle", "Slow queries",
                    "Summary of findings", "Reply"],
    "Code investigation": ["Area of the code", "Root cause", "Solution", "Pull request", "Steps for QA", "Reply"],
    "Release preparation": ["Merge", "Cherry-pick", "Cut the release candidate", "Verify the candidate",
                            "Cut the dot release", "Reply"],
    "Deployment": ["Send the binary", "staging", "Verify on staging", "Upgrade production", "Verify in production",
                   "Reply"],
    "Resolution": ["Watch for 24 hours", "customer confirms", "Reply"],
    "Retrospective": ["Hold the retrospective", "Draft the summary analysis", "Send it to the customer", "Reply"],
}


def test_the_playbook_has_the_handbooks_stages_and_steps_in_its_order() -> None:
    stages = current_playbook(NIGHT).stages
    assert [stage["title"] for stage in stages] == list(PLAYBOOK)
    for stage in stages:
        words = PLAYBOOK[stage["title"]]
        titles = [step["title"] for step in stage["steps"]]
        assert len(titles) == len(words)
        assert [word for word, title in zip(words, titles, strict=True) if word not in title] == []
        assert stage["entry"] and stage["exit"]


def test_replies_name_the_resolution_from_stage_3_to_6_and_every_stage_but_the_second_replies() -> None:
    stages = list(enumerate(current_playbook(NIGHT).stages, start=1))
    assert [number for number, stage in stages if stage.get("timeline")] == [3, 4, 5, 6]
    replies = [number for number, stage in stages for step in stage["steps"] if step.get("kind") == StepKind.REPLY]
    assert replies == [1, 3, 4, 5, 6, 7, 8]


def test_what_comes_after_is_due_within_one_two_and_three_business_days() -> None:
    steps = {step["key"]: step for stage in current_playbook(NIGHT).stages for step in stage["steps"]}
    assert {key: step["days"] for key, step in steps.items() if step.get("days")} == {
        "held": 1, "analysis": 2, "sent": 3, "reply-8": 3}
    assert {stage.value.replace("_", "-") for stage in PatchStage} <= set(steps)
    found = {key: step["evidence"] for key, step in steps.items() if step.get("evidence")}
    assert found == {"system": "configuration", "grafana": "screenshot", "bundle": "bundle",
                     "slow-queries": "slow_queries"}


def test_the_statuses_the_cadence_of_a_sev1_and_the_hour_of_the_executive_are_the_handbooks() -> None:
    load_incidents(at=NIGHT)
    rows = list(IncidentStatus.objects.order_by("position"))
    assert [row.name for row in rows] == ["Investigating", "Identified", "Fix in progress", "Monitoring", "Resolved"]
    assert [row.name for row in rows if row.stops] == ["Monitoring", "Resolved"]
    assert [row.name for row in rows if row.resolves] == ["Resolved"]
    sev1 = cadence(Severity.SEV1)
    assert (sev1.first, sev1.then) == (15, 30)
    assert [cadence(one).then for one in Severity] == sorted(cadence(one).then for one in Severity)
    assert (bounds().executive_after, bounds().watch) == (60, 24)
    assert {NAMES[zone] for zone in ("America/New_York", "America/Toronto")} == {"ET"}
