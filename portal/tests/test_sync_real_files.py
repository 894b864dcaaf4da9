"""Real issues that nobody here wrote: each file is mirrored whole, and every number equals the file's own."""

import contextlib
import gzip
import json
import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Count

from integrations.sandbox.testing import run_sandbox
from people.choices import Role
from people.tests.factories import person
from portal import flows
from portal.common import clock
from portal.tests.mirroring import dump, jira_of, mirroring, statuses, sync
from tickets.choices import Column, RunKind, RunState
from tickets.models import Ticket, TicketChange, TicketComment, TicketDetail
from tickets.queries.counts import board_counts
from tickets.rules.reading import FIELDS

pytestmark = pytest.mark.django_db
DATA = Path(os.environ.get("SANDBOX_TEST_DATA", Path(__file__).resolve().parents[3] / "shared" / "data" / "jira"))
Issues = dict[int, dict[str, Any]]


def issues_of(name: str) -> Issues:
    """The issues of a file as they stand there, by id; the test is skipped where the file is absent."""
    path = DATA / f"{name}.jsonl.gz"
    if not path.is_file():
        pytest.skip(f"real data is absent: {path}")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return {int(issue["id"]): issue for issue in map(json.loads, lines)}


def histories(issue: dict[str, Any]) -> list[dict[str, Any]]:
    return list((issue.get("changelog") or {}).get("histories") or [])


def clean(text: str) -> str:
    return text.replace("\x00", "")


def holds_nul(value: Any) -> bool:
    if isinstance(value, dict):
        return any(holds_nul(entry) for entry in value.values())
    return any(map(holds_nul, value)) if isinstance(value, list) else isinstance(value, str) and "\x00" in value


def the_mirror_equals(issues: Issues) -> None:
    """Every number of the mirror against the same number counted from the file."""
    assert Ticket.objects.present().count() == len(issues)
    assert statuses() == Counter(issue["fields"]["status"]["name"] for issue in issues.values())
    items = Counter({number: sum(len(entry["items"]) for entry in histories(issue)) for number,
    issue in issues.items()})
    found = TicketChange.objects.values_list("ticket_id").annotate(n=Count("id"))
    assert +items == Counter(dict(found))
    comments = Counter(
        {number: len((issue["fields"].get("comment") or {}).get("comments") or []) for number, issue in issues.items()}
    )
    assert +comments == Counter(dict(TicketComment.objects.values_list("ticket_id").annotate(n=Count("id"))))
    labels = Counter(label for issue in issues.values() for label in set(issue["fields"].get("labels") or []))
    assert labels == Counter(
        label for found_labels in Ticket.objects.values_list("labels", flat=True) for label in found_labels
    )
    texts = {number: clean(issue["fields"].get("summary") or "") for number, issue in issues.items()}
    assert texts == dict(Ticket.objects.values_list("id", "summary"))
    keys = {number: issue["key"] for number, issue in issues.items()}
    assert keys == dict(Ticket.objects.values_list("id", "key"))
    priorities = {
        number: (issue["fields"].get("priority") or {}).get("name", "") for number, issue in issues.items()
    }
    assert priorities == dict(Ticket.objects.values_list("id", "priority"))
    updated = {
        number: datetime.fromisoformat(issue["fields"]["updated"]).astimezone(UTC) for number, issue in issues.items()
    }
    assert updated == dict(Ticket.objects.values_list("id", "updated"))


def since_of(issue: dict[str, Any]) -> tuple[datetime, bool]:
    """Since when an issue of a file has its status, worked out from the file alone; and whether it is at least so."""
    name = issue["fields"]["status"]["name"]
    moves = sorted(
        (datetime.fromisoformat(entry["created"]).astimezone(UTC), int(entry["id"]), number, item["toString"])
        for entry in histories(issue) for number, item in enumerate(entry["items"]) if item["field"] == "status"
    )
    if moves:
        assert moves[-1][3] == name, issue["key"]
        return moves[-1][0], False
    return datetime.fromisoformat(issue["fields"]["created"]).astimezone(UTC), False


def accept_all() -> None:
    """The lead accepts every proposed column: nothing is left unmapped, and all of it stands on the board."""
    unmapped = Ticket.objects.filter(column=Column.UNMAPPED).count()
    named = set(Ticket.objects.filter(column=Column.UNMAPPED).values_list("status", flat=True))
    assert unmapped > 0
    assert flows.accept_proposed(by=person(Role.LEAD), at=clock.now()) == len(named)
    assert not Ticket.objects.filter(column=Column.UNMAPPED).exists()
    assert Column.OFF not in set(Ticket.objects.values_list("column", flat=True))
    newest = Ticket.objects.latest("status_since").status_since
    counts = board_counts(newest)
    outside = Ticket.objects.filter(column=Column.DONE).count() - counts[Column.DONE]
    assert sum(counts.values()) + outside == Ticket.objects.count()


@pytest.mark.parametrize("flavour", ["cloud", "datacenter"])
@pytest.mark.parametrize("name", ["apache_ase2015", "devlake_cloud"])
def test_a_file_is_mirrored_whole_and_a_second_run_changes_nothing(name: str, flavour: str) -> None:
    issues = issues_of(name)
    with run_sandbox(data=DATA / f"{name}.jsonl.gz", flavour=flavour) as sandbox:
        projects = tuple(sorted(sandbox.counts()["projects"]))
        with mirroring(jira_of(sandbox, projects, sre="")):
            runs = sync()
            assert {run.state for run in runs} == {RunState.DONE}
            assert sum(run.seen for run in runs) == len(issues)
            the_mirror_equals(issues)
            if name == "apache_ase2015":
                wanted = {number: since_of(issue) for number, issue in issues.items()}
                held = Ticket.objects.values_list("id", "status_since", "status_since_is_floor")
                assert {number: (at, floor) for number, at, floor in held} == wanted
            before = dump()
            assert {(run.created, run.updated, run.changes) for run in sync(RunKind.FULL)} == {(0, 0, 0)}
            assert dump() == before
            accept_all()


def test_six_thousand_issues_are_mirrored_whole() -> None:
    issues = issues_of("titanium_6000")
    with contextlib.ExitStack() as stack:
        sandbox = stack.enter_context(run_sandbox(data=DATA / "titanium_6000.jsonl.gz"))
        stack.enter_context(mirroring(jira_of(sandbox, tuple(sandbox.counts()["projects"]), sre="")))
        run = sync()[0]
        assert (run.state, run.created) == (RunState.DONE, 6_000)
        the_mirror_equals(issues)
        assert sync()[0].updated == 0
        dirty = {
            number for number, issue in issues.items()
            if holds_nul({name: issue["fields"].get(name) for name in FIELDS}) or holds_nul(histories(issue))
        }
        assert dirty
        assert set(TicketDetail.objects.filter(cleaned=True).values_list("ticket", flat=True)) == dirty
        accept_all()
