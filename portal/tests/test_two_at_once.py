"""Two at once: the lead who maps, the worker who mirrors, the webhook that comes between."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.tests.together import together
from tickets.actions.mapping import map_status, mark_tickets
from tickets.actions.mirror import mirror_issues
from tickets.actions.presence import mark_presence
from tickets.choices import Column, Presence
from tickets.models import JiraStatus, LabelMark, MirroredProject, Ticket
from tickets.rules.reading import FieldIds, IssueFacts, read_issue

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def facts(number: int, *, updated: datetime = AT, status: str = "1", labels: tuple[str, ...] = ()) -> IssueFacts:
    return read_issue({
        "id": str(number), "key": f"MM-{number}",
        "fields": {
            "created": AT.isoformat(), "updated": updated.isoformat(), "summary": f"Number {number}",
            "project": {"key": "MM"}, "labels": list(labels),
            "status": {"id": status, "name": f"Status {status}", "statusCategory": {"key": "new"}},
        },
        "changelog": {"histories": []},
    }, FieldIds())  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_mapping_a_status_and_mirroring_its_tickets_never_block_each_other_for_good() -> None:
    MirroredProject.objects.create(key="MM")
    mirror_issues(issues=[facts(number) for number in range(1, 60)], at=AT, via="poll")
    status = JiraStatus.objects.get(id="1")

    def lead() -> None:
        for turn in range(12):
            map_status(status=status, column=[Column.TODO, Column.SUBMITTED][turn % 2], by=None, at=AT)

    def worker() -> None:
        for turn in range(1, 13):
            later = AT + timedelta(minutes=turn)
            mirror_issues(issues=[facts(number, updated=later) for number in range(59, 0, -1)], at=later, via="poll")

    assert together(lead, worker) == []
    assert set(Ticket.objects.values_list("column", flat=True)) == {JiraStatus.objects.get(id="1").column}


@pytest.mark.django_db(transaction=True)
def test_a_label_that_comes_while_all_tickets_are_marked_again_is_not_undone() -> None:
    MirroredProject.objects.create(key="MM")
    LabelMark.objects.get_or_create(label="customer-bug", defaults={"mark": "customer"})
    mirror_issues(issues=[facts(number) for number in range(1, 400)], at=AT, via="poll")

    def webhooks() -> None:
        for number in range(1, 400, 40):
            later = AT + timedelta(minutes=number)
            mirror_issues(issues=[facts(number, updated=later, labels=("customer-bug",))], at=later, via="webhook")

    assert together(webhooks, mark_tickets, mark_tickets) == []
    marked = Ticket.objects.filter(labels__contains=["customer-bug"])
    assert marked.count() == 10
    assert not marked.filter(is_customer=False).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("late", [timedelta(0), -timedelta(minutes=1)], ids=["the same version", "an older one"])
def test_a_page_read_before_a_deletion_does_not_bring_the_ticket_back(late: timedelta) -> None:
    mirror_issues(issues=[facts(1)], at=AT, via="poll")
    mark_presence(ticket_id=1, presence=Presence.DELETED, at=AT, via="webhook")
    mirror_issues(issues=[facts(1, updated=AT + late)], at=AT, via="poll")
    assert Ticket.objects.get(id=1).presence == Presence.DELETED


@pytest.mark.django_db
def test_a_newer_version_does_because_then_it_is_there() -> None:
    mirror_issues(issues=[facts(1)], at=AT, via="poll")
    mark_presence(ticket_id=1, presence=Presence.DELETED, at=AT, via="webhook")
    mirror_issues(issues=[facts(1, updated=AT + timedelta(seconds=1))], at=AT, via="poll")
    assert Ticket.objects.get(id=1).presence == Presence.PRESENT
