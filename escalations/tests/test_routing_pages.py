"""Deciding who does what, and telling those who wait for a fix, as the pages do it; what leaves is in the outbox."""

import dataclasses
from datetime import date, datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from customers.tests import factories as customers
from escalations.actions.affected import add_customer
from escalations.actions.responses import load_responses
from escalations.choices import Author, Fix, Kind, Level, OwedState, Route, Status, TicketState, What
from escalations.models import Escalation, Message, OwedReply
from escalations.queries.fixes import next_release
from escalations.tests import factories
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Component, FeatureTeam, Person
from people.tests.factories import person
from portal.common import clock
from portal.flows.escalations.changed import escalation_changed
from tickets.choices import Column
from tickets.models import Ticket, TicketDetail, TicketWeight
from tickets.tests.factories import make_status, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _texts() -> None:
    load_responses(at=factories.NOON)


@pytest.fixture
def ines() -> Person:
    return person(Role.ENGINEER)


@pytest.fixture
def page(client: Client, ines: Person) -> Client:
    client.force_login(ines)
    return client


@pytest.fixture
def _jira(settings: Any) -> None:
    """A Jira is named; nothing reaches it."""
    settings.ENV = dataclasses.replace(settings.ENV, jira=dataclasses.replace(
        settings.ENV.jira, base_url="http://127.0.0.1:9", email="a@b.test", api_token="x"))


def area(manager: Person | None = None, team: str = "") -> Component:
    whose = FeatureTeam.objects.create(name=team, slug=team.lower()) if team else None
    return Component.objects.create(name="LDAP", product_manager=manager, team=whose)


def route(page: Client, row: Escalation, **given: str) -> Any:
    return page.post(f"/escalations/E-{row.pk}/route/", given)


def linked(column: str = "In Progress", **more: Any) -> tuple[Escalation, Ticket]:
    """An escalation with its ticket."""
    row, there = factories.escalation(**more), make_ticket(column)
    Escalation.objects.filter(pk=row.pk).update(ticket=there, ticket_state=TicketState.LINKED)
    row.refresh_from_db()
    return row, there


def globex(row: Escalation, by: Person) -> None:
    """Another customer has it too."""
    add_customer(escalation=row, customer=customers.customer("Globex"), reporter=by, reporter_name=by.name, by=by,
                 at=clock.now())


def done(row: Escalation, there: Ticket, *, resolution: str = "Fixed", versions: list[dict[str, Any]] | None = None,
         status: str = "Done") -> None:
    """The mirror has heard that the ticket is done."""
    Ticket.objects.filter(pk=there.pk).update(
        status=make_status(status), column=Column.DONE if status == "Done" else Column.IN_PROGRESS,
        resolution=resolution)
    TicketDetail.objects.update_or_create(ticket=there, defaults={
        "payload": {"fields": {"fixVersions": versions or []}}, "digest": "x"})
    escalation_changed(escalation=row, at=clock.now())
    row.refresh_from_db()


RELEASED = [{"name": "10.4.3", "released": True, "releaseDate": "2026-11-16"}]


# ---- Who does what


def test_the_proposal_follows_the_answers_and_says_why(page: Client) -> None:
    row = factories.escalation(level=Level.L3)
    here = f"/escalations/E-{row.pk}/route/"
    for query, said in (("", "Until it is known"), ("?product=no", "no ticket is needed"),
                        ("?product=yes&code=yes&design=no", "of support makes it")):
        assert said in page.get(here + query).content.decode()
    part = page.get(f"{here}?product=no", headers={"HX-Request": "true", "HX-Target": "decision"}).content.decode()
    assert "no ticket is needed" in part and "<html" not in part


def test_whoever_only_asks_may_not_decide_and_sees_nothing_of_it(client: Client) -> None:
    asks = person(Role.SUPPORT)
    row = factories.escalation(reporter=asks)
    client.force_login(asks)
    for path in (f"/escalations/E-{row.pk}/route/", f"/escalations/E-{row.pk}/ticket/", "/escalations/owed/"):
        assert client.get(path).status_code == 403
    assert "Who does what" not in client.get(f"/escalations/E-{row.pk}/").content.decode()


@pytest.mark.usefixtures("_jira")
def test_an_accepted_one_has_an_owner_a_release_and_its_ticket_on_its_way(page: Client, ines: Person) -> None:
    row = factories.escalation(level=Level.L3)
    route(page, row, route="set", fix="next_release", product="")
    row.refresh_from_db()
    assert (row.status, row.route, row.fix, row.owner) == (Status.OURS, Route.SET, Fix.NEXT_RELEASE, ines)
    assert row.ticket_state == TicketState.PENDING and row.expected_on is not None
    assert row.events.filter(what=What.ROUTED, internal=True).exists()
    shown = page.get(f"/escalations/E-{row.pk}/").content.decode()
    assert f"Create a ticket for E-{row.pk}" in shown
    route(page, row, route="set", fix="next_release", product="")
    assert Delivery.objects.filter(topic="jira.create").count() == 1


def test_another_than_the_proposed_one_needs_a_reason_and_what_was_typed_stays(page: Client) -> None:
    row = factories.escalation(level=Level.L3)
    answer = route(page, row, route="deployment", product="no", why="")
    assert answer.status_code == 422 and "Say why not: Answer it now." in answer.content.decode()
    route(page, row, route="deployment", product="no", why="They asked for us by name.")
    row.refresh_from_db()
    assert row.status == Status.HANDED_OVER and "They asked for us by name. (Proposed was: Answer" in row.route_reason


def test_a_feature_goes_to_the_product_manager_who_is_told_and_set_still_answers_for_it(page: Client) -> None:
    ada = person(Role.VIEWER, name="Ada Osei")
    row = factories.escalation(kind=Kind.FEATURE, level=Level.L4, area=area(ada))
    answer = page.post(f"/escalations/E-{row.pk}/route/", {"route": "product"}, follow=True)
    said = answer.content.decode()
    assert "Ada Osei was told." in said and "SET still owns the communication" in said
    assert Delivery.objects.filter(title__contains="Ada Osei").exists()
    assert row.followers.filter(person=ada).exists()


@pytest.mark.usefixtures("_jira")
def test_a_teams_bug_is_handed_over_with_its_ticket_and_names_the_team(page: Client) -> None:
    row = factories.escalation(level=Level.L3, area=area(team="Identity"))
    route(page, row, route="team", product="yes", code="yes", design="yes", ticket="new")
    row.refresh_from_db()
    assert row.team is not None and row.team.name == "Identity" and row.ticket_state == TicketState.PENDING
    assert "Team Identity" in row.events.get(what=What.MOVED).to_value


def test_what_was_answered_is_solved_without_a_ticket_but_not_before_it_was_answered(page: Client) -> None:
    row = factories.escalation(kind=Kind.QUESTION, level=Level.L4)
    given = {"route": "answer", "product": "no", "outcome": "answered"}
    assert "Nobody has answered the reporter yet" in route(page, row, **given).content.decode()
    Escalation.objects.filter(pk=row.pk).update(first_reply_at=clock.now())
    assert "Say what it turned out to be" in route(page, row, **(given | {"outcome": ""})).content.decode()
    assert route(page, row, **given).status_code == 302
    row.refresh_from_db()
    assert (row.status, row.outcome, row.ticket_state) == (Status.SOLVED, "answered", TicketState.NONE)


@pytest.mark.parametrize("given", [
    {}, {"route": "nowhere"}, {"route": "set"}, {"route": "set", "fix": "some day"},
    {"route": "set", "fix": "hotfix", "ticket": "link"}, {"route": "set", "fix": "hotfix", "key": "\x00<script>"},
    {"route": "set", "fix": "hotfix", "ticket": "link", "key": "MM-" + "9" * 400},
    {"route": "product", "why": "x" * 1001}, {"route": "set", "fix": "hotfix", "product": "maybe\x00"},
])
def test_odd_input_is_refused_in_words_and_nothing_is_done(page: Client, given: dict[str, str]) -> None:
    row = factories.escalation(level=Level.L3)
    answer = route(page, row, **given)
    assert answer.status_code == 422 and "Not done." in answer.content.decode()
    row.refresh_from_db()
    assert (row.status, row.route, row.ticket_state) == (Status.NEW, "", TicketState.NONE)


def test_a_closed_one_is_not_decided_about(page: Client) -> None:
    row = factories.escalation()
    Escalation.objects.filter(pk=row.pk).update(status=Status.CLOSED)
    assert "open it again first" in route(page, row, route="product", why="It is a feature.").content.decode()


def test_a_ticket_is_linked_and_taken_off_on_its_page(page: Client) -> None:
    row, there = factories.escalation(level=Level.L3), make_ticket("Backlog")
    here = f"/escalations/E-{row.pk}/ticket/"
    assert page.get(here).status_code == 200
    assert page.post(here, {"do": "link", "key": there.key}).status_code == 302
    assert TicketWeight.objects.get().ticket == there
    assert there.key in page.get(f"/escalations/E-{row.pk}/").content.decode()
    assert page.post(here, {"do": "unlink"}).status_code == 422
    assert page.post(here, {"do": "unlink", "why": "Another bug."}).status_code == 302
    for given in ({"do": "link", "key": "nonsense"}, {"do": "unlink", "why": "x"}, {"do": "dance"}, {}):
        assert page.post(here, given).status_code == 422


@pytest.mark.parametrize(("day", "release"), [
    ("2026-11-20", "2026-12-16"), ("2026-12-01", "2026-12-16"), ("2026-12-02", "2027-01-15"),
    ("2026-12-16", "2027-01-15"), ("2026-12-17", "2027-01-15"),
])
def test_what_is_accepted_after_code_freeze_comes_with_the_release_after(day: str, release: str) -> None:
    assert next_release(datetime.fromisoformat(f"{day}T17:00:00+00:00")) == date.fromisoformat(release)


# ---- Replies owed


def test_once_released_each_customer_is_told_and_the_escalation_closes(page: Client, ines: Person) -> None:
    row, there = linked()
    globex(row, ines)
    done(row, there, versions=RELEASED)
    assert row.status == Status.REPLY_OWED and OwedReply.objects.filter(state=OwedState.WAITING).count() == 2
    queue = page.get("/escalations/owed/").content.decode()
    assert "Globex" in queue and "10.4.3 is released" in queue
    first, second = OwedReply.objects.order_by("pk")
    assert "10.4.3" in first.text and "16 November" in first.text
    here = f"/escalations/owed/{first.pk}/"
    assert first.text[:40] in page.get(here).content.decode().replace("&#x27;", "'")
    page.post(here, {"do": "send", "text": "It is out: 10.4.3.", "ways": ["mail"]})
    row.refresh_from_db()
    said = Message.objects.get()
    assert row.status == Status.REPLY_OWED and (said.author, said.text) == (Author.US, "It is out: 10.4.3.")
    assert row.clocks.filter(kind="next_reply", state="running").exists() and row.next_due_at  # Globex still waits
    [letter] = Delivery.objects.filter(topic="mail.send", key__startswith="esc-reply-")
    assert "It is out: 10.4.3." in letter.payload["text"] and "/escalations/rate/" in letter.payload["text"]
    again = page.post(here, {"do": "send", "text": "It is out: 10.4.3."})
    assert again.status_code == 422 and Message.objects.count() == 1
    page.post(f"/escalations/owed/{second.pk}/", {"do": "send", "text": second.text})
    row.refresh_from_db()
    assert row.status == Status.CLOSED and not row.affected.filter(told_at=None).exists()
    assert row.clocks.get(kind="next_reply").state == "met"
    assert "Nobody waits to be told." in page.get("/escalations/owed/").content.decode()


def test_all_of_one_escalation_are_told_by_one_press(page: Client, ines: Person) -> None:
    row, there = linked()
    globex(row, ines)
    done(row, there, versions=RELEASED)
    said = page.post(f"/escalations/E-{row.pk}/owed/send/", follow=True).content.decode()
    assert "2 customers told. All were told" in said
    assert Message.objects.count() == 2
    row.refresh_from_db()
    assert row.status == Status.CLOSED


def test_one_is_left_out_for_a_reason_and_not_asked_for_again(page: Client) -> None:
    row, there = linked()
    done(row, there)
    owed = OwedReply.objects.get()
    here = f"/escalations/owed/{owed.pk}/"
    assert page.post(here, {"do": "skip", "note": "  "}).status_code == 422
    assert page.post(here, {"do": "skip", "note": "They were told on a call."}).status_code == 302
    row.refresh_from_db()
    assert row.status == Status.CLOSED
    done(row, there)
    assert OwedReply.objects.get().state == OwedState.SKIPPED


def test_nothing_with_an_open_placeholder_is_sent(page: Client) -> None:
    row, there = linked()
    done(row, there)
    owed = OwedReply.objects.get()
    answer = page.post(f"/escalations/owed/{owed.pk}/", {"do": "send", "text": "Hi {{reporter name}}"})
    assert answer.status_code == 422 and "Fill in first: reporter name." in answer.content.decode()
    assert not Message.objects.exists()


def test_opened_again_in_jira_nothing_is_owed_and_done_again_it_is_owed_again(page: Client) -> None:
    row, there = linked()
    done(row, there, versions=RELEASED)
    owed = OwedReply.objects.get()
    done(row, there, status="In Progress", resolution="")
    assert row.status == Status.OURS and not OwedReply.objects.exists()
    assert page.get(f"/escalations/owed/{owed.pk}/").status_code == 404
    done(row, there)
    done(row, there)
    assert row.status == Status.REPLY_OWED and OwedReply.objects.count() == 1


def test_a_ticket_that_ended_without_a_fix_owes_a_reply_that_says_so(page: Client) -> None:
    row, there = linked()
    done(row, there, resolution="Won’t Do")
    owed = OwedReply.objects.get()
    assert "without a fix" in owed.text and "ended without a fix" in owed.why and row.outcome == ""


def test_made_but_not_out_yet_says_when_it_will_be(page: Client) -> None:
    row, there = linked()
    done(row, there, versions=[{"name": "11.0", "released": False, "releaseDate": "2099-01-16"}])
    assert (row.expected_release, str(row.expected_on)) == ("11.0", "2099-01-16")
    assert "It will be part of 11.0, expected on 16 January 2099" in OwedReply.objects.get().text
    done(row, there, versions=[{"name": "11.0", "released": True, "releaseDate": "2026-11-16"}])
    assert "is part of 11.0" in OwedReply.objects.get().text


def test_a_release_that_somebody_said_is_not_said_otherwise_by_jira(page: Client, ines: Person) -> None:
    row, there = linked()
    page.post(f"/escalations/E-{row.pk}/fix/", {"release": "10.4.9", "on": "2026-12-24", "workaround": ""})
    done(row, there, status="In Progress", resolution="", versions=[{"name": "11.0", "released": False}])
    assert row.expected_release == "10.4.9"


def test_said_by_hand_that_it_is_out_each_customer_is_owed_a_reply_too(page: Client) -> None:
    row = factories.escalation()
    page.post(f"/escalations/E-{row.pk}/move/", {"to": "reply_owed"})
    escalation_changed(escalation=row, at=clock.now())
    assert OwedReply.objects.get().escalation == row
    escalation_changed(escalation=row, at=clock.now())
    row.refresh_from_db()
    assert row.status == Status.REPLY_OWED and OwedReply.objects.count() == 1


def test_the_queue_shows_confidential_ones_to_their_people_alone_in_as_many_queries_however_long(
    page: Client, ines: Person, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        row, there = linked(confidential=number == 0, title=f"Broken {number}")
        done(row, there)
    with django_assert_max_num_queries(12):
        queue = page.get("/escalations/owed/").content.decode()
    assert "Broken 11" in queue and "Broken 0<" not in queue
    hidden = OwedReply.objects.get(escalation__confidential=True)
    assert page.get(f"/escalations/owed/{hidden.pk}/").status_code == 404
    assert page.post(f"/escalations/E-{hidden.escalation_id}/owed/send/").status_code == 404


# ---- What it weighs


def test_level_and_customers_weigh_on_the_ticket_until_it_is_closed(page: Client, ines: Person) -> None:
    row, there = linked(level=Level.L3)
    escalation_changed(escalation=row, at=clock.now())
    globex(row, ines)
    escalation_changed(escalation=row, at=clock.now())
    assert TicketWeight.objects.values_list("ticket", "source", "level", "customers").get() == (
        there.pk, f"escalation:E-{row.pk}", 3, 2)
    page.post(f"/escalations/E-{row.pk}/level/", {"level": "2", "why": "More of them."})
    escalation_changed(escalation=row, at=clock.now())
    assert TicketWeight.objects.get().level == 2
    Escalation.objects.filter(pk=row.pk).update(status=Status.CLOSED)
    escalation_changed(escalation=row, at=clock.now())
    assert not TicketWeight.objects.exists()


def test_the_command_rebuilds_what_all_of_them_weigh(page: Client) -> None:
    row, there = linked(level=Level.L3)
    other = make_ticket("To Do")
    TicketWeight.objects.create(ticket=other, source=f"escalation:E-{row.pk}", level=1)
    TicketWeight.objects.create(ticket=other, source="escalation:E-999999", level=1)
    TicketWeight.objects.create(ticket=other, source="incident:I-1", level=1)
    call_command("rebuild_weights")
    assert set(TicketWeight.objects.values_list("ticket", "source")) == {
        (there.pk, f"escalation:E-{row.pk}"), (other.pk, "incident:I-1")}
