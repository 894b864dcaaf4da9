"""The retrospective: drafted from the timeline, written, reviewed by a second person, sent."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from customers.models import Contact, CustomerAlias
from customers.tests import factories as customers
from incidents.actions import followups
from incidents.actions import retrospective as actions
from incidents.actions.base import Refused
from incidents.actions.promises import settle_promise
from incidents.actions.roles import hand_over
from incidents.actions.states import change_status, resolve
from incidents.choices import ActionState, RetroState, Role, State
from incidents.models import Incident, IncidentStatus, Retrospective
from incidents.queries.editions import customer_document, internal_document
from incidents.queries.retrospective import RetroPage, retro_page
from incidents.rules.documents import as_markdown
from incidents.rules.retrospective import Change, InStatus, long_length, time_in
from incidents.tests import factories as make
from incidents.tests.pdf_text import text_of
from integrations.outbox.models import Delivery
from people.choices import Role as PersonRole
from people.models import Person
from people.tests import factories as people
from portal.flows.incidents.after import To, send_retro

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 11, 17, 17, 10, tzinfo=UTC)  # 12:10 pm in New York, nine hours after it was declared
LATER = MORNING + timedelta(days=1)


def hour(number: float) -> datetime:
    return make.NIGHT + timedelta(hours=number)


@pytest.fixture
def ines() -> Person:
    return people.person(PersonRole.ENGINEER, name="Ines Moreau")


@pytest.fixture
def outage(ines: Person) -> Incident:
    """Nine hours: identified after three, one promise kept and one broken by ten minutes, then resolved."""
    row = make.incident(commander=ines, customer=customers.customer("Enterprise ABC"), title="Messages | fail #1")
    settle_promise(incident=row, update=None, at=hour(0.2))
    for slug, at in (("identified", 3), ("monitoring", 8)):
        change_status(incident=row, status=IncidentStatus.objects.get(slug=slug), by=ines, at=hour(at))
    return resolve(incident=row, by=ines, at=MORNING)


def page_of(row: Incident) -> RetroPage:
    row = Incident.objects.select_related("status").get(pk=row.pk)
    retro = Retrospective.objects.get(incident=row)
    return retro_page(row, retro, lacking=actions.what_lacks(row, retro), at=LATER)


def drafted(row: Incident, by: Person, text: str = "The cause was a cache.") -> Retrospective:
    """Held, drafted, and with a customer's edition by this person."""
    texts = {"summary": "It was down.", "root_cause": "A cache."}
    retro = actions.save_texts(incident=row, texts=texts, cause="code", seen=1, by=by, at=LATER)
    actions.hold_retro(incident=row, on=LATER.date(), by=by, at=LATER)
    actions.draft_retro(incident=row, by=by, at=LATER)
    retro.refresh_from_db()
    return actions.save_customer_text(incident=row, text=text, seen=retro.version, by=by, at=LATER)


def test_the_drafted_story_tells_who_took_command_after_whom(ines: Person) -> None:
    row, tomasz = make.incident(commander=ines), people.person(PersonRole.ENGINEER, name="Tomasz Nowak")
    hand_over(incident=row, role=Role.SCRIBE, to=tomasz, by=ines, at=hour(1))
    hand_over(incident=row, role=Role.COMMANDER, to=tomasz, brief="The bank is nervous.", by=ines, at=hour(2))
    page = page_of(resolve(incident=row, by=tomasz, at=MORNING))
    assert "Commander: Tomasz Nowak, after Ines Moreau" in page.summary
    assert "Scribe" not in page.summary and "nervous" not in page.summary
    assert "Tomasz" not in page.customer_text


# ---- Rules ----------------------------------------------------------------------------


def test_time_in_each_status_is_counted_from_the_declaring_and_twice_where_it_came_back() -> None:
    changes = [Change(hour(1), "Investigating", "Identified"), Change(hour(2), "Identified", "Investigating"),
               Change(hour(5), "Investigating", "Resolved")]
    found = time_in(changes, first="Resolved", since=hour(0), until=hour(5))
    assert found == [InStatus("Investigating", timedelta(hours=4)), InStatus("Identified", timedelta(hours=1))]
    assert time_in([], first="Investigating", since=hour(0), until=hour(2)) == [
        InStatus("Investigating", timedelta(hours=2))]


@pytest.mark.parametrize(("minutes", "words"), [
    (0.5, "under a minute"), (40, "40 minutes"), (60, "1 hour"), (61, "1 hour 1 minute"), (546, "9 hours 6 minutes"),
    (1440, "1 day"), (3061, "2 days 3 hours"),
])
def test_a_length_is_said_in_two_units_at_most(minutes: float, words: str) -> None:
    assert long_length(timedelta(minutes=minutes)) == words


# ---- Drafted from the timeline --------------------------------------------------------


def test_it_is_drafted_from_the_timeline(outage: Incident) -> None:
    page = page_of(outage)
    assert "It was down on 17 November 2026 from 3:04 am to 12:10 pm ET (9 hours 6 minutes)." in page.summary
    assert "- **6:04 am** Status: Identified" in page.summary
    assert "Messages \\| fail" in page.summary
    assert page.measured.to_identify == timedelta(hours=3)
    assert page.measured.statuses[0] == InStatus("Investigating", timedelta(hours=3))
    assert [(one.name, one.roles) for one in page.took_part] == [("Ines Moreau", ("Commander",))]
    assert "Enterprise ABC" in as_markdown(internal_document(page))


def test_the_customers_draft_names_none_of_ours_and_no_other_customer(ines: Person) -> None:
    both = (customers.customer("Enterprise ABC"), customers.customer("Northwind"))
    row = resolve(incident=make.incident(commander=ines, customers=both), by=ines, at=MORNING)
    texts = {"root_cause": "Ines Moreau found that Northwind's bot asked the database."}
    actions.save_texts(incident=row, texts=texts, cause="", seen=1, by=ines, at=LATER)
    text = page_of(row).customer_text
    assert "Ines" not in text
    assert "Northwind" not in text
    assert "asked the database" in text
    said = "Ines told Northwind."
    actions.save_customer_text(incident=row, text=said, seen=2, by=ines, at=LATER)
    assert page_of(row).names == ("Ines", "Northwind")


def test_another_name_of_another_customer_is_one_too(ines: Person) -> None:
    other = customers.customer("Northwind")
    CustomerAlias.objects.create(customer=other, name="Nordwind")
    given = make.incident(commander=ines, customers=(customers.customer("Enterprise ABC"), other))
    row = resolve(incident=given, by=ines, at=MORNING)
    texts = {"root_cause": "A bot of Nordwind's asked the database."}
    actions.save_texts(incident=row, texts=texts, cause="", seen=1, by=ines, at=LATER)
    assert "Nordwind" not in page_of(row).customer_text
    actions.save_customer_text(incident=row, text="We told Nordwind.", seen=2, by=ines, at=LATER)
    assert page_of(row).names == ("Nordwind",)


# ---- Written, held, drafted -----------------------------------------------------------


def test_two_who_write_at_once_see_each_other(outage: Incident, ines: Person) -> None:
    actions.save_texts(incident=outage, texts={"issue": "First"}, cause="", seen=1, by=ines, at=LATER)
    with pytest.raises(actions.Meanwhile) as refused:
        actions.save_texts(incident=outage, texts={"issue": "Second"}, cause="", seen=1, by=ines, at=LATER)
    assert refused.value.row.issue == "First"


def test_the_same_again_changes_nothing(outage: Incident, ines: Person) -> None:
    first = actions.save_texts(incident=outage, texts={"issue": "x"}, cause="code", seen=1, by=ines, at=LATER)
    again = actions.save_texts(incident=outage, texts={"issue": "x"}, cause="code", seen=2, by=ines, at=LATER)
    assert first.version == again.version == 2


def test_a_text_that_is_too_long_is_refused_whole(outage: Incident, ines: Person) -> None:
    with pytest.raises(Refused, match="16,001 characters"):
        actions.save_texts(incident=outage, texts={"issue": "x" * 16_001}, cause="", seen=1, by=ines, at=LATER)


def test_it_is_held_then_drafted_and_the_steps_follow(outage: Incident, ines: Person) -> None:
    with pytest.raises(Refused, match="held"):
        actions.draft_retro(incident=outage, by=ines, at=LATER)
    with pytest.raises(Refused, match="not one ahead"):
        actions.hold_retro(incident=outage, on=LATER.date() + timedelta(days=2), by=ines, at=LATER)
    actions.hold_retro(incident=outage, on=LATER.date(), by=ines, at=LATER)
    with pytest.raises(Refused, match="the summary and the root cause"):
        actions.draft_retro(incident=outage, by=ines, at=LATER)
    Retrospective.objects.filter(incident=outage).update(summary="s", root_cause="r")
    actions.draft_retro(incident=outage, by=ines, at=LATER)
    assert Retrospective.objects.get(incident=outage).state == RetroState.DRAFTED
    assert set(outage.steps.filter(key__in=["held", "analysis"]).values_list("state", flat=True)) == {"done"}


def test_the_day_on_which_it_was_held_is_that_of_the_team_or_of_who_says_so(outage: Incident, ines: Person) -> None:
    evening = datetime(2026, 11, 19, 2, 0, tzinfo=UTC)  # still the 18th in New York
    today, tomorrow = date(2026, 11, 18), date(2026, 11, 19)
    with pytest.raises(Refused, match="not one ahead"):
        actions.hold_retro(incident=outage, on=tomorrow, by=ines, at=evening)
    actions.hold_retro(incident=outage, on=today, by=ines, at=evening)
    ines.zone = "Australia/Sydney"
    actions.hold_retro(incident=outage, on=tomorrow, by=ines, at=evening)
    assert Retrospective.objects.get(incident=outage).held_on == tomorrow


# ---- The customer's edition -----------------------------------------------------------


def test_a_second_person_reviews_it_and_nobody_their_own(outage: Incident, ines: Person) -> None:
    retro, other = drafted(outage, ines), people.person(PersonRole.SUPPORT)
    with pytest.raises(Refused, match="somebody else"):
        actions.review_customer_text(incident=outage, fine=True, why="", seen=retro.version, by=ines, at=LATER)
    with pytest.raises(Refused, match="to be changed"):
        actions.review_customer_text(incident=outage, fine=False, why=" ", seen=retro.version, by=other, at=LATER)
    with pytest.raises(actions.Meanwhile):
        actions.review_customer_text(incident=outage, fine=True, why="", seen=1, by=other, at=LATER)
    actions.review_customer_text(incident=outage, fine=True, why="", seen=retro.version, by=other, at=LATER)
    retro.refresh_from_db()
    assert (retro.state, retro.reviewed_by) == (RetroState.REVIEWED, other)
    actions.save_customer_text(incident=outage, text="Another one.", seen=retro.version, by=other, at=LATER)
    retro.refresh_from_db()
    assert (retro.state, retro.reviewed_by) == (RetroState.DRAFTED, None)


def test_it_leaves_once_to_each_contact_and_only_after_the_review(outage: Incident, ines: Person) -> None:
    retro, other = drafted(outage, ines), people.person(PersonRole.SUPPORT)
    mine = outage.customers.get().customer
    alice = Contact.objects.create(customer=mine, name="Alice Evans", email="alice@abc.test")
    strange = Contact.objects.create(customer=customers.customer(), name="Bob", email="bob@other.test")
    to = To((alice, strange))
    with pytest.raises(Refused, match="review"):
        send_retro(incident=outage, to=to, seen=retro.version, by=ines, at=LATER)
    actions.review_customer_text(incident=outage, fine=True, why="", seen=retro.version, by=other, at=LATER)
    retro.refresh_from_db()
    with pytest.raises(Refused, match="whom"):
        send_retro(incident=outage, to=To((strange,)), seen=retro.version, by=ines, at=LATER)
    send_retro(incident=outage, to=to, seen=retro.version, by=ines, at=LATER)
    with pytest.raises(Refused):
        send_retro(incident=outage, to=to, seen=retro.version, by=ines, at=LATER)
    [mail] = Delivery.objects.filter(purpose="incident.retro")
    assert mail.payload["to"] == "alice@abc.test"
    assert "The cause was a cache." in mail.payload["text"]
    assert "Enterprise ABC" in mail.payload["text"]
    assert outage.steps.get(key="sent").state == "done"


def test_nothing_of_a_drill_is_sent(ines: Person) -> None:
    row = resolve(incident=make.incident(commander=ines, drill=True), by=ines, at=MORNING)
    retro = drafted(row, ines)
    actions.review_customer_text(incident=row, fine=True, why="", seen=retro.version, at=LATER,
                                 by=people.person(PersonRole.SUPPORT))
    retro.refresh_from_db()
    with pytest.raises(Refused, match="drill"):
        send_retro(incident=row, to=To(thread=True), seen=retro.version, by=ines, at=LATER)


def test_a_draft_says_that_nobody_has_reviewed_it(outage: Incident) -> None:
    assert "Draft, not reviewed" in as_markdown(customer_document(page_of(outage)))


# ---- Pages ----------------------------------------------------------------------------


def test_its_page_is_read_by_who_sees_it_and_written_by_who_takes_part(client: Client, outage: Incident) -> None:
    path = f"/incidents/I-{outage.pk}/retrospective/"
    client.force_login(people.person(PersonRole.VIEWER))
    assert b"Summary analysis" in client.get(path).content
    assert client.post(path, {"seen": "1"}).status_code == 403
    client.force_login(people.person(PersonRole.ENGINEER))
    given = {"seen": "1", "summary": "Down.", "root_cause": "<b>Cache</b> & #1", "cause": "code"}
    assert client.post(path, given).status_code == 302
    shown = client.get(path).content.decode()
    assert "&lt;b&gt;Cache&lt;/b&gt; &amp; #1" in shown
    client.force_login(people.person(PersonRole.VIEWER))
    assert "<textarea" not in client.get(path).content.decode()
    client.force_login(people.person(PersonRole.ENGINEER))
    late = client.post(path, given | {"summary": "Mine"})
    assert late.status_code == 409
    assert "Mine" in late.content.decode()
    assert "How it stands now" in late.content.decode()


def test_an_open_incident_has_none_and_a_private_one_is_not_there(client: Client, ines: Person) -> None:
    client.force_login(people.person(PersonRole.ENGINEER))
    row = make.incident(commander=ines)
    assert client.get(f"/incidents/I-{row.pk}/retrospective/").status_code == 404
    private = resolve(incident=make.incident(commander=ines, private=True), by=ines, at=MORNING)
    assert client.get(f"/incidents/I-{private.pk}/retrospective/").status_code == 404
    assert client.get(f"/incidents/I-{private.pk}/retrospective/export/").status_code == 404
    client.force_login(ines)
    assert client.get(f"/incidents/I-{private.pk}/retrospective/").status_code == 200


def test_both_editions_leave_as_markdown_and_as_pdf(client: Client, outage: Incident, ines: Person) -> None:
    drafted(outage, ines)
    client.force_login(people.person(PersonRole.VIEWER))
    path = f"/incidents/I-{outage.pk}/retrospective/export/"
    ours, theirs = client.get(path), client.get(path, {"edition": "customer"})
    assert "Ines Moreau" in ours.content.decode()
    assert "Ines Moreau" not in theirs.content.decode()
    told = {}
    for edition in ("internal", "customer"):
        pdf = client.get(path, {"edition": edition, "as": "pdf"})
        assert pdf["Content-Type"] == "application/pdf"
        told[edition] = text_of(pdf.content)
    for words in (outage.title, "Ines Moreau", "Who took part", "Measured", "Time in each status", f"I-{outage.pk}"):
        assert words in told["internal"], words
        assert words == outage.title or words not in told["customer"], words
    assert told["customer"].startswith("Incident report of 17 November 2026")


def test_the_whole_way_by_its_buttons(client: Client, outage: Incident, ines: Person) -> None:
    drafted(outage, ines)
    base, other = f"/incidents/I-{outage.pk}/", people.person(PersonRole.SUPPORT)
    alice = Contact.objects.create(customer=outage.customers.get().customer, name="Alice", email="alice@abc.test")
    client.force_login(other)

    def press(path: str, **given: str) -> None:
        version = Retrospective.objects.get(incident=outage).version
        assert client.post(f"{base}{path}", {"seen": str(version), **given}).status_code == 302

    press("confirm/", who="Alice Evans")
    press("actions/", title="Add a test", due_on="2026-11-30", owner=str(ines.pk))
    press("retrospective/review/", verdict="fine")
    press("retrospective/send/", to=str(alice.pk))
    press(f"actions/{outage.actions.get().pk}/settle/", state="done")
    press("close/", cause="code")
    outage.refresh_from_db()
    assert (outage.state, outage.confirmed_by) == (State.CLOSED, "Alice Evans")
    assert outage.actions.get().state == ActionState.DONE
    shown = client.get(f"{base}retrospective/").content.decode()
    assert "Retrospective of I-" in shown
    assert "alice" not in client.get("/incidents/review/").content.decode().lower()


def test_the_page_asks_a_constant_number_of_queries(
    client: Client, outage: Incident, ines: Person, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        followups.add_action(incident=outage, given=followups.Given(f"Action {number}"), by=ines, at=LATER)
    client.force_login(ines)
    client.get(f"/incidents/I-{outage.pk}/retrospective/")
    with django_assert_max_num_queries(20):
        client.get(f"/incidents/I-{outage.pk}/retrospective/")
