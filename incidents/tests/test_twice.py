"""What is sent twice is one; what was changed in between, or by somebody else, is not lost."""

import re
import uuid
from datetime import timedelta
from functools import partial

import pytest
from django.test import Client

from customers.tests import factories as customers
from incidents.actions import evidence
from incidents.actions.base import Refused
from incidents.actions.evidence import attach
from incidents.actions.followups import Given, add_action
from incidents.actions.links import make_link, revoke_link
from incidents.actions.notes import note
from incidents.choices import Role, What
from incidents.models import Evidence, IncidentEvent, IncidentRole, RetroAction, StatusLink
from incidents.tests import factories
from incidents.tests.test_at_once import LATER
from people.choices import Role as PersonRole
from people.tests import factories as people
from portal.common import clock
from portal.tests.together import done_together, together


@pytest.mark.django_db(transaction=True)
def test_words_and_actions_that_are_sent_twice_at_once_are_there_once() -> None:
    row, by = factories.incident(), people.person(PersonRole.ENGINEER)
    words = partial(attach, incident=row, given=evidence.Given(text="kernel: oom"), by=by, at=LATER)
    action = partial(add_action, incident=row, given=Given("Cache the counts"), by=by, at=LATER)
    assert together(words, words, action, action) == []
    assert (Evidence.objects.count(), RetroAction.objects.count()) == (1, 1)
    attach(incident=row, given=evidence.Given(text="kernel: oom"), by=by, at=LATER + timedelta(hours=1))
    add_action(incident=row, given=Given("Cache the counts", due_on=LATER.date()), by=by, at=LATER)
    assert (Evidence.objects.count(), RetroAction.objects.count()) == (2, 2)


@pytest.mark.django_db
def test_a_note_that_was_gone_back_to_and_changed_is_another_note() -> None:
    row, by = factories.incident(), people.person(PersonRole.ENGINEER)
    for text in ("Vault is sealed", "Vault is sealed", "Vault is sealed\nsince 3 am"):
        note(incident=row, text=text, key="form", by=by, at=LATER)
    lines = IncidentEvent.objects.filter(incident=row, source__startswith="note:").order_by("pk")
    assert list(lines.values_list("to_value", "text")) == [("Vault is sealed", ""), ("Vault is sealed", "since 3 am")]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["people", "take"])
def test_whoever_hands_over_what_was_handed_over_meanwhile_is_shown_it_and_keeps_their_brief(
    client: Client, path: str
) -> None:
    row, first, me = factories.incident(), people.person(PersonRole.ENGINEER, name="Hana Moreau"), people.person(
        PersonRole.ENGINEER)
    before = IncidentRole.objects.get(incident=row, role=Role.COMMANDER)
    client.force_login(first)
    given = {"do": "hand_over", "role": "commander", "person": first.pk, "brief": "It is the cache.", "seen": before.pk}
    assert client.post(f"/incidents/I-{row.pk}/people/", given).status_code == 302
    client.force_login(me)
    page = client.post(f"/incidents/I-{row.pk}/{path}/", given | {"person": me.pk, "brief": "Ask the <DBA> first."})
    now = IncidentRole.objects.get(incident=row, role=Role.COMMANDER, ends_at=None)
    text = page.content.decode()
    assert page.status_code == 422 and now.person == first and "Hana Moreau has it by now" in text
    assert "Ask the &lt;DBA&gt; first." in text and f'name="seen" value="{now.pk}"' in text
    assert client.post(f"/incidents/I-{row.pk}/{path}/",
                       given | {"person": me.pk, "brief": "Still right.", "seen": now.pk}).status_code == 302
    assert IncidentRole.objects.get(incident=row, role=Role.COMMANDER, ends_at=None).person == me


# ---- A customer's private page


@pytest.mark.django_db(transaction=True)
def test_a_private_page_that_is_made_twice_at_once_is_one_with_one_address() -> None:
    theirs, by = customers.customer("Northwind"), people.person(PersonRole.ENGINEER)
    row = factories.incident(customer=theirs)
    make = partial(make_link, incident=row, customer=theirs, ends_at=LATER + timedelta(days=7), by=by, at=LATER,
                   submission=uuid.uuid4())
    done, faults = done_together(make, make, make)
    assert faults == [] and len(set(done)) == 1
    assert IncidentEvent.objects.filter(what=What.LINK).count() == StatusLink.objects.count() == 1


@pytest.mark.django_db
def test_the_form_of_a_private_page_pressed_twice_shows_the_same_address_and_another_form_makes_another(
    client: Client,
) -> None:
    theirs, by = customers.customer("Northwind"), people.person(PersonRole.ENGINEER)
    base = f"/incidents/I-{factories.incident(customer=theirs, at=clock.now()).pk}/links/"
    client.force_login(by)

    def drawn() -> str:
        found = re.search(r'name="submission" value="([0-9a-f-]{36})"', client.get(base).content.decode())
        assert found
        return found[1]

    def pressed(submission: str, days: str = "7") -> str:
        told = {"customer": str(theirs.pk), "days": days, "submission": submission}
        found = re.search(r"/s/([\w-]{43})/", client.post(f"{base}make/", told).content.decode())
        assert found
        return found[1]

    form = drawn()
    first = pressed(form)
    assert pressed(form) == first and StatusLink.objects.count() == 1
    assert drawn() != form and pressed(drawn()) != first
    assert pressed(form, days="30") != first and StatusLink.objects.count() == 3  # gone back to, and changed
    assert "not a uuid" not in pressed("not a uuid") and StatusLink.objects.count() == 4
    assert client.get(f"/s/{first}/").status_code == 200


@pytest.mark.django_db
def test_a_form_whose_page_was_revoked_does_not_open_it_again_and_somebody_else_s_is_another() -> None:
    theirs, by = customers.customer("Northwind"), people.person(PersonRole.ENGINEER)
    make = partial(make_link, incident=factories.incident(customer=theirs), customer=theirs, at=LATER,
                   ends_at=LATER + timedelta(days=7), submission=uuid.uuid4())
    link, token = make(by=by)
    assert make(by=people.person(PersonRole.ENGINEER))[1] != token
    revoke_link(link=link, by=by, at=LATER)
    with pytest.raises(Refused, match="revoked meanwhile"):
        make(by=by)
    link.refresh_from_db()
    assert link.revoked_at is not None
