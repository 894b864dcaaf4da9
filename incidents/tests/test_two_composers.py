"""More than one composer at once: of several people, of one person's several devices, and of what changes meanwhile."""

from typing import Any

import pytest

from incidents.actions.states import change_severity
from incidents.actions.targets import add_target, remove_target
from incidents.choices import Reading, Severity, TargetKind
from incidents.models import Incident, Stakeholder, StakeholderList, Target, UpdateDelivery
from incidents.queries.targets import targets_of
from incidents.tests.test_update_pages import MINUTE, compose, form, page, row, second, signed_in, writer
from people.models import Person
from portal.common import clock

__all__ = ["row", "second", "writer"]  # fixtures
pytestmark = pytest.mark.django_db
PARTS = {"HX-Request": "true", "HX-Target": "update-parts"}


# ---- Where it goes


def boxes(row: Incident, *, but: Target | None = None) -> dict[str, Any]:
    """The boxes as a composer shows them now, all ticked but this one."""
    ids = [one.id for one in targets_of(row)]
    return {"shown": ids, "targets": [pk for pk in ids if but is None or pk != but.pk]}


def went(row: Incident) -> set[str]:
    return set(UpdateDelivery.objects.filter(version__of__incident=row).values_list("target__label", flat=True))


def test_a_target_that_is_added_while_somebody_writes_gets_their_update_and_stays_ticked(
    row: Incident, writer: Person
) -> None:
    client, old = signed_in(writer), boxes(row)
    client.post(compose(row), form(do="keep", summary="Half a sent") | old)
    added = add_target(incident=row, kind=TargetKind.MAIL, reading=Reading.EXECUTIVE, address="ceo@example.com",
                       by=writer, at=clock.now())
    text = page(client, compose(row))  # gone back to: the draft knows nothing of it
    assert f'name="targets" value="{added.pk}" checked' in text
    answer = client.post(compose(row), form(do="keep", summary="Half a sentence") | old, headers=PARTS)
    assert f"{added.pk} " in answer.content.decode().partition('data-places="')[2].partition('"')[0]
    client.post(compose(row), form() | old)
    assert "ceo@example.com" in went(row)
    added.refresh_from_db()
    assert added.chosen


def test_whom_a_raised_severity_adds_is_told_by_the_update_that_is_being_written(row: Incident, writer: Person) -> None:
    client = signed_in(writer)
    change_severity(incident=row, severity=Severity.SEV2, reason="half of it works", by=writer, at=clock.now())
    board = StakeholderList.objects.create(name="Board", reading=Reading.EXECUTIVE, severity=Severity.SEV1,
                                           at=clock.now())
    Stakeholder.objects.create(list=board, email="chair@example.com")
    old = boxes(row)
    client.post(compose(row), form(do="keep") | old)
    change_severity(incident=row, severity=Severity.SEV1, reason="all of it is down", by=writer, at=clock.now())
    client.post(compose(row), form(do="keep", summary="One in four") | old)
    client.post(compose(row), form() | old)
    assert "Board" in went(row)


def test_what_is_unticked_stays_so_and_what_is_taken_off_meanwhile_gets_nothing(row: Incident, writer: Person) -> None:
    kept, gone = (add_target(incident=row, kind=TargetKind.MAIL, reading=Reading.EXECUTIVE, address=address, by=writer,
                             at=clock.now() - MINUTE) for address in ("a@example.com", "b@example.com"))
    old = boxes(row, but=kept)
    signed_in(writer).post(compose(row), form(do="keep") | old)
    assert f'name="targets" value="{kept.pk}" checked' not in page(signed_in(writer), compose(row))
    remove_target(target=gone, by=writer, at=clock.now())
    signed_in(writer).post(compose(row), form() | old)
    assert not went(row) & {"a@example.com", "b@example.com"}
    assert not Target.objects.get(pk=kept.pk).chosen
