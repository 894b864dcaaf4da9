"""Correcting an update later: what it keeps of its hour, whom it goes to, and one whose incident is over."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Customer, CustomerAlias
from customers.tests import factories as customers
from escalations.tests import factories as escalations
from incidents.actions.approvals import approve
from incidents.actions.base import Refused
from incidents.actions.promises import settle_promise
from incidents.actions.states import resolve
from incidents.actions.targets import add_target, default_targets
from incidents.actions.updates import Given, correct, publish
from incidents.choices import PromiseState, Reading, Severity, State, TargetKind, What
from incidents.models import (
    Approval,
    Incident,
    IncidentCustomer,
    IncidentEvent,
    IncidentStatus,
    Promise,
    Stakeholder,
    StakeholderList,
    StatusLink,
    Update,
    UpdateDelivery,
    UpdateVersion,
)
from incidents.queries.arrivals import marks_of
from incidents.queries.composing import correction_of
from incidents.queries.public import page_of
from incidents.queries.receipts import receipts_of
from incidents.rules.updates.typed import Typed
from incidents.tests import factories
from incidents.tests.test_public import follower, linked
from incidents.tests.test_updates import engineer, given
from integrations.outbox.choices import State as Way
from integrations.outbox.models import Delivery
from people.choices import Role as PersonRole
from people.models import Person
from people.tests import factories as people
from portal.common import clock
from portal.flows.incidents import publishing as flow
from portal.flows.incidents.thread import thread_due
from set_rotation.models import Page

pytestmark = pytest.mark.django_db
NIGHT, MINUTE = factories.NIGHT, timedelta(minutes=1)
STANDS = ("state", "status", "status_since", "resolved_at", "confirmed_at", "closed_at", "next_update_at", "updates")


# ---- What was so in its hour ------------------------------------------------------------


def test_a_correction_keeps_what_was_so_in_its_hour_whatever_became_of_the_incident_since() -> None:
    row, by = factories.incident(customer=customers.customer("Enterprise ABC")), engineer()
    update = publish(incident=row, given=given("Posts fial."), by=by, at=NIGHT + 13 * MINUTE)
    Incident.objects.filter(pk=row.pk).update(
        severity=Severity.SEV2, zone="Europe/Berlin", began_at=row.began_at - timedelta(hours=3))
    IncidentCustomer.objects.create(incident=row, customer=customers.customer("Initech"), at=NIGHT)
    Customer.objects.filter(name="Enterprise ABC").update(name="ABC")
    CustomerAlias.objects.create(customer=Customer.objects.get(name="ABC"), name="Enterprise ABC")
    IncidentStatus.objects.filter(slug="investigating").update(name="Looking")

    update = type(update).objects.select_related("incident").get()
    same = given("Posts fial.", seen=1, next_at=update.next_at)
    with pytest.raises(Refused, match="Nothing is changed"):
        correct(update=update, given=same, reason="spelling", by=by, at=NIGHT + 40 * MINUTE)
    mended = given("Posts fail.", seen=1, next_at=update.next_at)
    correct(update=update, given=mended, reason="spelling", by=by, at=NIGHT + 40 * MINUTE)
    old, new = update.versions.order_by("number")
    assert new.internal == old.internal.replace("fial", "fail")
    assert new.internal.startswith("### Enterprise ABC SEV1 outage - 3:17amET update\n\n#### Status: Investigating\n")
    drawn = correction_of(type(update).objects.select_related("incident__status", "status").get(), person=by, at=NIGHT)
    assert "SEV1 outage - 3:17amET" in drawn.readings[0].html


def test_an_update_that_was_headed_by_the_wrong_customer_is_corrected_to_the_right_one() -> None:
    row, by = factories.incident(customer=customers.customer("Wrong Ltd")), engineer()
    update = publish(incident=row, given=given(), by=by, at=NIGHT + MINUTE)
    IncidentCustomer.objects.filter(incident=row).update(customer=customers.customer("Initech"))
    told = given(seen=1, next_at=update.next_at)
    correct(update=update, given=told, reason="it is Initech", by=by, at=NIGHT + 2 * MINUTE)
    assert update.versions.get(number=2).internal.startswith("### Initech SEV1 outage - 3:05amET update")


def test_a_correction_says_the_status_and_the_promise_that_it_corrects() -> None:
    row, by = factories.incident(), engineer()
    update = publish(incident=row, given=given(), by=by, at=NIGHT + MINUTE)
    mended = given(status="identified", seen=1, next_at=NIGHT + 20 * MINUTE)
    correct(update=update, given=mended, reason="we know it", by=by, at=NIGHT + 2 * MINUTE)
    text = update.versions.get(number=2).internal
    assert "#### Status: Identified" in text and "Next update will be shared at 3:24amET." in text


# ---- Whom it goes to --------------------------------------------------------------------


@dataclass(frozen=True)
class Sent:
    """An update that has come everywhere, the customer's reading too: the mail boxes of a list of executives, of one
    of ours and of one of the customer's, the escalation's thread, the customer's page and a reader who follows it."""

    row: Incident
    update: Update
    by: Person
    link: StatusLink


@pytest.fixture
def sent() -> Sent:
    by, at = engineer(), clock.now() - 60 * MINUTE
    northwind, told = customers.customer("Northwind"), StakeholderList.objects.create(
        name="Board", severity=Severity.SEV1, at=NIGHT)
    for name in ("ceo", "cto"):
        Stakeholder.objects.create(list=told, email=f"{name}@example.com")
    escalation = escalations.escalation(customer=northwind)
    row = factories.incident(customer=northwind, escalation=escalation, commander=by, at=at)
    default_targets(incident=row, at=at)
    for reading, address in ((Reading.INTERNAL, "ours@example.com"), (Reading.CUSTOMER, "ana@northwind.example")):
        add_target(incident=row, kind=TargetKind.MAIL, reading=reading, address=address, by=by, at=at)
    link, _ = linked(row, northwind, by)
    follower(link)
    update = flow.publish(incident=row, given=told_of(), by=by, at=at + 10 * MINUTE)
    approve(approval=Approval.objects.get(), by=people.person(PersonRole.LEAD), at=at + 11 * MINUTE)
    arrived(at + 11 * MINUTE)
    return Sent(row, update, by, link)


def told_of(**more: Any) -> Given:
    return given(**{"summary": "Posts fail.", "impact": "Nobody posts.", "technical": "The cash is cold."} | more)


def arrived(at: datetime) -> None:
    """All of it leaves."""
    Delivery.objects.filter(state=Way.WAITING).update(state=Way.SENT, sent_at=at)
    for row in UpdateDelivery.objects.filter(waits=False, target__kind=TargetKind.ESCALATION, told=""):
        thread_due(str(row.pk), at)
    UpdateDelivery.objects.filter(delivery__state=Way.SENT, done_at=None).update(done_at=at)


def mended(sent: Sent, **more: Any) -> list[str]:
    """Correct it. To whom that left, but the channels."""
    update = Update.objects.select_related("incident").get(pk=sent.update.pk)
    at, known = update.at + 5 * update.version * MINUTE, set(Delivery.objects.values_list("pk", flat=True))
    given_ = told_of(**{"seen": update.version, "next_at": update.next_at} | more)
    flow.correct(update=update, given=given_, reason="a slip", by=sent.by, at=at)
    arrived(at)
    return sorted(Delivery.objects.exclude(pk__in=known).filter(topic="mail.send").exclude(
        purpose="incident").values_list("payload__to", flat=True))


def unchanged(sent: Sent) -> set[str]:
    lines = receipts_of(Incident.objects.get(pk=sent.row.pk), at=clock.now()).lines
    return {line.label for line in lines if line.words == "Unchanged, not sent again."}


def test_a_word_of_the_technical_notes_goes_to_those_alone_who_read_them(sent: Sent) -> None:
    escalation, page = sent.row.escalation, page_of(sent.row, sent.link.customer, clock.now()).told
    assert escalation is not None
    said = escalation.messages.count()
    assert mended(sent, technical="The cache is cold.") == ["ours@example.com"]
    assert escalation.messages.count() == said
    assert unchanged(sent) == {
        "Board (2)", "Mail, ana@northwind.example", f"Thread of E-{escalation.pk}", "Customer's status page"}
    shown = page_of(sent.row, sent.link.customer, clock.now()).told
    assert shown == page and not shown[0].corrected
    [marks] = marks_of([sent.update.pk]).values()
    assert [one.words for one in marks if "unchanged" in one.words] == ["5 unchanged, not sent again"]


def test_what_the_customer_reads_goes_to_everybody_who_reads_it_and_says_that_it_corrects(sent: Sent) -> None:
    assert mended(sent, customer="You cannot post.") == []  # it waits for a second person
    approval = Approval.objects.get(state="asked")
    approve(approval=approval, by=people.person(PersonRole.LEAD), at=clock.now())
    fresh = Delivery.objects.filter(topic="mail.send", state=Way.WAITING).exclude(purpose="incident")
    assert sorted(fresh.values_list("payload__to", flat=True)) == ["ana@northwind.example", "ana@northwind.example"]
    assert page_of(sent.row, sent.link.customer, clock.now()).told[0].corrected
    assert unchanged(sent) == {"Board (2)", "Mail, ours@example.com"}


def test_a_correction_back_again_goes_to_whom_the_last_one_came_and_to_nobody_else(sent: Sent) -> None:
    assert mended(sent, technical="The cache is cold.") == ["ours@example.com"]
    assert mended(sent) == ["ours@example.com"]
    assert mended(sent, impact="A few can post.", customer_impact="Nobody posts.") == [
        "ceo@example.com", "cto@example.com", "ours@example.com"]


def test_whom_nothing_reached_gets_the_correction_whatever_it_changes(sent: Sent) -> None:
    lost = Delivery.objects.get(payload__to="ceo@example.com")
    UpdateDelivery.objects.filter(delivery=lost).update(done_at=None)
    Delivery.objects.filter(pk=lost.pk).update(state=Way.FAILED)
    asked = Delivery.objects.get(payload__to="cto@example.com")
    UpdateDelivery.objects.filter(delivery=asked).update(done_at=None)
    Delivery.objects.filter(pk=asked.pk).update(state=Way.FAILED, unanswered_at=NIGHT)  # nobody knows whether it came
    assert mended(sent, technical="The cache is cold.") == ["ceo@example.com", "cto@example.com", "ours@example.com"]
    lost.refresh_from_db()
    assert lost.state == Way.DROPPED  # and what failed is not tried again


def test_the_composer_says_which_reading_a_correction_leaves_as_it_was(sent: Sent) -> None:
    update = Update.objects.select_related("incident__status", "status").get(pk=sent.update.pk)
    typed = Typed.of({**update.versions.get().values, "technical": "The cache is cold."})
    drawn = correction_of(update, person=sent.by, at=clock.now(), given=typed)
    assert [one.same for one in drawn.readings] == [False, True, True]


# ---- When the incident is over ----------------------------------------------------------


def test_of_a_closed_incident_the_words_are_corrected_and_nothing_else_happens(sent: Sent, client: Client) -> None:
    row = resolve(incident=sent.row, by=sent.by, at=sent.update.at + 2 * MINUTE)
    settle_promise(incident=row, update=None, at=sent.update.at + 3 * MINUTE)
    Incident.objects.filter(pk=row.pk).update(state=State.CLOSED, closed_at=clock.now())
    then, pages = Incident.objects.filter(pk=row.pk).values(*STANDS).get(), Page.objects.count()
    client.force_login(sent.by)
    url = reverse("incidents:correct", args=[row.pk, 1])
    shown = client.get(url).content.decode()
    assert "The incident is closed, and stays so" in shown and 'name="next"' not in shown
    typed = {"do": "send", "what": "spelling", "seen": "1", "key": "k", "aimed": "1", "summary": "Posts fail.",
             "impact": "Nobody posts.", "technical": "The cache is cold.", "status": "resolved", "next": "8am"}
    client.post(url, typed | {"boxes": "1", "with_impact": "on", "with_bridge": "on"})
    version = UpdateVersion.objects.get(of=sent.update, number=2)
    assert "The cache is cold." in version.internal and version.customer == sent.update.versions.get(number=1).customer
    assert Incident.objects.filter(pk=row.pk).values(*STANDS).get() == then
    assert Update.objects.get().status.slug == "investigating"
    assert not Promise.objects.filter(incident=row, state=PromiseState.OPEN).exists()
    assert list(IncidentEvent.objects.filter(incident=row, at__gt=sent.update.at + 3 * MINUTE).exclude(
        what=What.DELIVERED).values_list("what", flat=True)) == [What.CORRECTED]
    assert Page.objects.count() == pages


def test_of_a_merged_incident_nothing_is_corrected_and_no_page_offers_it(sent: Sent, client: Client) -> None:
    into = factories.incident(commander=sent.by)
    client.force_login(sent.by)
    page, url = (reverse(f"incidents:{name}", args=[sent.row.pk, 1]) for name in ("update", "correct"))
    assert url in client.get(page).content.decode()
    Incident.objects.filter(pk=sent.row.pk).update(state=State.MERGED, merged_into=into)
    assert url not in client.get(page).content.decode()
    assert client.get(url)["Location"] == page
    with pytest.raises(Refused, match="It was merged"):
        mended(sent, technical="The cache is cold.")
