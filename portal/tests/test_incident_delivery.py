"""An incident's channel and its updates, sent to the sandbox over HTTP: each once, in order, whatever fails."""

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as now_settings

from customers.tests import factories as customers
from escalations.models import Message
from escalations.tests import factories as escalations
from incidents.actions import approvals, changing, roles, steps
from incidents.actions.sending import PURPOSE
from incidents.actions.targets import CHANNEL, add_target, default_targets, remove_target
from incidents.actions.updates import Given
from incidents.choices import Reading, Role, Severity, TargetKind, What
from incidents.models import (
    Approval,
    Incident,
    IncidentEvent,
    IncidentSettings,
    Stakeholder,
    StakeholderList,
    Target,
    Update,
    UpdateDelivery,
)
from incidents.queries.receipts import FAILED, MOVING, SENT, WAITS, receipts_of
from incidents.rules.updates.form import Entry
from incidents.tests import factories
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from integrations.sandbox.testing import Sandbox, run_sandbox
from people.choices import Role as PersonRole
from people.models import Person
from people.tests import factories as people
from portal import flows
from portal.common import clock
from portal.env import Mattermost
from portal.flows.incidents.changed import incident_changed
from portal.flows.incidents.chat import read_chats
from portal.flows.incidents.mending import mend_channel, retry
from portal.flows.incidents.publishing import correct, publish
from portal.flows.incidents.thread import thread_due

pytestmark = pytest.mark.django_db
SET = "sustained-engineering"


@pytest.fixture(scope="module")
def site() -> Iterator[Sandbox]:
    with run_sandbox(issues=1) as sandbox:
        yield sandbox


@pytest.fixture
def chat(site: Sandbox) -> Iterator[Sandbox]:
    before = now_settings.ENV
    config = Mattermost(base_url=site.mattermost_url, bot_token=site.mattermost_token, team=site.mattermost_team)
    now_settings.ENV = dataclasses.replace(before, mattermost=config, outbox_settle=0.0)
    yield site
    now_settings.ENV = before
    site.clear_faults(chat=True)


def declared(**more: Any) -> Incident:
    """An incident of this moment, so that Mattermost's clock and its own agree."""
    ines = people.person(PersonRole.ENGINEER, name="Ines Okafor", mattermost_name="ines.okafor")
    return factories.incident(commander=ines, at=clock.now() - timedelta(minutes=2), **more)


def settled(incident: Incident, *, later: timedelta = timedelta()) -> Incident:
    """The incident once what its last change sets off is done, and the worker has tried whatever is due."""
    incident.refresh_from_db()
    incident_changed(incident=incident, at=clock.now())
    work(later)
    incident.refresh_from_db()
    return incident


def work(later: timedelta = timedelta()) -> None:
    for _ in range(4):  # what waited for another one goes in the next round
        at = clock.now() + later
        for one in Delivery.objects.due(at).filter(purpose__in=[PURPOSE, CHANNEL]).order_by("pk"):
            flows.deliver(delivery_id=one.pk, at=at)


def given(number: int, summary: str = "", **more: Any) -> Given:
    entry = Entry(summary=summary or f"We are on it, {number}.", impact="Messages fail.", technical="UserStore.Count.",
                  expected="not known yet")
    return Given(entry=entry, status=more.pop("status", "investigating"), key=f"form-{number}", seen=number - 1, **more)


def published(incident: Incident, number: int, **more: Any) -> Update:
    by: Person = incident.declared_by or people.person(PersonRole.ENGINEER)
    return publish(incident=incident, given=given(number, **more), by=by, at=clock.now())


def posts(chat: Sandbox, name: str) -> list[dict[str, Any]]:
    """What stands in a channel, the oldest first, without the server's own lines."""
    channel = chat.mattermost("GET", f"teams/name/community/channels/name/{name}?include_deleted=true").json()
    told = chat.mattermost("GET", f"channels/{channel['id']}/posts?per_page=200").json()["posts"].values()
    return sorted((one for one in told if not one["type"]), key=lambda one: one["create_at"])


def lines(incident: Incident, *kinds: What) -> list[str]:
    rows = IncidentEvent.objects.filter(incident=incident, what__in=kinds).order_by("pk")
    return list(rows.values_list("to_value", flat=True))


def marked(chat: Sandbox, incident: Incident, text: str, emoji: str = "pushpin", user: str = "priya.v") -> str:
    chat.mattermost("POST", f"channels/{incident.channel_id}/members", json={"user_id": user_id(chat, user)})
    post = chat.mattermost("POST", "posts", user=user, json={"channel_id": incident.channel_id, "message": text}).json()
    if emoji:
        mark(chat, str(post["id"]), emoji, user)
    return str(post["id"])


def mark(chat: Sandbox, post: str, emoji: str, user: str) -> None:
    body = {"user_id": user_id(chat, user), "post_id": post, "emoji_name": emoji}
    assert chat.mattermost("POST", "reactions", user=user, json=body).status_code == 201


def user_id(chat: Sandbox, name: str) -> str:
    return str(chat.mattermost("GET", f"users/username/{name}").json()["id"])


# ---- The channel


def test_the_channel_is_made_once_with_its_header_and_its_people(chat: Sandbox) -> None:
    row = settled(declared())
    channel = chat.mattermost("GET", f"channels/{row.channel_id}").json()
    assert channel["name"] == row.channel and channel["type"] == "O"
    assert "**SEV1**" in channel["header"] and f"[I-{row.pk}]" in channel["header"]
    members = {one["user_id"] for one in chat.mattermost("GET", f"channels/{row.channel_id}/members").json()}
    assert user_id(chat, "ines.okafor") in members
    assert lines(row, What.CHANNEL) == [f"The channel ~{row.channel} is there"]
    settled(row)
    assert Delivery.objects.filter(purpose=CHANNEL).count() == 1


def test_the_header_follows_the_status_and_a_wish_that_waits_is_not_repeated(chat: Sandbox) -> None:
    row = settled(declared())
    published(row, 1, status="identified")
    chat.fault(chat=True, path="channels", status=503, times=2)
    settled(row)
    settled(row)
    assert Delivery.objects.filter(purpose=CHANNEL).count() == 2
    settled(row, later=timedelta(minutes=2))
    assert "**Identified**" in chat.mattermost("GET", f"channels/{row.channel_id}").json()["header"]


def test_a_private_incident_has_a_private_channel_that_names_no_customer(chat: Sandbox) -> None:
    abc = customers.customer("Enterprise ABC")
    row = settled(declared(customer=abc, private=True))
    assert chat.mattermost("GET", f"channels/{row.channel_id}").json()["type"] == "P" and "abc" not in row.channel


def members(chat: Sandbox, incident: Incident) -> set[str]:
    return {one["user_id"] for one in chat.mattermost("GET", f"channels/{incident.channel_id}/members").json()}


def test_whoever_is_taken_off_a_private_incident_leaves_its_channel_and_of_a_public_one_stays(chat: Sandbox) -> None:
    row, guest = settled(declared(private=True)), people.person(PersonRole.ENGINEER, mattermost_name="priya.v")
    by = row.declared_by or guest
    roles.let_in(incident=row, person=guest, by=by, at=clock.now())
    settled(row)
    assert user_id(chat, "priya.v") in members(chat, row)
    roles.let_out(incident=row, person=guest, by=by, at=clock.now())
    settled(row)
    assert user_id(chat, "priya.v") not in members(chat, row) and user_id(chat, "ines.okafor") in members(chat, row)
    roles.set_private(incident=row, private=False, by=by, at=clock.now())
    roles.let_in(incident=row, person=guest, by=by, at=clock.now())
    settled(row)
    roles.let_out(incident=row, person=guest, by=by, at=clock.now())
    settled(row)
    assert user_id(chat, "priya.v") in members(chat, row)
    roles.set_private(incident=row, private=True, by=by, at=clock.now())
    settled(row)
    assert user_id(chat, "priya.v") not in members(chat, row)


def test_whoever_cannot_be_put_out_of_the_channel_is_named(chat: Sandbox) -> None:
    row, guest = settled(declared(private=True)), people.person(PersonRole.ENGINEER, mattermost_name="priya.v")
    by = row.declared_by or guest
    roles.let_in(incident=row, person=guest, by=by, at=clock.now())
    settled(row)
    roles.let_out(incident=row, person=guest, by=by, at=clock.now())
    chat.fault(chat=True, path="/members/", method="DELETE", status=403, times=1)
    settled(row)
    line = IncidentEvent.objects.get(incident=row, to_value="Somebody is still in the channel")
    assert f"Taken off, but still in the channel: {guest.name}" in line.text


def test_name_and_purpose_of_the_channel_follow_the_incident(chat: Sandbox) -> None:
    wrong, right = customers.customer("Wrong Ltd"), customers.customer("Initech")
    row = settled(declared(drill=True, customer=wrong))
    told = chat.mattermost("GET", f"channels/{row.channel_id}").json()
    assert told["display_name"].startswith("Drill: ") and "Wrong Ltd" in told["display_name"]
    by = row.declared_by or people.person(PersonRole.ENGINEER)
    changing.set_drill(incident=row, drill=False, by=by, at=clock.now())
    changing.add_customer(incident=row, customer=right, by=by, at=clock.now())
    changing.remove_customer(incident=row, customer=wrong, by=by, at=clock.now())
    settled(row)
    told = chat.mattermost("GET", f"channels/{row.channel_id}").json()
    assert (told["display_name"], told["purpose"]) == (f"I-{row.pk} Initech", row.title)


def test_a_channel_whose_answer_was_lost_is_found_and_not_made_twice(chat: Sandbox) -> None:
    chat.fault(chat=True, path="/channels$", method="POST", drop="after")
    row = settled(declared())
    assert row.channel_id == ""
    row = settled(row, later=timedelta(minutes=2))
    assert row.channel_id != "" and lines(row, What.CHANNEL)[-1] == f"The channel ~{row.channel} is there"


def test_whoever_mattermost_does_not_know_is_named_and_keeps_nobody_out(chat: Sandbox) -> None:
    row = declared(roles={Role.COMMANDER: people.person(PersonRole.LEAD, name="No Body", mattermost_name="no.body")})
    row = settled(row)
    event = IncidentEvent.objects.get(incident=row, to_value="Somebody could not be added to the channel")
    assert "No Body" in event.text and row.channel_id


# ---- Updates


def test_an_update_goes_once_to_each_target_and_the_customer_waits_for_a_second_person(chat: Sandbox) -> None:
    row = settled(declared())
    update = published(row, 1)
    work()
    assert [one["message"] for one in posts(chat, row.channel)] == [update.versions.get().internal]
    assert sum(f"{update.versions.get().internal}" == one["message"] for one in posts(chat, SET)) == 1
    told = {line.label: line.tone for line in receipts_of(row, at=clock.now()).lines}
    assert told == {f"~{row.channel}": SENT, f"~{SET}": SENT, "Customer's status page": WAITS}
    again = publish(incident=row, given=given(1), by=row.declared_by, at=clock.now())  # type: ignore[arg-type]
    work()
    assert again == update and len(posts(chat, row.channel)) == 1
    approvals.approve(approval=Approval.objects.get(), by=people.person(PersonRole.LEAD), at=clock.now())
    assert {line.tone for line in receipts_of(row, at=clock.now()).lines} == {SENT}
    assert len(lines(row, What.DELIVERED)) == 1


def test_one_that_its_writer_keeps_among_us_goes_to_no_customer(chat: Sandbox) -> None:
    row = settled(declared())
    published(row, 1, customer=False)
    assert not UpdateDelivery.objects.filter(target__reading=Reading.CUSTOMER).exists()


def test_a_drill_reaches_no_customer_even_where_a_target_was_slipped_in(chat: Sandbox) -> None:
    row = settled(declared(drill=True, escalation=escalations.escalation()))
    Target.objects.create(incident=row, kind=TargetKind.MAIL, reading=Reading.CUSTOMER, address="cto@abc.test",
                          label="cto@abc.test", at=row.at)
    published(row, 1)
    work()
    assert not UpdateDelivery.objects.filter(target__reading=Reading.CUSTOMER).exists()
    assert posts(chat, row.channel)[0]["message"].startswith("**DRILL: nothing is down.**")


def test_a_private_incident_is_told_in_its_own_channel_alone_unless_somebody_ticks_more(chat: Sandbox) -> None:
    row, before = settled(declared(private=True)), len(posts(chat, SET))
    published(row, 1)
    work()
    assert len(posts(chat, row.channel)) == 1 and len(posts(chat, SET)) == before


def test_a_correction_edits_the_post_and_mails_that_it_corrects(chat: Sandbox) -> None:
    row = settled(declared())
    add_target(incident=row, kind=TargetKind.MAIL, reading=Reading.INTERNAL, address="Ops@example.com",
               by=row.declared_by, at=clock.now())  # type: ignore[arg-type]
    update = published(row, 1)
    work()
    correct(update=update, given=dataclasses.replace(given(1, "It is the cache."), seen=1, key="form-2"),
            reason="The cause was wrong", by=row.declared_by, at=clock.now())  # type: ignore[arg-type]
    work()
    [post] = posts(chat, row.channel)
    assert "It is the cache." in post["message"] and post["edit_at"] > 0
    mails = Delivery.objects.filter(topic="mail.send", payload__to="ops@example.com", purpose=PURPOSE).order_by("pk")
    assert [one.payload["subject"].startswith("Correction: ") for one in mails] == [False, True]
    assert "The cause was wrong" in mails[1].payload["text"]
    assert update.versions.count() == 2  # the old one stays readable


def test_a_correction_of_what_never_left_goes_in_its_place(chat: Sandbox) -> None:
    row = settled(declared())
    chat.mattermost("DELETE", f"channels/{row.channel_id}")
    update = published(row, 1)
    work()
    assert receipts_of(row, at=clock.now()).failed == 1
    chat.mattermost("POST", f"channels/{row.channel_id}/restore")
    correct(update=update, given=dataclasses.replace(given(1, "Better."), seen=1, key="form-2"), reason="Wrong",
            by=row.declared_by, at=clock.now())  # type: ignore[arg-type]
    work()
    [post] = posts(chat, row.channel)
    assert "Better." in post["message"] and receipts_of(row, at=clock.now()).failed == 0


def test_a_correction_of_a_post_that_somebody_deleted_is_posted_anew_and_the_next_one_edits_that(chat: Sandbox) -> None:
    row, ines = settled(declared()), people.person(PersonRole.LEAD)
    update = published(row, 1)
    work()
    chat.mattermost("DELETE", f"posts/{posts(chat, row.channel)[0]['id']}")
    for version, text in ((1, "Better."), (2, "Best.")):
        correct(update=update, given=dataclasses.replace(given(1, text), seen=version, key=f"c-{version}"),
                reason="Wrong", by=ines, at=clock.now())
        work()
    [post] = [one for one in posts(chat, row.channel) if not one["delete_at"]]
    assert "Best." in post["message"] and receipts_of(row, at=clock.now()).failed == 0


def test_what_is_published_before_the_channel_is_there_waits_for_it(chat: Sandbox) -> None:
    row = declared()
    published(row, 1)
    work()
    row.refresh_from_db()
    assert len(posts(chat, row.channel)) == 1 and receipts_of(row, at=clock.now()).failed == 0


def test_a_customer_among_several_reads_nothing_of_the_others(chat: Sandbox) -> None:
    abc, xyz = customers.customer("Enterprise ABC"), customers.customer("Xyz Bank")
    row = declared(customers=(abc, xyz))
    add_target(incident=row, kind=TargetKind.MAIL, reading=Reading.CUSTOMER, address="it@xyz.example", customer=xyz,
               by=people.person(PersonRole.LEAD), at=clock.now())
    published(row, 1, override="They are on the phone")
    mail = Delivery.objects.get(topic="mail.send", payload__to="it@xyz.example")
    assert "Xyz Bank" in mail.payload["subject"] and mail.payload["text"].startswith("### Xyz Bank SEV1 outage")
    assert "ABC" not in mail.payload["subject"] + mail.payload["text"]


def test_an_archived_channel_is_named_restored_and_gets_what_it_missed_in_order(chat: Sandbox) -> None:
    row, ines = settled(declared()), people.person(PersonRole.LEAD)
    chat.mattermost("DELETE", f"channels/{row.channel_id}")
    published(row, 1)
    published(row, 2)
    work()
    told = receipts_of(row, at=clock.now())
    assert told.channel is not None and told.channel.archived and "archived" in told.channel.words
    assert [line for line in lines(row, What.FAILED) if row.channel in line] == [
        f"Update 1 did not arrive: ~{row.channel}", f"Update 2 did not arrive: ~{row.channel}"]
    mend_channel(incident=row, by=ines, at=clock.now())
    work()
    assert ["We are on it, 1." in one["message"] for one in posts(chat, row.channel)] == [True, False]
    told = receipts_of(row, at=clock.now())
    assert told.channel is None and told.failed == 0
    assert lines(row, What.CHANNEL)[-1] == f"~{row.channel} was restored"
    assert lines(row, What.CHANNEL).count(f"~{row.channel} was restored") == 1
    assert [line for line in lines(row, What.DELIVERED) if row.channel in line] == [
        f"Update 1 arrived: ~{row.channel}", f"Update 2 arrived: ~{row.channel}"]


def test_a_channel_that_is_deleted_for_good_is_named_made_again_and_gets_what_it_missed(chat: Sandbox) -> None:
    row, ines = settled(declared()), people.person(PersonRole.LEAD)
    gone = row.channel_id
    chat.mattermost("DELETE", f"channels/{gone}?permanent=true")
    published(row, 1)
    work()
    told = receipts_of(row, at=clock.now())
    assert told.channel is not None and (told.channel.tone, told.channel.archived) == (FAILED, False)
    assert f"Update 1 did not arrive: ~{row.channel}" in lines(row, What.FAILED)
    mend_channel(incident=row, by=ines, at=clock.now())
    work()
    row.refresh_from_db()
    assert row.channel_id not in ("", gone)
    assert ["We are on it, 1." in one["message"] for one in posts(chat, row.channel)] == [True]
    assert receipts_of(row, at=clock.now()).failed == 0


def test_the_playbooks_first_step_is_done_once_the_channel_is_there_unless_somebody_settled_it(chat: Sandbox) -> None:
    row, done = declared(), "Done: Incident channel open, playbook started"
    assert lines(row, What.STEP) == []
    settled(row)
    settled(row)
    assert lines(row, What.STEP) == [done]
    ines = row.declared_by or people.person(PersonRole.LEAD)
    steps.open_step(incident=row, key="channel", by=ines, at=clock.now())
    settled(row)
    assert lines(row, What.STEP) == [done]
    other = factories.incident(commander=ines, at=clock.now())
    steps.skip_step(incident=other, key="channel", reason="By phone", by=ines, at=clock.now())
    assert settled(other).channel_id and lines(other, What.STEP) == []


def test_a_single_retry_sends_what_failed_and_nothing_twice(chat: Sandbox) -> None:
    row = settled(declared())
    chat.fault(chat=True, path="posts$", method="POST", status=403, times=1)
    published(row, 1)
    work()
    [line] = [line for line in receipts_of(row, at=clock.now()).lines if line.tone == FAILED]
    retry(row=UpdateDelivery.objects.get(pk=line.row or 0), by=people.person(PersonRole.LEAD), at=clock.now())
    work()
    assert len(posts(chat, row.channel)) == 1 and receipts_of(row, at=clock.now()).failed == 0


def test_while_mattermost_is_away_everything_waits_is_said_and_arrives_in_order(chat: Sandbox) -> None:
    chat.fault(chat=True, path="", status=503, times=1000)
    row = settled(declared())
    for number in (1, 2, 3):
        published(row, number)
    settled(row)
    told = receipts_of(row, at=clock.now() + timedelta(minutes=3))
    assert {line.tone for line in told.lines if line.label.startswith("~")} == {MOVING}
    assert any(one.name == "Mattermost" and one.waiting == 6 for one in told.away)
    [waiting] = lines(row, What.CHANNEL)
    assert waiting == f"The channel ~{row.channel} is made once Mattermost is back, and then gets every update in order"
    waits = [line for line in lines(row, What.FAILED) if "keeps update 1 waiting" in line]
    assert waits == ["Mattermost keeps update 1 waiting. It leaves once Mattermost is back"]  # once, for both channels
    chat.clear_faults(chat=True)
    for minutes in (3, 6, 9):
        settled(row, later=timedelta(minutes=minutes))
    assert [one["message"].count("We are on it, ") for one in posts(chat, row.channel)] == [1, 1, 1]
    assert [f"We are on it, {number}." in one["message"] for number, one in
            enumerate(posts(chat, row.channel), start=1)] == [True, True, True]


def test_without_a_mattermost_an_incident_has_no_channel_and_its_updates_go_elsewhere() -> None:
    row = declared()
    assert row.channel == "" and not Target.objects.filter(kind=TargetKind.CHANNEL).exists()
    published(row, 1)
    assert UpdateDelivery.objects.count() == 1


def test_a_mattermost_that_is_set_later_gets_its_channel_with_the_next_change(chat: Sandbox) -> None:
    with_it, now_settings.ENV = now_settings.ENV, dataclasses.replace(now_settings.ENV, mattermost=Mattermost())
    row = declared()
    now_settings.ENV = with_it
    assert settled(row).channel_id
    assert Target.objects.filter(incident=row, kind=TargetKind.CHANNEL).count() == 2


# ---- Lists, the thread, the ticket


def test_a_list_gets_a_mail_each_and_one_receipt(chat: Sandbox) -> None:
    told = StakeholderList.objects.create(name="Executives", severity=Severity.SEV1, at=factories.NIGHT)
    for address in ("ceo@example.com", "cto@example.com", "coo@example.com"):
        Stakeholder.objects.create(list=told, email=address)
    row = declared()
    published(row, 1)
    found = [line for line in receipts_of(row, at=clock.now()).lines if "Executives" in line.label]
    assert [line.label for line in found] == ["Executives (3)"]
    assert Delivery.objects.filter(topic="mail.send", purpose=PURPOSE).count() == 3


def test_a_list_for_lesser_ones_is_not_told_of_what_it_is_not_for() -> None:
    StakeholderList.objects.create(name="Only Sev1", severity=Severity.SEV1, at=factories.NIGHT)
    row = factories.incident(severity=Severity.SEV2)
    assert not Target.objects.filter(incident=row, kind=TargetKind.MAIL).exists()


def test_an_update_comes_into_the_thread_of_its_escalation_once_it_is_read() -> None:
    escalation = escalations.escalation()
    row = declared(customer=escalation.customer, escalation=escalation)
    update = published(row, 1)
    target = UpdateDelivery.objects.get(target__kind=TargetKind.ESCALATION)
    thread_due(str(target.pk), clock.now())
    assert not Message.objects.filter(escalation=escalation, text=update.versions.get().customer).exists()
    approvals.approve(approval=Approval.objects.get(), by=people.person(PersonRole.LEAD), at=clock.now())
    for _ in range(2):
        thread_due(str(target.pk), clock.now())
    said = Message.objects.get(escalation=escalation, key=f"incident-update-{target.pk}")
    assert said.public and "UserStore.Count" not in said.text
    assert f"arrived: Thread of E-{escalation.pk}" in lines(row, What.DELIVERED)[0]


def test_a_thread_that_was_merged_says_where_to_write_instead() -> None:
    first, second = escalations.escalation(), escalations.escalation()
    row = declared(customer=first.customer, escalation=first)
    published(row, 1)
    type(first).objects.filter(pk=first.pk).update(merged_into=second)
    approvals.approve(approval=Approval.objects.get(), by=people.person(PersonRole.LEAD), at=clock.now())
    target = UpdateDelivery.objects.get(target__kind=TargetKind.ESCALATION)
    thread_due(str(target.pk), clock.now())
    [line] = [line for line in receipts_of(row, at=clock.now()).lines if line.tone == FAILED]
    assert f"merged into E-{second.pk}" in line.words and line.row == target.pk


def test_a_target_that_was_taken_off_stays_off_and_another_one_is_there_once() -> None:
    row, ines = declared(), people.person(PersonRole.LEAD)
    page = Target.objects.get(incident=row, kind=TargetKind.STATUS_PAGE)
    assert remove_target(target=page, by=ines, at=clock.now())
    assert not remove_target(target=page, by=ines, at=clock.now())
    assert default_targets(incident=row, at=clock.now()) == []
    published(row, 1)
    assert not UpdateDelivery.objects.filter(target=page).exists()


# ---- The chat


def test_a_marked_post_comes_onto_the_timeline_once_with_who_and_when(chat: Sandbox) -> None:
    row = settled(declared())
    marked(chat, row, "`UserStore.Count` is 62 % of database time\nSee the graph.")
    marked(chat, row, "Lunch?", emoji="")
    marked(chat, row, "Party", emoji="tada")
    assert read_chats(at=clock.now() + timedelta(seconds=1)) == 1
    event = IncidentEvent.objects.get(incident=row, what=What.CHAT)
    assert event.to_value == "`UserStore.Count` is 62 % of database time" and "See the graph." in event.text
    assert event.by_name and event.url.startswith(chat.mattermost_url) and event.at <= clock.now()
    assert read_chats(at=clock.now() + timedelta(seconds=12)) == 0
    IncidentSettings.objects.update(emoji=":tada:")  # the emoji is whichever coordinators choose
    assert read_chats(at=clock.now() + timedelta(seconds=24)) == 1
    assert lines(row, What.CHAT)[-1] == "Party"


def test_a_post_that_is_marked_late_is_found_and_the_bot_and_what_is_gone_are_not(chat: Sandbox) -> None:
    row = settled(declared())
    late = marked(chat, row, "The root cause", emoji="")
    gone = marked(chat, row, "A slip")
    chat.mattermost("DELETE", f"posts/{gone}")
    published(row, 1)
    work()
    mark(chat, posts(chat, row.channel)[-1]["id"], "pushpin", "priya.v")
    assert read_chats(at=clock.now() + timedelta(seconds=1)) == 0
    mark(chat, late, "pushpin", "priya.v")
    assert read_chats(at=clock.now() + timedelta(seconds=12)) == 1
    assert lines(row, What.CHAT) == ["The root cause"]


def test_a_mattermost_that_is_away_is_left_alone_for_a_while_and_nothing_is_lost(chat: Sandbox) -> None:
    row = settled(declared())
    marked(chat, row, "Found it")
    chat.fault(chat=True, path="posts", method="GET", status=503, times=1)
    at = clock.now() + timedelta(seconds=1)
    assert read_chats(at=at) == 0
    assert read_chats(at=at + timedelta(seconds=15)) == 0
    assert read_chats(at=at + timedelta(seconds=31)) == 1


def test_the_channel_of_one_that_is_closed_is_read_no_more(chat: Sandbox) -> None:
    row = settled(declared())
    marked(chat, row, "Too late")
    Incident.objects.filter(pk=row.pk).update(state="closed", resolved_at=clock.now(), closed_at=clock.now())
    settled(row)
    assert read_chats(at=clock.now() + timedelta(minutes=1)) == 0


def test_deliveries_of_a_stranger_tell_nobody_anything() -> None:
    at = clock.now()
    stranger = Delivery.objects.create(key="x", topic="mail.send", purpose=PURPOSE, scope="x", title="x", payload={},
                                       created_at=at, noted_at=at, due_at=at, state=State.DROPPED)
    flows.delivered(stranger, at)
    assert not IncidentEvent.objects.exists()
