"""Whatever befalls an incident is a line of its timeline by itself, with who and when: one story in which all of it
happens."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from customers.models import Contact
from customers.tests import factories as customers
from incidents.actions import (
    after,
    approvals,
    changing,
    evidence,
    followups,
    links,
    merging,
    notes,
    roles,
    states,
    steps,
)
from incidents.actions import retrospective as retro
from incidents.actions.arrivals import settle_delivery
from incidents.actions.asking import ask_for_update
from incidents.actions.channel import settle_channel
from incidents.actions.chat import Marked, take_marked
from incidents.actions.hour import ring_hour
from incidents.actions.patch import Moved, move_patch
from incidents.actions.promises import stop_updates
from incidents.actions.reminding import remind_of_dates
from incidents.actions.snoozing import snooze
from incidents.actions.targets import add_target
from incidents.actions.updates import Given
from incidents.choices import (
    Decision,
    Kind,
    PatchStage,
    PatchState,
    Reading,
    Role,
    Severity,
    TargetKind,
    What,
)
from incidents.models import Approval, Incident, IncidentEvent, IncidentStatus, Retrospective, Update
from incidents.queries.timeline import entry_of
from incidents.rules.updates.form import Entry
from incidents.tests import factories
from integrations.outbox.choices import State as Way
from integrations.outbox.models import Delivery
from people.choices import Role as PersonRole
from people.models import Person
from people.tests import factories as people
from portal.flows.incidents.after import To, send_retro
from portal.flows.incidents.pages import tell_page
from portal.flows.incidents.promises import ring_promises
from portal.flows.incidents.publishing import correct, publish
from portal.flows.incidents.tickets import tell_ticket
from tickets.tests.factories import make_change, make_ticket

pytestmark = pytest.mark.django_db
NIGHT, MINUTE, HOUR = factories.NIGHT, timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def who() -> dict[str, Person]:
    return {name: people.person(PersonRole.ENGINEER, name=f"{name} Person") for name in ("Leads", "Reads")}


def now(row: Incident) -> Incident:
    return Incident.objects.get(pk=row.pk)


def given(row: Incident, summary: str, **more: object) -> Given:
    told = Given(Entry(summary=summary), status=now(row).status.slug, key=uuid.uuid4().hex, seen=now(row).updates)
    return replace(told, **more)  # type: ignore[arg-type]


def led(row: Incident, by: Person, other: Person) -> None:
    """People, what is known, whom it concerns."""
    initech = customers.customer("Initech")
    changing.edit(incident=row, values={"title": "Posts fail"}, by=by, at=NIGHT)
    states.change_severity(incident=row, severity=Severity.SEV2, reason="A way around", by=by, at=NIGHT)
    states.change_status(incident=row, status=IncidentStatus.objects.get(slug="identified"), by=by, at=NIGHT)
    changing.add_customer(incident=row, customer=initech, by=by, at=NIGHT)
    changing.remove_customer(incident=row, customer=initech, by=by, at=NIGHT)
    roles.let_in(incident=row, person=other, by=by, at=NIGHT)
    roles.set_private(incident=row, private=True, by=by, at=NIGHT)
    roles.set_private(incident=row, private=False, by=by, at=NIGHT)
    channel = Delivery(pk=0, state=Way.FAILED, fault="It is archived.", payload={"incident": row.pk})
    settle_channel(delivery=channel, at=NIGHT)


def worked(row: Incident, by: Person, other: Person) -> None:
    """The playbook, its evidence, the fix and its ticket."""
    steps.finish_step(incident=row, key="channel", by=by, at=NIGHT)
    steps.open_step(incident=row, key="channel", by=by, at=NIGHT)
    steps.skip_step(incident=row, key="people", reason="They are here", by=by, at=NIGHT)
    steps.change_step(incident=row, key="call", owner=other, due_at=NIGHT, note="", by=by, at=NIGHT)
    steps.enter_stage(incident=row, number=2, by=by, at=NIGHT)
    found = evidence.attach(incident=row, given=evidence.Given(text="97 % CPU"), by=by, at=NIGHT)
    evidence.take_off(evidence=found, by=by, at=NIGHT)
    move_patch(incident=row, stage=PatchStage.CANDIDATE, moved=Moved(PatchState.UNDER_WAY), by=by, at=NIGHT)
    ticket = make_ticket()
    changing.link_ticket(incident=row, ticket=ticket, by=by, at=NIGHT)
    make_change(ticket, "status", "To Do", "In Progress", at=NIGHT + MINUTE)
    tell_ticket(incident=row, at=NIGHT + MINUTE)


def spoken(row: Incident, by: Person, other: Person) -> None:
    """Updates, their readers and their ways; what is promised; the channel, a note, a customer's page."""
    mail = {"kind": TargetKind.MAIL, "reading": Reading.EXECUTIVE, "by": by, "at": NIGHT}
    for address in ("ceo@ours.example", "cto@ours.example"):
        add_target(incident=row, address=address, **mail)  # type: ignore[arg-type]
    ring_promises(NIGHT + 5 * MINUTE)
    snooze(incident=row, minutes=5, reason="On the bridge", by=by, at=NIGHT + 8 * MINUTE)
    ask_for_update(incident=row, by=other, at=NIGHT + 9 * MINUTE)
    first = publish(incident=row, given=given(row, "One"), by=by, at=NIGHT + 10 * MINUTE)
    approvals.send_back(approval=Approval.objects.get(), reason="Kinder", by=other, at=NIGHT + 11 * MINUTE)
    correct(update=first, given=given(row, "One and a half", seen=1), reason="Kinder", by=by, at=NIGHT + 12 * MINUTE)
    approvals.approve(approval=Approval.objects.latest("pk"), by=other, at=NIGHT + 13 * MINUTE)
    publish(incident=row, given=given(row, "Two", override="Nobody is awake"), by=by, at=NIGHT + 14 * MINUTE)
    sent, failed = Delivery.objects.filter(topic="mail.send", purpose="incident.update").order_by("-pk")[:2]
    for one, state in ((failed, Way.FAILED), (sent, Way.SENT)):
        one.state, one.sent_at, one.fault = state, NIGHT + 15 * MINUTE, "No such box."
        one.save()
        settle_delivery(delivery=one, at=NIGHT + 15 * MINUTE)
    post = Marked("p1", NIGHT + 16 * MINUTE, "priya.v", "Priya V", "It is the cache", "https://chat.example/p1")
    take_marked(incident=row, posts=[post], seen=None, at=NIGHT + 17 * MINUTE)
    noted = notes.note(incident=row, text="Seen it", key="k", by=by, at=NIGHT + 18 * MINUTE)
    for pinned in (True, False):
        notes.pin(event=noted, pinned=pinned, by=by, at=NIGHT + 18 * MINUTE)
    notes.take_back(event=noted, by=by, at=NIGHT + 18 * MINUTE)
    notes.put_back(event=noted, by=by, at=NIGHT + 18 * MINUTE)
    link, _ = links.make_link(incident=row, customer=row.customers.get().customer, ends_at=NIGHT + 9 * HOUR, by=by,
                              at=NIGHT)
    links.revoke_link(link=link, by=by, at=NIGHT)
    ring_hour(incident=row, at=NIGHT + 2 * HOUR)


def over(row: Incident, by: Person, other: Person) -> None:
    """Resolved, looked back on, closed, and open again."""
    states.change_status(incident=row, status=IncidentStatus.objects.get(slug="monitoring"), by=by, at=NIGHT + 3 * HOUR)
    stop_updates(incident=row, by=by, at=NIGHT + 3 * HOUR)
    states.resolve(incident=row, by=by, at=NIGHT + 4 * HOUR)
    after.note_watched(incident=row, at=NIGHT + 28 * HOUR)
    after.confirm(incident=row, who="Alice Evans", by=by, at=NIGHT + 28 * HOUR)
    remind_of_dates(incident_id=row.pk, at=NIGHT + 29 * HOUR)
    followups.add_action(incident=row, given=followups.Given("Add a test"), by=by, at=NIGHT + 30 * HOUR)
    later = NIGHT + 31 * HOUR
    retro.save_texts(incident=row, texts={"summary": "s", "root_cause": "r"}, cause="code", seen=1, by=by, at=later)
    retro.hold_retro(incident=row, on=later.date(), by=by, at=later)
    retro.draft_retro(incident=row, by=by, at=later)

    def version() -> int:
        return Retrospective.objects.get(incident=row).version

    retro.save_customer_text(incident=row, text="It was a cache.", seen=version(), by=by, at=later)
    retro.review_customer_text(incident=row, fine=True, why="", seen=version(), by=other, at=later)
    alice = Contact.objects.create(customer=row.customers.get().customer, name="Alice", email="alice@abc.example")
    send_retro(incident=row, to=To((alice,)), seen=version(), by=by, at=later)
    retro.close(incident=row, cause="code", why="", by=by, at=later)
    states.reopen(incident=row, reason="It is down again", by=by, at=later)
    twin = factories.incident(customer=row.customers.get().customer, commander=other, at=later)
    merging.merge(incident=twin, into=row, reason="The same", by=by, at=later)


def ours(row: Incident, by: Person, other: Person) -> None:
    """What is decided of our own server."""
    mine = factories.incident(kind=Kind.COMMUNITY, customers=(), commander=by)
    changing.decide(incident=mine, decision=Decision.REVERT, reason="It broke", by=by, at=NIGHT)


def test_everything_that_befalls_an_incident_is_a_line_with_who_and_when(who: dict[str, Person]) -> None:
    by, other = who["Leads"], who["Reads"]
    row = factories.incident(commander=by, roles={Role.COMMANDER: by, Role.DEPUTY: other},
                             customer=customers.customer("Enterprise ABC"))
    tell_page(incident=row, at=NIGHT)
    parts: list[Callable[[Incident, Person, Person], None]] = [led, worked, spoken, over, ours]
    for part in parts:
        part(row, by, other)
    assert set(What) - {What(one) for one in IncidentEvent.objects.values_list("what", flat=True)} == set()
    drawn = [entry_of(line) for line in IncidentEvent.objects.select_related("by", "update")]
    assert all(one.words and one.at for one in drawn)
    assert Update.objects.filter(incident=row).count() == 2
    told = {What(line.what): entry_of(line).who for line in IncidentEvent.objects.select_related("by", "update")}
    assert (told[What.NOTE], told[What.CHAT], told[What.APPROVED]) == (by.name, "Priya V", other.name)
