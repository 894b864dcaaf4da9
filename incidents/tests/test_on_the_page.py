"""What the pages of an incident say and ask for: nothing that is needed at 3 a.m. is only in a table."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.tests import factories as customers
from incidents.actions import evidence, hour, notes, snoozing, states, steps
from incidents.actions.letters import text_of
from incidents.actions.updates import Given, publish
from incidents.choices import EvidenceKind, Reading, Role, Severity, What
from incidents.models import (
    Cadence,
    Incident,
    IncidentEvent,
    IncidentSettings,
    Promise,
    Retrospective,
    StakeholderList,
    Target,
)
from incidents.queries.channel import wanted_channel
from incidents.queries.editions import internal_document
from incidents.queries.playbook import playbook_of
from incidents.queries.retrospective import retro_page
from incidents.rules.documents import as_markdown
from incidents.rules.updates.form import Entry
from incidents.tests import factories
from people.choices import Role as PersonRole
from people.models import Person
from people.tests import factories as people
from portal.common import clock
from portal.common.models import Timer

pytestmark = pytest.mark.django_db
NIGHT, MINUTE = factories.NIGHT, timedelta(minutes=1)
BRIDGE = "https://meet.example.com/abc"


@pytest.fixture
def by(client: Client) -> Person:
    person = people.person(PersonRole.ENGINEER, name="Ines Moreau")
    client.force_login(person)
    return person


def page(client: Client, row: Incident, **asked: str | int) -> str:
    return client.get(reverse("incidents:incident", args=[row.pk]), asked).content.decode()


def lately(by: Person, minutes: int, **more: Any) -> Incident:
    return factories.incident(commander=by, at=clock.now() - minutes * MINUTE, **more)


def bounds(**more: object) -> None:
    IncidentSettings.objects.update(**more)


def test_the_head_leads_to_the_bridge_and_the_first_line_says_what_is_known(client: Client, by: Person) -> None:
    text = page(client, lately(by, 1, known="One in *five* fails.", bridge=BRIDGE))
    assert f'href="{BRIDGE}"' in text and "<em>five</em>" in text
    assert "data-countdown-title" in text and "data-countdown-form=\"large\"" in text


def test_the_executives_hour_stands_above_everything_from_then_on_until_they_know(client: Client, by: Person) -> None:
    row = lately(by, 59)
    assert "They know" not in page(client, row) and "Loop the CEO in" not in page(client, row)
    row = lately(by, 61)
    text = page(client, row)
    assert text.index('aria-label="The executive is to be told"') < text.index('id="playbook"')
    steps.finish_step(incident=row, key="executive", by=by, at=clock.now())
    assert "They know" not in page(client, row)


def test_each_stage_says_what_begins_and_what_ends_it(client: Client, by: Person) -> None:
    text = page(client, lately(by, 1))
    assert text.count("<b>Begins:</b>") == text.count("<b>Ends:</b>") == 8


def test_the_address_chooses_what_the_timeline_shows(client: Client, by: Person) -> None:
    row = lately(by, 90)
    first = notes.note(incident=row, text="The very first note", key="0", by=by, at=row.at)
    for number in range(30):
        notes.note(incident=row, text=f"Note {number}", key=f"n{number}", by=by, at=row.at + (number + 1) * MINUTE)
    text = page(client, row, topic="notes")
    assert "Note 29" in text and "Sev1 declared" not in text and "Ines Moreau" in text
    assert "The very first note" not in page(client, row)
    assert f'id="entry-{first.pk}"' in page(client, row, entry=first.pk)
    middle = IncidentEvent.objects.get(to_value="Note 10")
    older = page(client, row, before=middle.pk)
    assert "Note 9" in older and "Note 11" not in older


def test_what_is_found_is_what_its_step_asks_for_or_somebody_says_and_is_pinned(client: Client, by: Person) -> None:
    row = lately(by, 1)

    def kind(**more: Any) -> str:
        told = evidence.Given(text=f"Found {more}", **more)
        return evidence.attach(incident=row, given=told, by=by, at=clock.now()).kind

    assert kind(step="slow-queries") == EvidenceKind.SLOW_QUERIES
    assert kind(step="bundle") == EvidenceKind.BUNDLE
    assert kind(step="bundle", kind="screenshot") == EvidenceKind.SCREENSHOT
    found = evidence.attach(incident=row, given=evidence.Given(text="97 % CPU"), by=by, at=clock.now())
    assert "97 % CPU</a></li>" not in page(client, row)
    assert evidence.pin(evidence=found, pinned=True, by=by, at=clock.now())
    assert "97 % CPU</a></li>" in page(client, row)
    assert evidence.pin(evidence=found, pinned=False, by=by, at=clock.now())
    assert not playbook_of(row, works=True, at=clock.now()).pinned


def test_a_step_has_somebody_and_a_time_which_the_pane_shows(client: Client, by: Person) -> None:
    row = lately(by, 1)
    here = reverse("incidents:step", args=[row.pk, "people"])
    given = {"owner_id": str(by.pk), "due_on": "2026-11-17", "due_time": "04:30", "note": "",
             "seen": client.get(here).context["seen"]}
    assert client.post(here, given | {"due_time": ""}).status_code == 422
    assert client.post(here, given).status_code == 302
    step = row.steps.get(key="people")
    assert step.owner == by and step.due_at is not None
    line = next(one for stage in playbook_of(row, works=True, at=clock.now()).stages for one in stage.steps
                if one.row.key == "people")
    assert (line.owner, line.late) == (by, True)
    assert "was due" in page(client, row)


def test_the_channel_names_the_bridge_and_has_everybody_with_a_part(by: Person) -> None:
    deputy, guest = people.person(PersonRole.ENGINEER), people.person(PersonRole.VIEWER)
    row = factories.incident(commander=by, roles={Role.COMMANDER: by, Role.DEPUTY: deputy}, bridge=BRIDGE)
    row.watchers.create(person=guest, at=NIGHT)
    wanted = wanted_channel(row)
    assert f"[Bridge]({BRIDGE})" in wanted.header and "Commander: Ines Moreau" in wanted.header
    assert {one.email for one in wanted.members} == {by.email, deputy.email, guest.email}


def test_each_target_gets_the_reading_that_it_has(by: Person) -> None:
    row = factories.incident(commander=by, customer=customers.customer("Enterprise ABC"))
    entry = Entry(summary="It is the cache.", impact="Posts fail.", technical="UserStore.Count")
    update = publish(incident=row, given=Given(entry, status="identified", key="k"), by=by, at=NIGHT + MINUTE)
    version = update.versions.get()
    told = {one: text_of(version, Target(incident=row, reading=one)) for one in Reading}
    assert told == {Reading.INTERNAL: version.internal, Reading.EXECUTIVE: version.executive,
                    Reading.CUSTOMER: version.customer}
    assert len(set(told.values())) == 3


def test_a_list_is_told_of_its_customer_and_of_its_severity_alone(by: Person) -> None:
    abc, initech = customers.customer("Enterprise ABC"), customers.customer("Initech")
    for name, whose, severity in (("All", None, 3), ("ABC", abc, 2), ("Initech", initech, 3), ("Sev1", None, 1)):
        StakeholderList.objects.create(name=name, customer=whose, severity=severity, at=NIGHT)
    row = factories.incident(commander=by, customer=abc, severity=Severity.SEV2)
    assert set(row.targets.filter(address__startswith="list:").values_list("label", flat=True)) == {"All", "ABC"}


def test_the_settings_are_what_holds(client: Client, by: Person) -> None:
    factories.incident(commander=by)
    Cadence.objects.filter(severity=Severity.SEV1).update(first=20)
    row = factories.incident(commander=by)
    assert row.promises.get().due_at == NIGHT + 20 * MINUTE
    bounds(link_days=9)
    assert client.get(reverse("incidents:links", args=[row.pk])).context["form"]["days"].value() == 9
    Promise.objects.filter(incident=row).update(due_at=NIGHT + 15 * MINUTE)
    bounds(snooze=3, executive_after=20, watch=48)
    found = snoozing.snooze(incident=row, minutes=10, reason="On the bridge", by=by, at=NIGHT + 6 * MINUTE)
    assert found.snoozed_until == NIGHT + 9 * MINUTE
    hour.keep_hour(incident=row, at=NIGHT + MINUTE)
    assert Timer.objects.get(kind=hour.HOUR, key=str(row.pk)).due_at == NIGHT + 20 * MINUTE
    states.resolve(incident=row, by=by, at=NIGHT + 30 * MINUTE)
    assert Timer.objects.get(kind="incident.watched").due_at == NIGHT + 30 * MINUTE + timedelta(hours=48)


def test_our_edition_has_what_was_measured_asked_and_is_to_be_done(by: Person) -> None:
    row = factories.incident(commander=by)
    Incident.objects.filter(pk=row.pk).update(acknowledged_at=NIGHT + 4 * MINUTE)
    given = Given(Entry(summary="On it."), status="identified", key="k", customer=False)
    publish(incident=row, given=given, by=by, at=NIGHT + 19 * MINUTE)
    states.resolve(incident=row, by=by, at=NIGHT + 90 * MINUTE)
    Retrospective.objects.update(issue="A cold cache", improve="Look there first", change="A page in the runbook",
                                 root_cause="The count")
    row = Incident.objects.select_related("status").get(pk=row.pk)
    shown = retro_page(row, Retrospective.objects.get(), lacking=(), at=NIGHT + 99 * MINUTE)
    text = as_markdown(internal_document(shown))
    for said in ("Lasted: 1 hour 30 minutes", "Acknowledged after: 4 minutes", "Identified after: 19 minutes",
                 "the latest 4 minutes late", "Ines Moreau: Commander", "What was the issue\n\nA cold cache",
                 "What might improve outcomes next time\n\nLook there first",
                 "What changes in process or documentation\n\nA page in the runbook", "Root cause\n\nThe count"):
        assert said in text, said
    assert IncidentEvent.objects.filter(incident=row, what=What.RETRO).exists()
