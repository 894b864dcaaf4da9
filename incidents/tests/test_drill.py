"""A drill stays among those who take part in it, by whatever door it could leave."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from customers.models import Contact
from customers.tests import factories as customers
from escalations.tests import factories as escalations
from incidents.actions import changing, roles, states, steps
from incidents.actions.arrivals import settle_delivery
from incidents.actions.asking import ask_for_update
from incidents.actions.base import Refused
from incidents.actions.followups import Given, add_action, ask_ticket
from incidents.actions.hour import ring_hour
from incidents.actions.links import make_link
from incidents.actions.retrospective import refuse_to_send
from incidents.actions.roles import let_in
from incidents.actions.sending import send
from incidents.actions.stakeholders import Told, add_member, make_list
from incidents.actions.states import resolve
from incidents.actions.subscribing import ask_to_follow, mail_subscribers
from incidents.choices import Reading, Severity, TargetKind, What
from incidents.choices import Role as Part
from incidents.models import Incident, IncidentEvent, Retrospective, Target, UpdateDelivery
from incidents.queries.arrivals import marks_of
from incidents.queries.executives import OUR_EXECUTIVES
from incidents.queries.receipts import KEPT, MOVING, receipts_of
from incidents.tests import factories
from incidents.tests.test_public import follower, linked, told
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from people.tests import factories as people
from portal.common import clock
from portal.flows.incidents.after import To, send_retro
from portal.flows.incidents.followers import needless_letter, needless_question
from portal.flows.incidents.thread import thread_due
from portal.flows.incidents.weights import weigh
from tickets.models import TicketWeight
from tickets.tests.factories import make_ticket

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ines() -> Person:
    return people.person(Role.ENGINEER, name="Ines Moreau", email="ines@ours.example")


def drill(ines: Person, **more: Any) -> Incident:
    row = factories.incident(commander=ines, drill=True, at=clock.now() - 60 * MINUTE, **more)
    Incident.objects.filter(pk=row.pk).update(channel="inc-drill")
    return Incident.objects.get(pk=row.pk)


def lists(row: Incident, ines: Person) -> tuple[str, str]:
    """A list with one of its people, one of us and somebody outside; and one without any of its people."""
    found = []
    for name, members in (("all", [ines, people.person(Role.ENGINEER)]), ("others", [people.person(Role.EXECUTIVE)])):
        made = make_list(told=Told(name, Severity.SEV3, Reading.INTERNAL, None), by=ines, at=row.at)
        for one in members:
            add_member(row=made, by=ines, at=row.at, person=one)
        add_member(row=made, by=ines, at=row.at, email=f"{name}@outside.example")
        found.append(f"list:{made.pk}")
    return found[0], found[1]


def test_updates_of_a_drill_reach_its_own_channel_and_its_people_and_all_others_say_so(ines: Person) -> None:
    row, watcher = drill(ines), people.person(Role.SUPPORT, email="Watcher@ours.example")
    let_in(incident=row, person=watcher, by=ines, at=row.at)
    asked, (mixed, others) = escalations.escalation(), lists(row, ines)
    inside, executive, theirs = Reading.INTERNAL, Reading.EXECUTIVE, Reading.CUSTOMER
    wanted = {  # what is sent where
        (TargetKind.CHANNEL, inside, "inc-drill"): [""], (TargetKind.CHANNEL, inside, "set-team"): None,
        (TargetKind.CHANNEL, theirs, "shared-with-them"): None, (TargetKind.MAIL, inside, "boss@outside.example"): None,
        (TargetKind.MAIL, inside, "watcher@ours.example"): [""],
        (TargetKind.MAIL, inside, mixed): ["ines@ours.example"],
        (TargetKind.MAIL, inside, others): None, (TargetKind.MAIL, executive, OUR_EXECUTIVES): None,
        (TargetKind.MAIL, theirs, "ana@there.example"): None, (TargetKind.MAIL, theirs, "ines@ours.example"): None,
        (TargetKind.JIRA, inside, str(make_ticket().pk)): None, (TargetKind.STATUS_PAGE, theirs, ""): None,
        (TargetKind.ESCALATION, theirs, str(asked.pk)): None,
    }
    Target.objects.filter(incident=row).delete()
    targets = [Target.objects.create(incident=row, kind=kind, reading=reading, address=address, at=row.at,
                                     label=f"{kind} {address or 'page'}") for kind, reading, address in wanted]
    version = told(row, ines).versions.get()
    UpdateDelivery.objects.all().delete()
    Delivery.objects.filter(purpose="incident.update").delete()
    for _ in range(2):
        send(version=version, targets=targets, at=row.at + 20 * MINUTE)
    for target, (place, sent) in zip(targets, wanted.items(), strict=True):
        rows = UpdateDelivery.objects.filter(target=target)
        assert [(one.address, one.delivery is not None, one.waits, one.done_at) for one in rows] == (
            [(address, True, False, None) for address in sent] if sent else [("", False, False, None)]), place
        thread_due(str(rows[0].pk), row.at + 30 * MINUTE)
    assert not asked.messages.filter(text__contains="look into").exists()
    lines = {line.label: (line.tone, line.words) for line in receipts_of(Incident.objects.get(pk=row.pk),
                                                                         at=clock.now()).lines}
    assert sum(one == (KEPT, "Drill: not sent.") for one in lines.values()) == sum(not one for one in wanted.values())
    assert not mail_subscribers(version, clock.now())


def test_every_message_of_a_drill_says_so_where_it_begins(ines: Person) -> None:
    row, other = drill(ines), people.person(Role.ENGINEER)
    roles.hand_over(incident=row, role=Part.DEPUTY, to=other, by=ines, at=row.at)
    let_in(incident=row, person=people.person(Role.SUPPORT), by=ines, at=row.at)
    steps.change_step(incident=row, key="call", owner=other, due_at=None, note="", by=ines, at=row.at)
    ask_for_update(incident=row, by=other, at=row.at + MINUTE)
    ring_hour(incident=row, at=row.at + 61 * MINUTE)
    states.resolve(incident=row, by=ines, at=row.at + 62 * MINUTE)
    states.reopen(incident=row, reason="Again", by=ines, at=row.at + 63 * MINUTE)
    sent = Delivery.objects.filter(purpose="incident")
    assert sent.count() >= 6
    assert not [str(one.payload) for one in sent if f"Drill: {row}" not in str(one.payload)]


def test_nobody_has_to_mend_what_a_drill_does_not_send_and_what_arrived_is_told(ines: Person) -> None:
    row = drill(ines)
    Target.objects.filter(incident=row).delete()
    Target.objects.create(incident=row, kind=TargetKind.CHANNEL, reading=Reading.INTERNAL, address="set-team",
                          label="~set-team", at=row.at)
    update = told(row, ines)
    found = receipts_of(Incident.objects.get(pk=row.pk), at=clock.now())
    assert found.failed == 0
    assert {(one.label, one.tone, one.row) for one in found.lines} == {
        ("~set-team", KEPT, None), ("~inc-drill", MOVING, None)}
    assert [one.words for one in marks_of([update.pk])[update.pk]] == ["1 on the way", "1 not sent: a drill"]
    [post] = Delivery.objects.filter(purpose="incident.update")
    Delivery.objects.filter(pk=post.pk).update(state=State.SENT, sent_at=clock.now())
    post.refresh_from_db()
    settle_delivery(delivery=post, at=clock.now())
    [line] = IncidentEvent.objects.filter(incident=row, what=What.DELIVERED)  # it waits for nothing that never goes
    assert line.to_value == "Update 1 arrived: ~inc-drill"
    assert not IncidentEvent.objects.filter(incident=row, what=What.FAILED).exists()


def test_the_doors_to_customers_and_tickets_are_shut_for_a_drill(ines: Person) -> None:
    theirs, ticket = customers.customer(), make_ticket()
    row = factories.incident(customer=theirs, commander=ines, at=clock.now() - 60 * MINUTE)
    link, _ = linked(row, theirs, ines)
    who = follower(link)
    question = ask_to_follow(link=link, email="eve@northwind.example", at=clock.now())
    letter = Delivery(key=f"inc-follower-{who.pk}-1", purpose="incident.follower")
    assert question is not None and not needless_question(question) and not needless_letter(letter)
    changing.link_ticket(incident=row, ticket=ticket, by=ines, at=row.at)
    changing.set_drill(incident=row, drill=True, by=ines, at=row.at + MINUTE)
    row = Incident.objects.get(pk=row.pk)
    assert needless_question(question) and needless_letter(letter)
    with pytest.raises(Refused, match="drill"):
        make_link(incident=row, customer=theirs, ends_at=clock.now() + timedelta(days=1), by=ines, at=clock.now())
    assert not weigh(incident=row, at=clock.now()) and not TicketWeight.objects.exists()
    done = resolve(incident=row, by=ines, at=clock.now())
    retro = Retrospective.objects.get(incident=done)
    with pytest.raises(Refused, match="drill"):
        refuse_to_send(done, retro)
    ana = Contact.objects.create(customer=theirs, name="Ana", email="ana@northwind.example")
    with pytest.raises(Refused, match="drill"):
        send_retro(incident=done, to=To((ana,)), seen=retro.version, by=ines, at=clock.now())
    assert not Delivery.objects.filter(payload__to="ana@northwind.example").exists()


def test_the_ticket_of_an_action_of_a_drill_says_that_it_is_of_one(ines: Person, settings: Any) -> None:
    settings.ENV = dataclasses.replace(settings.ENV, jira=dataclasses.replace(
        settings.ENV.jira, base_url="http://127.0.0.1:9", email="a@b.test", api_token="x"))
    for number, marked in enumerate((True, False)):
        row = factories.incident(commander=ines, drill=marked)
        action = add_action(incident=row, given=Given("Write down who calls whom"), by=ines, at=row.at)
        asked = ask_ticket(action=action, by=ines, at=row.at)
        assert asked is not None
        fields = asked.payload["fields"]
        assert ("drill" in fields["labels"], fields["summary"].startswith("Drill: ")) == (marked, marked), number
