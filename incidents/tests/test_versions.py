"""The playbook as versions: what is different, what is refused, and editing it."""

import re
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from incidents.actions.base import Refused
from incidents.actions.playbook import current_playbook
from incidents.actions.versions import write_playbook
from incidents.forms.versions import PlaybookForm
from incidents.models import PlaybookVersion
from incidents.rules.playbook import differences, due_of, due_text, faults, key_for
from incidents.tests import factories
from people.choices import Role
from people.tests import factories as people

NIGHT = factories.NIGHT


def stage(title: str, *titles: str, **more: Any) -> dict[str, Any]:
    steps = [{"key": one.lower(), "title": one, "kind": "do"} for one in titles]
    return {"key": title.lower(), "title": title, "entry": "", "exit": "", "timeline": False, "steps": steps} | more


CEO = stage("Long", steps=[{"key": "ceo", "title": "CEO", "kind": "executive"}])


@pytest.mark.parametrize(("text", "due"), [
    ("15 min", (15, None)), ("15m", (15, None)), ("2 h", (120, None)), ("3 bd", (None, 3)), ("", (None, None)),
])
def test_a_due_time_is_read_as_people_type_it_and_written_back(text: str, due: tuple[int | None, int | None]) -> None:
    assert due_of(text) == due
    assert due_of(due_text({"minutes": due[0], "days": due[1]})) == due


@given(minutes=st.integers(1, 7 * 24 * 60), days=st.integers(1, 60))
def test_every_due_time_that_can_be_kept_comes_back_as_it_was(minutes: int, days: int) -> None:
    assert due_of(due_text({"minutes": minutes})) == (minutes, None)
    assert due_of(due_text({"days": days})) == (None, days)


@given(order=st.permutations(["A", "B", "C", "D"]))
def test_another_order_is_the_only_thing_that_is_told_of_another_order(order: list[str]) -> None:
    old, new = [stage("Data", "A", "B", "C", "D")], [stage("Data", *order)]
    told = differences(old, new)
    assert told == (() if order == ["A", "B", "C", "D"] else ("Data: the steps stand in another order",))


@given(titles=st.lists(st.text(max_size=60), max_size=8))
def test_whatever_something_is_called_it_gets_a_key_of_its_own(titles: list[str]) -> None:
    taken = set[str]()
    for title in titles:
        key = key_for(title, taken)
        assert re.fullmatch("[a-z0-9-]{1,40}", key)
        assert key not in taken
        taken.add(key)


@pytest.mark.parametrize("text", ["soon", "15", "0 min", "99 bd", "99999 h", "-1 h"])
def test_a_due_time_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        due_of(text)


def test_what_a_version_says_otherwise_is_told_in_words() -> None:
    old = [stage("Data", "Bundle", "Logs"), stage("Code", "Cause")]
    new = [stage("Code", "Cause", "Solution", timeline=True), stage("Data", "Logs", exit="All is pinned.")]
    assert differences(old, new) == (
        "The stages stand in another order", "Code: replies name the expected resolution", "Data ends: All is pinned.",
        "Taken out of Data: Bundle", "New in Code: Solution",
    )
    assert differences(old, old) == ()


def test_a_playbook_that_nobody_could_work_by_is_refused() -> None:
    assert faults([]) == ["A playbook has a stage at least."]
    assert faults([stage("Data"), CEO]) == ["Data has no step."]
    twice = [{"key": f"e{one}", "title": "CEO", "kind": "executive"} for one in (1, 2)]
    assert faults([stage("Data", steps=twice)]) == ["The executive is told in one step, not in two."]
    assert faults([stage("Data", "x")]) == ["One step has the executive told of a long outage: leave it in."]
    assert len(faults([*(stage(f"S{one}", "x") for one in range(12)), CEO])) == 1


def test_a_key_is_of_letters_and_nobody_elses() -> None:
    assert key_for("Überprüfen: what now?", ()) == "uberprufen-what-now"
    assert key_for("Merge", {"merge", "merge-2"}) == "merge-3"
    assert key_for("确认", ()) == "step"


@pytest.mark.django_db
def test_the_form_gives_back_what_it_was_drawn_from() -> None:
    held = current_playbook(NIGHT)
    form = PlaybookForm(posted(held), stages=held.stages, number=held.number)
    assert form.is_valid()
    assert differences(held.stages, form.stages) == ()


@pytest.mark.django_db
def test_a_name_that_somebody_made_up_makes_no_key() -> None:
    held = current_playbook(NIGHT)
    data = posted(held) | {"stages": "s-a/b s-data", "s-a/b-title": "Odd", "s-a/b-steps": "s-a/b-x! s-a/b-x!",
                           "s-a/b-x!-title": "Step"}
    form = PlaybookForm(data, stages=held.stages, number=held.number)
    keys = [one["key"] for one in form.stages] + [step["key"] for one in form.stages for step in one["steps"]]
    assert len(keys) == len(set(keys))
    assert all(re.fullmatch("[a-z0-9-]+", key) for key in keys)


@pytest.mark.django_db
def test_an_incident_keeps_the_version_it_began_with_and_the_next_begins_with_the_new_one() -> None:
    first = factories.incident()
    by = people.person(Role.COORDINATOR)
    made = write_playbook(stages=[stage("All", "One", "Two"), CEO], seen=1, note="Short", by=by, at=NIGHT)
    second = factories.incident()
    assert (first.playbook.number, first.steps.count()) == (1, 41)
    assert (second.playbook, second.steps.count()) == (made, 3)


@pytest.mark.django_db
def test_two_who_edit_at_once_see_each_other() -> None:
    current_playbook(NIGHT)
    by = people.person(Role.COORDINATOR)
    write_playbook(stages=[stage("All", "One"), CEO], seen=1, note="", by=by, at=NIGHT)
    with pytest.raises(Refused, match="Somebody else saved version 2"):
        write_playbook(stages=[stage("All", "Two"), CEO], seen=1, note="", by=by, at=NIGHT)
    with pytest.raises(Refused, match="Nothing is different"):
        write_playbook(stages=[stage("All", "One"), CEO], seen=2, note="", by=by, at=NIGHT)


def posted(version: PlaybookVersion) -> dict[str, str]:
    """The form of a version as a browser sends it when nothing was typed."""
    form = PlaybookForm(None, stages=version.stages, number=version.number)
    data = {"seen": str(version.number), "stages": " ".join(row.name for row in form.rows)}
    for row in form.rows:
        data |= {f"{row.name}-{part}": getattr(row, part) for part in ("position", "title", "entry", "exit")}
        data[f"{row.name}-steps"] = " ".join(line.name for line in row.steps)
        data |= {f"{row.name}-timeline": "1"} if row.timeline else {}
        for line in row.steps:
            parts = ("position", "title", "what", "due", "hint")
            data |= {f"{line.name}-{part}": getattr(line, part) for part in parts}
    return data


@pytest.mark.django_db
def test_a_coordinator_sees_what_changes_and_then_saves_it(client: Client) -> None:
    held = current_playbook(NIGHT)
    client.force_login(people.person(Role.COORDINATOR))
    data = posted(held) | {"s-data-bundle-title": "", "s-code-_6-title": "Ask who wrote it", "s-code-_6-due": "30 min"}
    path = "/incidents/playbook/edit/"
    shown = client.post(path, data | {"step": "check"}).content.decode()
    assert "Taken out of Data gathering: Support bundle" in shown
    assert "New in Code investigation: Ask who wrote it" in shown
    assert PlaybookVersion.objects.count() == 1
    wrong = client.post(path, data | {"step": "save", "s-code-_6-due": "soon"})
    assert (wrong.status_code, b"Write 15 min" in wrong.content) == (422, True)
    assert client.post(path, data | {"step": "save", "note": "Less"})["Location"] == "/incidents/playbook/"
    page = client.get("/incidents/playbook/").content.decode()
    assert "2 changes" in page
    assert b"Support bundle" in client.get("/incidents/playbook/?version=1").content
    stale = client.post(path, data | {"step": "save", "s-code-_6-title": "Something else"})
    assert b"Somebody else saved version 2" in stale.content
    assert b"Something else" in stale.content


@pytest.mark.django_db
def test_everybody_reads_the_playbook_and_only_coordinators_edit_it(client: Client) -> None:
    current_playbook(NIGHT)
    client.force_login(people.person(Role.ENGINEER))
    assert b"Data gathering" in client.get("/incidents/playbook/").content
    assert client.get("/incidents/playbook/edit/").status_code == 403
    assert client.get("/incidents/playbook/?version=9").status_code == 404
