"""What must not leave any more, or has nothing that anybody could read."""

import pytest

from incidents.actions import approvals
from incidents.actions.base import Refused
from incidents.actions.merging import merge
from incidents.actions.sending import send
from incidents.choices import ApprovalState
from incidents.models import Approval, Target, UpdateDelivery
from incidents.tests import factories
from incidents.tests.test_public import told
from people.choices import Role
from people.tests import factories as people

pytestmark = pytest.mark.django_db


def test_what_waited_for_a_second_person_when_it_was_merged_promises_no_customer_anything() -> None:
    row, other, by = factories.incident(), factories.incident(), people.person(Role.ENGINEER)
    version = told(row, by).versions.get()
    send(version=version, targets=Target.objects.filter(incident=row), at=version.at)
    waits = UpdateDelivery.objects.filter(version=version, waits=True)
    assert waits.exists()
    merge(incident=row, into=other, reason="the same outage", by=by, at=version.at)
    approval = Approval.objects.get(version=version)
    assert approval.state == ApprovalState.OVERTAKEN and not waits.exists()
    assert row.events.filter(to_value__startswith="What waited for a second person is not sent").count() == 1
    with pytest.raises(Refused, match="newer has taken its place"):
        approvals.approve(approval=approval, by=people.person(Role.LEAD), at=version.at)


def test_an_update_of_which_nobody_could_read_anything_is_refused() -> None:
    row, by = factories.incident(), people.person(Role.ENGINEER)
    with pytest.raises(Refused, match="Write a summary"):
        told(row, by, summary="\u200b \u2060")
    assert told(row, by, summary="🔥").number == 1
