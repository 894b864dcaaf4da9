"""What coordinators set: statuses, how often updates are promised, bounds."""

import re
from typing import Any

import pytest
from django.test import Client

from incidents.actions.handbook import load_incidents
from incidents.actions.settings import StatusGiven, status_faults
from incidents.models import Cadence, IncidentStatus, SettingsEvent
from incidents.queries.settings import bounds
from incidents.tests import factories
from people.choices import Role
from people.tests import factories as people

NIGHT, PATH = factories.NIGHT, "/incidents/settings/"


def status(name: str, position: int, **more: Any) -> StatusGiven:
    given: dict[str, Any] = {"pk": None, "words": "", "tone": "red", "phase": 1, "stops": False, "resolves": False,
                             "identifies": False, "archived": False} | more
    return StatusGiven(name=name, position=position, **given)


def test_a_set_of_statuses_can_begin_and_end_an_incident() -> None:
    good = [status("Looking", 1), status("Over", 2, stops=True, resolves=True)]
    assert status_faults(good) == []
    assert "must end the outage" in status_faults(good[:1])[0]
    assert "Incidents begin with the first" in status_faults([good[1]])[0]
    assert "the same name" in status_faults([*good, status("LOOKING", 3)])[0]
    assert "stops the updates too" in status_faults([good[0], status("Over", 2, resolves=True)])[0]
    assert "must end the outage" in status_faults([good[0], status("Over", 2, resolves=True, archived=True)])[0]


def filled(client: Client, part: str) -> dict[str, str]:
    """A form of the page as a browser sends it when nothing was typed."""
    page = client.get(PATH).content.decode()
    form = page[page.index(f'id="{part}"'):]
    form = form[: form.index("</form>")]
    data = dict(re.findall(r'<input type="hidden" name="(part|seen)" value="([^"]*)"', form))
    for tag in re.findall(r"<input [^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and 'type="checkbox"' in tag and "checked" in tag:
            data[name[1]] = "on"
        elif name and 'type="checkbox"' not in tag:
            data.setdefault(name[1], value[1] if value else "")
    for name, inner in re.findall(r'<select name="([^"]*)".*?>(.*?)</select>', form, re.S):
        found = re.search(r'value="([^"]*)" selected', inner)
        data[name] = found[1] if found else ""
    return data


@pytest.fixture
def coordinator(client: Client, db: None) -> Client:
    load_incidents(at=NIGHT)
    client.force_login(people.person(Role.COORDINATOR))
    return client


def test_what_was_not_touched_is_not_different(coordinator: Client) -> None:
    for part in ("statuses", "cadence", "bounds"):
        answer = coordinator.post(PATH, filled(coordinator, part), follow=True)
        assert b"Nothing was different." in answer.content, part
    assert not IncidentStatus.objects.filter(edited=True).exists()


def test_a_status_is_added_and_a_later_handbook_leaves_what_was_edited_alone(coordinator: Client) -> None:
    data = filled(coordinator, "statuses")
    first = IncidentStatus.objects.get(slug="investigating")
    data |= {"status-new-name": "Waiting for the customer", "status-new-position": "3",
             f"status-{first.pk}-words": "We are on it"}
    assert coordinator.post(PATH, data).status_code == 302
    assert [row.name for row in IncidentStatus.objects.all()][2:4] == ["Fix in progress", "Waiting for the customer"]
    first.refresh_from_db()
    assert (first.words, first.edited) == ("We are on it", True)


def test_a_status_without_a_name_and_a_set_without_an_end_are_refused(coordinator: Client) -> None:
    data = filled(coordinator, "statuses")
    last = IncidentStatus.objects.get(resolves=True)
    assert b"A status has a name" in coordinator.post(PATH, data | {f"status-{last.pk}-name": ""}).content
    answer = coordinator.post(PATH, data | {f"status-{last.pk}-archived": "on"})
    assert (answer.status_code, b"must end the outage" in answer.content) == (422, True)


def test_two_who_edit_at_once_see_each_other(coordinator: Client) -> None:
    data = filled(coordinator, "cadence")
    assert coordinator.post(PATH, data | {"sev1-then": "20"}).status_code == 302
    stale = coordinator.post(PATH, data | {"sev1-then": "25"})
    assert b"Somebody else saved these meanwhile" in stale.content
    assert b'value="25"' in stale.content
    assert Cadence.objects.get(severity=1).then == 20


def test_bounds_are_checked_and_an_emoji_loses_its_colons(coordinator: Client) -> None:
    data = filled(coordinator, "bounds")
    assert coordinator.post(PATH, data | {"bounds-snooze": "0"}).status_code == 422
    assert coordinator.post(PATH, data | {"bounds-emoji": "Not one"}).status_code == 422
    assert coordinator.post(PATH, data | {"bounds-emoji": ":round_pushpin:", "bounds-executive_after": "45"})
    assert (bounds().emoji, bounds().executive_after) == ("round_pushpin", 45)
    assert b"every promise would need a reason" in coordinator.post(
        PATH, filled(coordinator, "cadence") | {"sev1-longest": "10"}
    ).content


def test_a_number_that_is_too_small_or_too_large_is_told_its_bound_in_a_few_words(coordinator: Client) -> None:
    typed = filled(coordinator, "cadence") | {"sev1-first": "0", "sev2-then": "99999"}
    answer = coordinator.post(PATH, typed)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "At least 1." in html and "At most 10080." in html


def test_who_changed_what_and_when_is_written_down_and_shown(coordinator: Client) -> None:
    coordinator.post(PATH, filled(coordinator, "cadence") | {"sev1-then": "20"})
    coordinator.post(PATH, filled(coordinator, "bounds") | {"bounds-emoji": "eyes", "bounds-watch": "48"})
    first = IncidentStatus.objects.get(slug="investigating")
    coordinator.post(PATH, filled(coordinator, "statuses") | {f"status-{first.pk}-identifies": "on"})
    told = SettingsEvent.objects.order_by("pk").values_list("what", "about", "from_value", "to_value")
    assert list(told) == [
        ("cadence", "Sev1", "then every: 30 min", "then every: 20 min"),
        ("bounds", "Bounds", "watched for: 24 h; marked with: pushpin", "watched for: 48 h; marked with: eyes"),
        ("status", "Investigating", "the cause is known: no", "the cause is known: yes"),
    ]
    event = SettingsEvent.objects.latest("pk")
    assert event.by is not None and event.via == "web" and event.request_id
    page = coordinator.get(PATH).content.decode()
    assert "Changed last" in page and "then every: 20 min" in page and event.by.name in page


def test_two_statuses_swap_their_names(coordinator: Client) -> None:
    one, two = IncidentStatus.objects.order_by("position")[:2]
    names = {f"status-{one.pk}-name": two.name, f"status-{two.pk}-name": one.name}
    assert coordinator.post(PATH, filled(coordinator, "statuses") | names).status_code == 302
    swapped = IncidentStatus.objects.in_bulk([one.pk, two.pk])
    assert (swapped[one.pk].name, swapped[two.pk].name) == (two.name, one.name)


@pytest.mark.django_db
def test_only_coordinators_set_anything(client: Client) -> None:
    client.force_login(people.person(Role.LEAD))
    assert client.get(PATH).status_code == 403
    assert client.post(PATH, {"part": "bounds"}).status_code == 403
