"""Updates, drafts and approvals at the same moment."""

import threading
from functools import partial

import pytest
from django.db import transaction

from incidents.actions import approvals
from incidents.actions.base import Refused
from incidents.actions.drafts import keep_draft
from incidents.actions.targets import default_targets
from incidents.actions.updates import Overtaken, correct, publish
from incidents.choices import ApprovalState, TargetKind
from incidents.models import Approval, Promise, Target, Update, UpdateDraft
from incidents.tests import factories
from incidents.tests.test_updates import MINUTE, NIGHT, engineer, given
from portal.tests.patience import PATIENCE, until
from portal.tests.together import somebody_waits, together

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_commanders_who_publish_in_the_same_second_one_wins_and_the_others_are_shown_it() -> None:
    row = factories.incident()
    people = [engineer(f"Person {number} Moreau") for number in range(3)]
    faults = together(*(partial(publish, incident=row, given=given(), by=by, at=NIGHT + MINUTE) for by in people))
    assert [type(fault) for fault in faults] == [Overtaken, Overtaken]
    assert Update.objects.filter(incident=row).count() == 1
    assert Promise.objects.filter(incident=row).count() == 2


def test_the_same_form_sent_several_times_at_once_is_one_update() -> None:
    row, by, told = factories.incident(), engineer(), given()
    assert together(*[partial(publish, incident=row, given=told, by=by, at=NIGHT + MINUTE)] * 3) == []
    assert Update.objects.filter(incident=row).count() == 1


def test_targets_are_made_once_by_whoever_looks_first() -> None:
    row = factories.incident()
    Target.objects.filter(incident=row).delete()
    assert together(*[partial(default_targets, incident=row, at=NIGHT)] * 4) == []
    assert Target.objects.filter(incident=row, kind=TargetKind.STATUS_PAGE).count() == 1


@pytest.mark.parametrize("turn", range(3))
def test_an_approval_and_a_correction_at_once_do_not_wait_for_each_other(turn: int) -> None:
    row, author, second = factories.incident(), engineer(), engineer("Joel Okafor")
    update = publish(incident=row, given=given(), by=author, at=NIGHT + MINUTE)
    old = Approval.objects.get(version__of=update)
    faults = together(
        lambda: approvals.approve(approval=old, by=second, at=NIGHT + 2 * MINUTE),
        lambda: correct(update=update, given=given("One in four.", seen=1), reason="a slip", by=author,
                        at=NIGHT + 2 * MINUTE),
    )
    assert all(isinstance(fault, Refused) for fault in faults)
    old.refresh_from_db()
    assert old.state == (ApprovalState.OVERTAKEN if faults else ApprovalState.APPROVED)
    assert Approval.objects.get(version__of=update, version__number=2).state == ApprovalState.ASKED


def test_a_draft_that_arrives_while_its_update_leaves_does_not_stand_there_again() -> None:
    row, by, told = factories.incident(), engineer(), given()
    keep_draft(incident=row, person=by, values={"summary": "a"}, seen=0, at=NIGHT, key=told.key)
    leaving = threading.Event()

    def send() -> None:
        with transaction.atomic():
            publish(incident=row, given=told, by=by, at=NIGHT + MINUTE)
            leaving.set()
            until(somebody_waits, "the draft does not wait for the end of this")

    def keep() -> None:
        assert leaving.wait(PATIENCE)
        assert keep_draft(incident=row, person=by, values={"summary": "ab"}, seen=0, at=NIGHT, key=told.key) is None

    assert together(send, keep) == []
    assert not UpdateDraft.objects.filter(incident=row).exists()
