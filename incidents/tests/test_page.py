"""An incident's own page."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.template import Context, Template
from django.test import Client
from django.urls import reverse

from escalations.tests import factories as escalations
from incidents.actions import notes
from incidents.choices import State
from incidents.models import Incident, Target, Update, UpdateDelivery, UpdateVersion
from incidents.tests import factories
from people.choices import Role as PersonRole
from people.tests import factories as people

pytestmark = pytest.mark.django_db


def reader(role: PersonRole = PersonRole.VIEWER) -> Client:
    client = Client()
    client.force_login(people.person(role))
    return client


def test_the_page_shows_the_head_the_tabs_and_three_panes() -> None:
    row = factories.incident()
    html = reader().get(reverse("incidents:incident", args=[row.pk])).content.decode()
    for part in ('id="inc-head"', 'id="playbook"', 'id="timeline"', 'id="update"', "SEV1", "Messages fail to post"):
        assert part in html
    assert "Sev1 declared" in html


def test_a_page_speaks_of_the_readers_zone_alone_which_it_names_once_and_the_incidents_is_in_the_titles() -> None:
    row, client = factories.incident(), Client()
    client.force_login(people.person(PersonRole.VIEWER, zone="Europe/Berlin"))
    html = client.get(reverse("incidents:incident", args=[row.pk])).content.decode()
    shown = re.sub(r"<[^>]*>", " ", html.partition("<main")[2])
    assert re.findall(r"\b(?:ET|CET)\b", shown) == ["CET"]
    assert re.search(r'data-also="[^"]*3:19 am ET"', html)
    for path in ("/status/", "/incidents/"):
        assert re.search(r'id="stamp".*?</time> CET</span>', client.get(path).content.decode(), re.DOTALL), path


def test_an_escalation_shows_its_incidents_to_those_who_see_them() -> None:
    row = factories.incident()
    raised = escalations.escalation()
    Incident.objects.filter(pk=row.pk).update(escalation=raised)
    here = reverse("incidents:of_escalation", args=[raised.pk])
    assert "Messages fail to post" in reader().get(here, headers={"HX-Request": "true"}).content.decode()
    assert "hx-get" in reader().get(reverse("escalations:escalation", args=[raised.pk])).content.decode()
    Incident.objects.filter(pk=row.pk).update(private=True)
    cache.clear()  # its verb would have: the strip keeps what is open
    assert "Messages fail to post" not in reader().get(here).content.decode()


def test_whoever_only_reads_is_shown_the_last_update_and_no_form() -> None:
    row = factories.incident()
    html = reader().get(reverse("incidents:incident", args=[row.pk])).content.decode()
    assert "data-reads" in html
    assert "No update was sent yet." in html
    assert 'id="update-form"' not in html
    assert 'id="update-form"' in reader(PersonRole.ENGINEER).get(
        reverse("incidents:incident", args=[row.pk])).content.decode()


def test_a_closed_incident_says_what_was_and_asks_for_nothing_more() -> None:
    row = factories.incident()
    here = reverse("incidents:incident", args=[row.pk])
    engineer = reader(PersonRole.ENGINEER)
    assert "every reply names" in engineer.get(here).content.decode()
    Incident.objects.filter(pk=row.pk).update(state=State.CLOSED, resolved_at=factories.NIGHT, stage=8)
    html = engineer.get(here).content.decode()
    assert ">Updates</h2>" in html
    assert "every reply names" not in html


def test_a_line_of_long_ago_says_its_minute_too() -> None:
    drawn = Template("{% load timeline_tags %}{% moment at %}")
    night = factories.NIGHT
    lately = drawn.render(Context({"at": night, "now": night + timedelta(days=2)}))
    long_ago = drawn.render(Context({"at": night, "now": night + timedelta(days=9)}))
    assert lately.count("<time") == 1
    assert 'data-when="near"' in long_ago
    assert 'data-when="clock"' in long_ago


def test_while_something_is_on_its_way_those_who_take_part_ask_for_it_and_a_thousand_others_do_not() -> None:
    row = factories.incident()
    update = Update.objects.create(incident=row, number=1, at=factories.NIGHT, status=row.status, key="k")
    version = UpdateVersion.objects.create(of=update, number=1, at=factories.NIGHT, status_name="x", values={})
    target = Target.objects.create(incident=row, kind="channel", reading="internal", address="a", label="a",
                                   at=factories.NIGHT)
    UpdateDelivery.objects.create(version=version, target=target)
    Incident.objects.filter(pk=row.pk).update(updates=1)
    engineer, viewer = reader(PersonRole.ENGINEER), reader()
    for name in ("incidents:incident", "incidents:receipts"):
        here = reverse(name, args=[row.pk])
        assert "every 4s" in engineer.get(here).content.decode()
        html = viewer.get(here).content.decode()
        assert ("every 4s" in html, "Delivery of update 1" in html) == (False, True)


def test_a_part_that_is_asked_for_comes_alone() -> None:
    row = factories.incident()
    here = reverse("incidents:incident", args=[row.pk])
    part = reader().get(here, headers={"HX-Request": "true", "HX-Target": "timeline"}).content.decode()
    assert part.lstrip().startswith("<section")
    assert "inc-head" not in part
    whole = reader().get(here, headers={"HX-Request": "true", "HX-Target": "incident"}).content.decode()
    assert "<html" not in whole
    assert 'id="inc-head"' in whole


@pytest.mark.parametrize("role", [PersonRole.VIEWER, PersonRole.ENGINEER])
def test_the_page_takes_the_same_few_queries_however_long_its_timeline_is(
    role: PersonRole, django_assert_max_num_queries: Any,
) -> None:
    row = factories.incident()
    client = reader(role)
    here = reverse("incidents:incident", args=[row.pk])
    for number in range(60):
        notes.note(incident=row, text=f"note {number}", key=str(number), by=people.person(), at=factories.NIGHT)
    client.get(here)
    with django_assert_max_num_queries(12):
        client.get(here)
    with django_assert_max_num_queries(5):  # the timeline alone, as a filter or the older lines fetch it
        client.get(here, headers={"HX-Request": "true", "HX-Target": "timeline"})
