"""When it began: a day alone stays a day, wherever it is told; a time is told with its zone."""

from datetime import UTC, date, datetime

import pytest
from django.test import Client

from escalations.actions.tickets import _facts
from escalations.choices import What
from escalations.models import Escalation, EscalationEvent
from escalations.rules.tickets import description
from escalations.rules.typed import began_words
from escalations.tests.test_intake_views import filled
from people.choices import Role
from people.models import Person
from people.tests import factories as people

pytestmark = pytest.mark.django_db
DAY = date(2025, 11, 17)


@pytest.fixture
def oslo(client: Client) -> Person:
    found = people.person(Role.SUPPORT, zone="Europe/Oslo")
    client.force_login(found)
    return found


def raised(client: Client, **more: str) -> Escalation:
    client.post("/escalations/new/", filled(began_on="2025-11-17", **more))
    return Escalation.objects.get()


def test_words_of_a_moment_have_its_zone_and_a_day_has_no_time() -> None:
    assert began_words(datetime(2025, 11, 17, 6, tzinfo=UTC), None) == "17 November 2025, 06:00 UTC"
    assert began_words(datetime(2025, 11, 16, 23, tzinfo=UTC), DAY) == "17 November 2025"
    assert began_words(None, None) == ""


def test_a_day_alone_is_told_as_a_day(client: Client, oslo: Person) -> None:
    row = raised(client)
    assert row.began_on == DAY
    assert "It began on 17 November 2025." in description(_facts(row, "MM", bug=True))
    page = client.get(f"/escalations/E-{row.pk}/").content.decode()
    assert "17 November 2025" in page and "17 November 2025," not in page


@pytest.mark.parametrize(("typed", "utc"), [("00:00", "16 November 2025, 23:00"), ("07:30", "17 November 2025, 06:30")])
def test_a_time_is_told_also_when_it_is_midnight(client: Client, oslo: Person, typed: str, utc: str) -> None:
    row = raised(client, began_time=typed)
    assert row.began_on is None
    assert f"It began on {utc} UTC." in description(_facts(row, "MM", bug=True))
    assert f"17 November 2025, {typed} CET" in client.get(f"/escalations/E-{row.pk}/").content.decode()


def corrected(client: Client, row: Escalation, **values: str) -> int:
    form = client.get(f"/escalations/E-{row.pk}/edit/").context["form"]
    stands = {bound.html_name: bound.value() for bound in form}
    given = {name: str(value) for name, value in stands.items() if value not in (None, "")} | values
    return client.post(f"/escalations/E-{row.pk}/edit/", given).status_code


def test_it_is_corrected_and_one_line_of_the_thread_says_so(client: Client, oslo: Person) -> None:
    row = raised(client)
    assert corrected(client, row, began_time="07:30") == 302
    row.refresh_from_db()
    assert (row.began_on, row.began_at) == (None, datetime(2025, 11, 17, 6, 30, tzinfo=UTC))
    event = EscalationEvent.objects.get(escalation=row, what=What.CHANGED)
    assert event.from_value == "when it began 17 November 2025"
    assert event.to_value == "when it began 17 November 2025, 06:30 UTC"
    assert corrected(client, row, began_on="2025-11-18", began_time="") == 302
    row.refresh_from_db()
    assert row.began_on == date(2025, 11, 18)


def test_another_correction_leaves_it_as_it_is_whoever_makes_it(client: Client, oslo: Person) -> None:
    row = raised(client)
    client.force_login(people.person(Role.LEAD, zone="America/New_York"))
    assert corrected(client, row, hosting="3 nodes") == 302
    row.refresh_from_db()
    assert (row.hosting, row.began_on, row.began_at) == ("3 nodes", DAY, datetime(2025, 11, 16, 23, tzinfo=UTC))


@pytest.mark.parametrize(("values", "words"), [
    ({"began_on": "2099-01-01"}, "still to come"), ({"began_on": "", "began_time": "07:30"}, "Say the day too."),
])
def test_nonsense_is_refused_in_the_forms_words(
    client: Client, oslo: Person, values: dict[str, str], words: str
) -> None:
    row = raised(client)
    answered = client.post(f"/escalations/E-{row.pk}/edit/", {"title": row.title, "kind": row.kind} | values)
    assert answered.status_code == 422
    assert words in answered.content.decode()
