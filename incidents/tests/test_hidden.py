"""Which pages were raised for incidents that somebody does not see; what it costs follows these alone."""

import uuid

import pytest
from django.db import connection

from incidents.choices import Role, Severity
from incidents.models import Incident
from incidents.queries.hidden import Hidden, hidden_from
from incidents.rules.hiding import key_of
from incidents.tests import factories
from people.choices import Role as PersonRole
from people.tests import factories as people
from set_rotation.choices import PageSource, Urgency
from set_rotation.models import Page

pytestmark = pytest.mark.django_db


def page(key: str, source: PageSource = PageSource.INCIDENT) -> Page:
    return Page.objects.create(**values(key), source=source)


def values(key: str) -> dict[str, object]:
    return {"key": key, "urgency": Urgency.URGENT, "reason": "Sev1", "policy": {}, "token": "", "at": factories.NIGHT}


def hidden(pk: int) -> Incident:
    """A private incident that is known by this number, and has paged nobody."""
    row = factories.incident(private=True, severity=Severity.SEV3)
    Incident.objects.filter(pk=row.pk).delete()
    row.pk = pk
    row.save(force_insert=True)
    return row


def rows_read() -> int:
    """How many rows of pages this transaction has read, by any way."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables "
                       "WHERE relname = 'set_rotation_page'")
        [found] = cursor.fetchone() or [0]
    return int(found)


def test_the_first_page_and_those_numbered_behind_it_are_hidden_and_no_others() -> None:
    row = hidden(7)
    mark = key_of(7, row.submission, private=True)
    own = [page(key).pk for key in ("incident:7", "incident:7:2", "incident:7:13", mark, f"{mark}:2")]
    others = [page(key) for key in ("incident:70", "incident:70:2", "incident:8", f"{mark}0", "incident:7;2",
                                    "incident:7.2", "incident", "incident:", "incident:77:2")]
    elsewhere = page("incident:7:api", PageSource.API)
    found = hidden_from(people.person(PersonRole.ENGINEER))
    assert found == Hidden(frozenset({7}), frozenset(own))
    assert all(found.has(f"/pages/{pk}/") and found.has_page(f"/pages/{pk}/") for pk in own)
    assert not any(found.has(f"/pages/{one.pk}/") for one in (*others, elsewhere))


def test_its_own_people_and_a_public_incident_hide_nothing() -> None:
    commander = people.person(PersonRole.ENGINEER)
    row = factories.incident(private=True, commander=commander, roles={Role.COMMANDER: commander})
    page(f"incident:{row.pk}")
    assert hidden_from(commander) == Hidden()
    Incident.objects.update(private=False)
    assert hidden_from(people.person(PersonRole.ENGINEER)) == Hidden()


def test_as_many_pages_are_read_however_many_were_raised_for_others() -> None:
    somebody, read = people.person(PersonRole.ENGINEER), list[int]()
    for number in (7, 8, 9):
        hidden(number)
        page(f"incident:{number}")
        page(f"incident:{number}:2")
    for many in (2_000, 4_000):
        keys = [f"incident:{1_000 + each}{tail}" for each in range(many // 4) for tail in ("", ":2")]
        keys += [f"incident:private-{uuid.uuid4().hex[:12]}{tail}" for _ in range(many // 4) for tail in ("", ":2")]
        Page.objects.bulk_create(Page(**values(f"{key}:{many}"), source=PageSource.INCIDENT) for key in keys)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE set_rotation_page")
        before = rows_read()
        assert len(hidden_from(somebody).pages) == 6
        read.append(rows_read() - before)
    assert read[0] == read[1] <= 12, read
