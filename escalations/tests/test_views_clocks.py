"""What is promised: read by who raises escalations, edited by who leads them, version after version."""

from typing import Any

import pytest
from django.test import Client

from escalations.actions.base import Refused
from escalations.actions.clocks import settle_clocks
from escalations.actions.matrix import current_matrix, load_clocks, write_matrix
from escalations.choices import ClockKind, Level, Unit
from escalations.forms.clocks import MatrixForm, name_of
from escalations.models import Clock, ClockMatrix
from escalations.rules.clocks.matrix import keys, promises_from_json
from escalations.rules.clocks.promises import Promise
from escalations.tests import factories as make
from people.choices import Role
from people.models import Person
from people.tests import factories as people
from portal.tests.together import done_together

pytestmark = pytest.mark.django_db

PAGE, EDIT = "/escalations/clocks/", "/escalations/clocks/edit/"
NOON = make.NOON


def signed_in(client: Client, *roles: Role) -> Person:
    person = people.person(*roles)
    client.force_login(person)
    return person


def typed(**changes: str) -> dict[str, str]:
    """The form as it is opened, with a reason, and these changes."""
    matrix = current_matrix(NOON)
    form = MatrixForm(matrix=matrix)
    given = {name: str(form[name].value() or "") for name in form.fields}
    return given | {"note": "Agreed with support", "seen": str(matrix.number), "step": "save"} | changes


def test_who_raises_escalations_reads_what_is_promised(client: Client, django_assert_max_num_queries: Any) -> None:
    load_clocks(at=NOON)
    signed_in(client, Role.SUPPORT)
    with django_assert_max_num_queries(10):
        page = client.get(PAGE).content.decode()
    assert "Version 1, which holds for clocks that begin now" in page
    assert page.count("<caption") == 3
    assert 'title="1 business day"' in page
    assert EDIT not in page


def test_who_does_not_lead_edits_nothing(client: Client) -> None:
    signed_in(client, Role.ENGINEER)
    assert client.get(EDIT).status_code == 403
    assert client.post(EDIT, typed()).status_code == 403
    signed_in(client, Role.VIEWER)
    assert client.get(PAGE).status_code == 403


def test_an_edit_is_another_version_for_clocks_that_begin_from_then_on(client: Client) -> None:
    before = make.escalation(level=Level.L2)
    lead = signed_in(client, Role.LEAD)
    answer = client.post(EDIT, typed(**{"first_reply-premier-2": "1 h", "lead-2": "15"}), follow=True)
    assert "Version 2 holds for clocks that begin from now on" in answer.content.decode()
    row = ClockMatrix.objects.get(number=2)
    assert (row.by, row.note, row.shipped, row.lead_after["2"]) == (lead, "Agreed with support", 0, 15)
    assert Clock.objects.get(escalation=before, kind="first_reply").amount == 2
    settle_clocks(escalation=before, at=NOON)
    assert Clock.objects.get(escalation=before, kind="first_reply").amount == 2
    begun = make.escalation(level=Level.L2).clocks.get(kind="first_reply")
    assert (begun.amount, begun.lead_after, begun.matrix) == (1, 15, row)


def test_the_history_says_what_each_version_changed_and_shows_it(client: Client) -> None:
    signed_in(client, Role.LEAD)
    client.post(EDIT, typed(**{"update-e20-2": "", "lead-4": "90"}))
    page = client.get(PAGE).content.decode()
    assert "Daily update, E20, L2: 24 h → none" in page
    assert "The lead is told of a missed L4 after 60 → 90 min" in page
    old = client.get(PAGE, {"version": "1"}).content.decode()
    assert "An older version" in old
    for wrong in ("7", "x", "1\x00", "9" * 40):
        assert client.get(PAGE, {"version": wrong}).status_code == 404


def test_what_changes_can_be_seen_before_it_is_saved(client: Client) -> None:
    signed_in(client, Role.LEAD)
    page = client.post(EDIT, typed(**{"next_reply-none-4": "3 bd", "step": "check", "note": ""})).content.decode()
    assert "Next reply, No plan, L4: 24 h → 3 bd" in page
    assert ClockMatrix.objects.count() == 1


@pytest.mark.parametrize(("text", "why"), [
    ("soon", "Write a number and h, bh or bd"), ("0 h", "Between 1 and 720 hours"), ("31 bd", "Between 1 and 30"),
    ("-4 h", "Write a number"), ("4,5 h", "Write a number"), ("١ h", "Write a number"), ("1 h\x00", "Null characters"),
    ("9" * 13, "at most 12 characters"), ("", "A first reply is promised to everybody"), ("<b>", "Write a number"),
])
def test_what_is_no_promise_is_said_beside_it_and_nothing_is_saved(client: Client, text: str, why: str) -> None:
    signed_in(client, Role.LEAD)
    answer = client.post(EDIT, typed(**{"first_reply-enterprise-1": text}))
    assert answer.status_code == 422
    assert why in answer.content.decode()
    assert ClockMatrix.objects.count() == 1


def test_a_version_needs_a_reason_and_a_difference(client: Client) -> None:
    signed_in(client, Role.LEAD)
    assert client.post(EDIT, typed(note=" ")).status_code == 422
    assert "Nothing is different" in client.post(EDIT, typed()).content.decode()
    assert client.post(EDIT, {"step": "save"}).status_code == 422
    assert ClockMatrix.objects.count() == 1


def test_who_edited_an_older_version_is_told_what_changed_meanwhile_and_may_save_then(client: Client) -> None:
    signed_in(client, Role.LEAD)
    mine = typed(**{"first_reply-premier-1": "30 bh"})
    client.post(EDIT, typed(**{"first_reply-e20-1": "5 h"}))
    answer = client.post(EDIT, mine)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Somebody else saved version 2 meanwhile" in page
    assert "First reply, E20, L1: 4 h → 5 h" in page
    assert 'value="30 bh"' in page
    assert client.post(EDIT, mine | {"seen": "2"}).status_code == 302
    assert ClockMatrix.objects.count() == 3


def test_the_handbook_is_loaded_once_and_again_only_over_an_older_one_that_nobody_edited(tmp_path: Any) -> None:
    ClockMatrix.objects.all().delete()
    assert [load_clocks(at=NOON), load_clocks(at=NOON)] == [1, 0]
    newer = tmp_path / "clocks.toml"
    newer.write_text('version = 2\n[lead_after]\nL1 = 5\n[first_reply]\nnone = { L1 = "9 bh" }\n')
    assert load_clocks(at=NOON, path=newer) == 1
    row = ClockMatrix.objects.get(number=2)
    assert promises_from_json(row.promises) == {
        (ClockKind.FIRST_REPLY, "", 1): Promise(9, Unit.BUSINESS_HOURS),
    }
    by = people.person(Role.LEAD)
    write_matrix(promises={}, lead_after={}, seen=2, note="none", by=by, at=NOON)
    newer.write_text('version = 3\n[lead_after]\n[first_reply]\n')
    assert load_clocks(at=NOON, path=newer) == 0


def test_every_promise_of_the_handbook_has_its_field() -> None:
    form = MatrixForm(matrix=current_matrix(NOON))
    assert {name_of(key) for key in keys()} < set(form.fields)
    assert len(promises_from_json(current_matrix(NOON).promises)) == 6 * 4 * 2 + 6 * 2


@pytest.mark.django_db(transaction=True)
def test_two_who_save_at_once_write_one_version_and_the_other_is_told() -> None:
    load_clocks(at=NOON)
    by = people.person(Role.LEAD)

    def save(hours: int) -> int:
        told = promises_from_json(ClockMatrix.objects.get(number=1).promises)
        told[ClockKind.FIRST_REPLY, "e20", 1] = Promise(hours, Unit.HOURS)
        return write_matrix(promises=told, lead_after={}, seen=1, note="at once", by=by, at=NOON).number

    done, failed = done_together(lambda: save(5), lambda: save(6), lambda: save(7))
    assert done == [2]
    assert [type(each) for each in failed] == [Refused, Refused]
