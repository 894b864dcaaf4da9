"""The form on its page: filled, held back, saved, sent twice; what stands beside it; who gets in."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from customers.models import Customer
from customers.tests.factories import customer
from escalations.choices import Author, Category, Kind, Level, Source, Status, What
from escalations.models import (
    Affected,
    Escalation,
    EscalationEvent,
    EscalationFile,
    IntakeDraft,
    KnowledgeNote,
    Message,
)
from escalations.tests.factories import NOON, escalation
from people.choices import Role
from people.models import Person
from people.tests import factories as people
from portal.common import clock
from tickets.actions.triage import count_words
from tickets.tests.factories import make_ticket

pytestmark = pytest.mark.django_db
NEW = "/escalations/new/"


@pytest.fixture
def reporter() -> Person:
    return people.person(Role.SUPPORT, name="Sam Support")


@pytest.fixture
def browser(client: Client, reporter: Person) -> Client:
    client.force_login(reporter)
    return client


def filled(**more: str) -> dict[str, Any]:
    """A good L2, with a key of its own."""
    return {
        "submission": str(uuid.uuid4()), "customer": "Initech", "source": Source.SUPPORT, "level": "2",
        "kind": Kind.PROBLEM, "title": "Nobody can sign in through LDAP", "category": Category.LDAP,
        "server_version": "10.4.2", "happened": "1,900 of 2,000 people cannot sign in since the upgrade.",
    } | more


def said(response: object) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))  # type: ignore[attr-defined]


def test_a_good_l2_is_raised_and_says_what_still_helps(browser: Client, reporter: Person) -> None:
    known = customer("Initech")
    response = browser.post(NEW, filled(support_ticket="48213"))
    row = Escalation.objects.get()
    assert response.status_code == 302
    assert response["Location"] == f"/escalations/E-{row.pk}/"
    assert (row.customer, row.reporter, row.level, row.status) == (known, reporter, Level.L2, Status.NEW)
    assert row.support_ticket == "48213"
    assert list(row.affected.values_list("customer", flat=True)) == [known.pk]
    assert "steps to reproduce" in said(response)


def test_an_l1_goes_with_the_least_and_its_customer_may_be_unknown(browser: Client) -> None:
    response = browser.post(NEW, {"submission": str(uuid.uuid4()), "customer": "Hooli  Inc", "level": "1",
                                  "title": "All is down", "happened": "Nothing answers.", "server_version": "10.4"})
    row = Escalation.objects.get()
    assert (row.customer.name, row.customer.confirmed, row.server_version) == ("Hooli Inc", False, "10.4")
    assert "Whoever is on duty is paged." in said(response)


def test_an_alias_names_the_customer(browser: Client) -> None:
    known = customer("Initech Corporation")
    known.aliases.create(name="Initech")
    browser.post(NEW, filled())
    assert Escalation.objects.get().customer == known
    assert Customer.objects.count() == 1


@pytest.mark.parametrize(("change", "field", "words"), [
    ({"level": "3"}, "steps", "List the steps"),
    ({"server_version": "10.4"}, "server_version", "We need the patch version too, such as 10.4.2."),
    ({"server_version": ""}, "server_version", "with its patch number"),
    ({"level": ""}, "level", "Choose a level."),
    ({"level": "7"}, "level", "Choose one of these."),
    ({"kind": Kind.FEATURE, "level": "4"}, "asking", "how many customers ask"),
    ({"kind": Kind.FEATURE, "level": "4", "asking": "lots"}, "asking", "whole number"),
    ({"kind": Kind.FEATURE, "level": "2", "asking": "3"}, "level", "A new feature is L3 or L4"),
    ({"title": "x" * 201}, "title", "At most 200 characters fit here; this has 201."),
    ({"logs": "x" * 100_001}, "logs", "Add the log as a file instead."),
    ({"support_mail": "nobody"}, "support_mail", "Give a mail address"),
    ({"began_on": "2099-01-01"}, "began_on", "still to come"),
    ({"began_on": "yesterday"}, "began_on", "Give a day"),
    ({"began_time": "14:30"}, "began_on", "Say the day too."),
    ({"customer": "\x00\u202e"}, "customer", "Say which customer it is"),
    ({"category": "<script>"}, "category", "Choose one of these."),
])
def test_what_is_wrong_is_said_at_its_field_and_kept(
    browser: Client, change: dict[str, str], field: str, words: str
) -> None:
    values = filled(**change)
    response = browser.post(NEW, values)
    assert response.status_code == 422
    assert any(words in error for error in response.context["form"].errors[field])
    assert not Escalation.objects.exists()
    assert "Everything you wrote is still here." in response.content.decode()
    assert IntakeDraft.objects.get().values["happened"] == values["happened"]


def test_hostile_text_is_stored_cleaned_and_shown_as_text(browser: Client) -> None:
    browser.post(NEW, filled(title="<script>alert(1)</script> \u202eevil\x00", happened="😀 مرحبا\x00\r\nnext"))
    row = Escalation.objects.get()
    assert row.title == "<script>alert(1)</script> evil"
    assert row.happened == "😀 مرحبا\nnext"
    assert b"<script>alert(1)" not in browser.post(NEW, filled(title="<script>alert(1)</script>", level="3")).content


def test_the_same_form_twice_is_one_escalation(browser: Client) -> None:
    values = filled()
    first = browser.post(NEW, values)
    again = browser.post(NEW, values)
    assert first["Location"] == again["Location"]
    assert Escalation.objects.count() == 1
    assert "was sent before" in said(again)
    assert EscalationEvent.objects.filter(what=What.RAISED).count() == 1


def test_somebody_elses_key_raises_nothing_of_theirs(browser: Client, client: Client) -> None:
    theirs = escalation()
    response = browser.post(NEW, filled(submission=str(theirs.submission)))
    assert response.status_code == 422
    assert "sent by somebody else" in response.content.decode()
    shown = browser.get(NEW, {"draft": str(theirs.submission)})
    assert shown.status_code == 200
    assert str(theirs.submission) not in shown.content.decode()


def test_the_page_stays_under_ten_queries(browser: Client, django_assert_max_num_queries: DjangoAssertNumQueries
                                          ) -> None:
    browser.get(NEW)
    with django_assert_max_num_queries(9):
        assert browser.get(NEW).status_code == 200


def test_a_link_fills_the_form_in(browser: Client) -> None:
    customer("Initech", slug="initech")
    page = browser.get(NEW, {"customer": "initech", "title": "No sign-in", "level": "2", "confidential": "on"})
    form = page.context["form"]
    assert (form["customer"].value(), form["title"].value()) == ("Initech", "No sign-in")
    assert page.context["level"] == Level.L2
    assert not form["confidential"].value()


@pytest.mark.parametrize("query", [
    "draft=nonsense", "customer=%00", "title=%E2%80%AE%00", "level=9&kind=x&source=y", "began_on=x&asking=x",
    f"title={'x' * 3000}",
])
def test_an_address_that_holds_nonsense_opens_the_form(browser: Client, query: str) -> None:
    assert browser.get(f"{NEW}?{query}").status_code == 200


# ---- Drafts ---------------------------------------------------------------------------


def follow(browser: Client, values: dict[str, str]) -> str:
    response = browser.post(f"{NEW}follow/", values, headers={"HX-Request": "true"})
    assert response.status_code == 200
    return response.content.decode()


def test_what_is_typed_is_saved_and_what_is_missing_follows(browser: Client, reporter: Person) -> None:
    values = filled(server_version="10.4", level="3")
    text = follow(browser, values)
    assert "Still missing for L3" in text
    assert "Steps to reproduce" in text
    assert "2 things are missing for L3" in text
    draft = IntakeDraft.objects.get()
    assert (draft.person, draft.values["server_version"]) == (reporter, "10.4")
    follow(browser, values | {"server_version": "10.4.2"})
    assert IntakeDraft.objects.get().values["server_version"] == "10.4.2"


def test_an_empty_form_is_no_draft(browser: Client) -> None:
    follow(browser, {"submission": str(uuid.uuid4()), "source": "support", "kind": "problem", "level": "2"})
    assert not IntakeDraft.objects.exists()


def test_a_draft_is_listed_resumed_discarded_and_brought_back(browser: Client) -> None:
    values = filled(title="Half a sentence")
    assert browser.post(NEW, values | {"do": "save"})["Location"] == f"{NEW}?draft={values['submission']}"
    assert "Half a sentence" in browser.get(NEW).content.decode()
    page = browser.get(NEW, {"draft": values["submission"]})
    assert page.context["form"]["title"].value() == "Half a sentence"
    gone = browser.post(f"/escalations/drafts/{values['submission']}/discard/", follow=True)
    assert gone.context["drafts"] == []
    back = browser.post(f"/escalations/drafts/{values['submission']}/bring-back/")
    assert back["Location"] == f"{NEW}?draft={values['submission']}"
    assert browser.get(NEW).context["drafts"]


def test_a_draft_goes_when_it_is_raised_and_does_not_come_again(browser: Client) -> None:
    values = filled()
    follow(browser, values)
    browser.post(NEW, values)
    assert not IntakeDraft.objects.exists()
    assert "This was sent already." in follow(browser, values)
    assert not IntakeDraft.objects.exists()
    row = Escalation.objects.get()
    assert browser.get(NEW, {"draft": values["submission"]})["Location"] == f"/escalations/E-{row.pk}/"


def test_nobody_touches_the_draft_of_somebody_else(browser: Client) -> None:
    other = people.person(Role.SUPPORT)
    draft = IntakeDraft.objects.create(key=uuid.uuid4(), person=other, values={"title": "Theirs"}, at=NOON,
                                       updated_at=NOON)
    follow(browser, filled(submission=str(draft.key), title="Mine"))
    draft.refresh_from_db()
    assert draft.values["title"] == "Theirs"
    assert "Theirs" not in browser.get(NEW, {"draft": str(draft.key)}).content.decode()
    assert browser.post(f"/escalations/drafts/{draft.key}/discard/").status_code == 404


def test_a_session_that_ended_loses_nothing(browser: Client, reporter: Person) -> None:
    whose = browser.get(NEW).context["whose"]
    browser.logout()
    values = filled(whose=whose)
    response = browser.post(NEW, values)
    assert response.status_code == 302
    assert response["Location"].startswith("/sign-in/?next=/escalations/new/%3Fdraft")
    browser.force_login(reporter)
    page = browser.get(NEW, {"draft": values["submission"]})
    assert page.context["form"]["happened"].value() == values["happened"]


def test_while_typing_a_session_that_ended_is_said_and_what_is_typed_is_kept(browser: Client, reporter: Person) -> None:
    whose = browser.get(NEW).context["whose"]
    browser.logout()
    text = follow(browser, filled(whose=whose))
    assert "You are signed out" in text
    assert IntakeDraft.objects.get().person == reporter


@pytest.mark.parametrize("whose", ["", "nonsense", signing.dumps(1, salt="another")], ids=["none", "odd", "forged"])
def test_nothing_is_kept_for_whoever_was_never_here(client: Client, whose: str) -> None:
    assert client.post(NEW, filled(whose=whose))["Location"].startswith("/sign-in/")
    assert not IntakeDraft.objects.exists()


def test_without_a_script_files_come_with_the_form_and_go_with_the_escalation(browser: Client) -> None:
    values = filled(level="3")
    held = browser.post(NEW, values | {"files": SimpleUploadedFile("mattermost.log", b"ERROR bind failed\n")})
    assert held.status_code == 422
    assert "logs" in {need.field for need in held.context["side"].missing.given}
    browser.post(NEW, values | {"steps": "1. Sign in."})
    row = Escalation.objects.get()
    assert [file.name for file in row.files.all()] == ["mattermost.log"]
    assert not IntakeDraft.objects.exists()


# ---- What stands beside it -----------------------------------------------------------


def test_the_side_knows_the_customer_and_says_money_to_whom_may_see_it(browser: Client, client: Client) -> None:
    known = customer("Initech", arr=410_000, seats=2_000)
    escalation("Their other problem", customer=known)
    text = follow(browser, filled())
    assert "above $50K" in text
    assert "$410K" not in text
    assert "Their other problem" in text
    client.force_login(people.person(Role.ACCOUNT))
    assert "$410K" in follow(client, filled())


def test_an_unknown_customer_is_said_to_be_added(browser: Client) -> None:
    assert "will be added as unconfirmed" in follow(browser, filled(customer="Nobody Ltd"))


def test_the_level_says_what_it_means_and_promises(browser: Client) -> None:
    customer("Initech")
    text = follow(browser, filled())
    assert "L2 means" in text
    assert "First reply" in text


def test_similar_ones_are_found_and_confidential_ones_are_not(browser: Client) -> None:
    escalation("LDAP sign-in drops nested groups after upgrade")
    escalation("LDAP sign-in of the board drops groups", confidential=True, reporter=people.person(Role.ACCOUNT),
               source=Source.ACCOUNT)
    KnowledgeNote.objects.create(question="Why does LDAP sign-in drop nested groups?", answer="It does.", at=NOON,
                                 updated_at=NOON)
    text = follow(browser, filled(title="LDAP sign-in drops nested groups", happened=""))
    assert "LDAP sign-in drops nested groups after upgrade" in text
    assert "of the board" not in text
    assert "Why does LDAP sign-in drop nested groups?" in text


def test_two_common_words_of_five_are_not_alike(browser: Client) -> None:
    make_ticket(summary="LDAP sync stops at a group with a comma")
    make_ticket(summary="Custom policy cannot be removed once archived")
    for number in range(4):
        make_ticket(summary=f"Custom emoji {number}")
        make_ticket(summary=f"Removing a team {number}")
    count_words()
    text = follow(browser, filled(title="LDAP sync removes custom groups", happened=""))
    assert "LDAP sync stops at a group" in text
    assert "Custom policy" not in text


def test_customers_are_searched(browser: Client) -> None:
    customer("Initech")
    found = browser.get(f"{NEW}customers/", {"customer": "init"}).content.decode()
    assert 'data-option="Initech"' in found
    assert "added as unconfirmed" in browser.get(f"{NEW}customers/", {"customer": "zzz"}).content.decode()
    assert browser.get(f"{NEW}customers/", {"customer": "\x00" * 5}).status_code == 200


# ---- This customer too ---------------------------------------------------------------


def test_this_customer_too_joins_an_escalation_and_can_be_taken_back(browser: Client) -> None:
    known, values = escalation(), filled(title="", happened="", server_version="")
    follow(browser, values)
    response = browser.post(f"{NEW}too/E-{known.pk}/", values)
    assert response["Location"] == f"/escalations/E-{known.pk}/"
    known.refresh_from_db()
    assert (known.customers, Escalation.objects.count()) == (2, 1)
    added = Affected.objects.get(customer__name="Initech")
    assert EscalationEvent.objects.filter(what=What.CUSTOMER_ADDED).count() == 1
    undo = reverse("escalations:affected_remove", args=[known.pk, added.pk]) + f"?draft={values['submission']}"
    assert [message.extra_tags for message in get_messages(response.wsgi_request)] == [undo]
    assert browser.post(undo)["Location"] == f"{NEW}?draft={values['submission']}"
    known.refresh_from_db()
    assert known.customers == 1
    assert IntakeDraft.objects.get().discarded_at is None


def test_what_was_said_and_sent_of_them_goes_along_for_those_who_work_on_it(browser: Client) -> None:
    known, values = escalation(), filled(happened="They see it on Safari alone.")
    follow(browser, values)
    draft = IntakeDraft.objects.get()
    file = EscalationFile.objects.create(
        draft=draft, name="app.log", size=3, stored="quarantine/of-the-form", by_name="Support", at=draft.at
    )
    browser.post(f"{NEW}too/E-{known.pk}/", values)
    note = Message.objects.get(escalation=known)
    assert (note.author, note.public) == (Author.NOTE, False)
    assert "Initech too:" in note.text and "Safari" in note.text
    file.refresh_from_db()
    assert (file.escalation, file.public) == (known, False)
    added = Affected.objects.get(customer__name="Initech")
    browser.post(reverse("escalations:affected_remove", args=[known.pk, added.pk]) + f"?draft={values['submission']}")
    file.refresh_from_db()
    assert (file.escalation, file.draft, file.public) == (None, draft, True)
    assert not Message.objects.filter(escalation=known).exists()


def test_the_same_customer_joins_once(browser: Client) -> None:
    known = escalation()
    for _ in range(2):
        browser.post(f"{NEW}too/E-{known.pk}/", filled())
    assert Affected.objects.filter(escalation=known).count() == 2


def test_without_a_customer_nobody_joins(browser: Client) -> None:
    known = escalation()
    response = browser.post(f"{NEW}too/E-{known.pk}/", filled(customer="", title=""))
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["customer"]
    assert Affected.objects.count() == 1


def test_nobody_joins_what_they_do_not_see_or_what_is_over(browser: Client) -> None:
    hidden = escalation(confidential=True, reporter=people.person(Role.ACCOUNT))
    assert browser.post(f"{NEW}too/E-{hidden.pk}/", filled()).status_code == 404
    over = escalation()
    Escalation.objects.filter(pk=over.pk).update(status=Status.CLOSED)
    response = browser.post(f"{NEW}too/E-{over.pk}/", filled())
    assert response.status_code == 422
    assert "is over" in response.content.decode()


def test_a_similar_ticket_takes_the_form_with_the_least(browser: Client) -> None:
    ticket = make_ticket(key="MM-7", summary="LDAP drops nested groups")
    browser.post(f"{NEW}too/MM-7/", filled(level="3", server_version="", category=""))
    row = Escalation.objects.get()
    assert (row.ticket, row.ticket_state, row.level) == (ticket, "linked", Level.L3)
    assert EscalationEvent.objects.filter(what=What.TICKET_LINKED, to_value="MM-7").exists()


def test_a_ticket_with_an_open_escalation_gets_one_customer_more(browser: Client) -> None:
    ticket = make_ticket(key="MM-7")
    known = escalation(ticket=ticket, ticket_state="linked")
    browser.post(f"{NEW}too/MM-7/", filled())
    assert Escalation.objects.count() == 1
    assert Affected.objects.filter(escalation=known).count() == 2


def test_a_ticket_that_is_not_there_is_not_found(browser: Client) -> None:
    assert browser.post(f"{NEW}too/MM-404/", filled()).status_code == 404


def test_whoever_did_not_add_a_customer_does_not_take_it_off(browser: Client, client: Client) -> None:
    known = escalation()
    browser.post(f"{NEW}too/E-{known.pk}/", filled())
    added = Affected.objects.get(customer__name="Initech")
    url = reverse("escalations:affected_remove", args=[known.pk, added.pk])
    client.force_login(people.person(Role.SUPPORT))
    assert client.post(url).status_code == 404
    client.force_login(people.person(Role.ENGINEER))
    assert client.post(url).status_code == 302
    assert not Affected.objects.filter(pk=added.pk).exists()
    first = Affected.objects.get()
    client.post(reverse("escalations:affected_remove", args=[known.pk, first.pk]))
    assert Affected.objects.filter(pk=first.pk).exists()


def test_a_viewer_raises_nothing(client: Client) -> None:
    client.force_login(people.person(Role.VIEWER))
    assert client.get(NEW).status_code == 403
    assert client.post(NEW, filled()).status_code == 403


def test_old_discarded_drafts_go_for_good(browser: Client, reporter: Person) -> None:
    at = clock.now()
    for days in (31, 29):
        IntakeDraft.objects.create(key=uuid.uuid4(), person=reporter, values={"title": f"{days}"}, at=NOON,
                                   updated_at=NOON, discarded_at=at - timedelta(days=days))
    values = filled()
    follow(browser, values)
    browser.post(f"/escalations/drafts/{values['submission']}/discard/")
    assert {draft.values["title"] for draft in IntakeDraft.objects.all()} == {"29", values["title"]}


# ---- Said while it is typed ------------------------------------------------------------


def test_part_of_a_known_name_is_neither_unknown_nor_done(browser: Client) -> None:
    customer("Nordwind")
    text = follow(browser, {**filled(customer="ordw"), "support_ticket": "48213"})
    assert "Nobody of this name is known" not in text
    assert "Which customer?" in text
    assert re.search(r'id="step-who"[^>]*data-tone', text) is None
    whole = follow(browser, filled(customer="Nordwind"))
    assert "Which customer?" not in whole
    assert re.search(r'id="step-who"[^>]*data-tone="green"', whole)


def test_a_version_without_its_patch_number_is_said_at_its_field(browser: Client) -> None:
    text = follow(browser, filled(server_version="10.9"))
    assert re.search(r'id="intake-version"[^>]*>We need the patch version too, such as 10.9.2.<', text)
    assert re.search(r'id="intake-version"[^>]*></p>', follow(browser, filled(server_version="10.9.1")))
    ours = follow(browser, filled(server_version="10.9", deployment="cloud"))
    assert re.search(r'id="intake-version"[^>]*></p>', ours)


def test_how_many_sound_alike_stands_in_the_foot(browser: Client) -> None:
    assert re.search(r'id="intake-alike"[^>]*hidden', follow(browser, filled(title="Quite another thing", happened="")))
    escalation("LDAP sign-in drops nested groups after upgrade")
    text = follow(browser, filled(title="LDAP sign-in drops nested groups", happened=""))
    assert re.search(r'href="#similar-h"[^>]*>1 sounds alike</a>', text)


def test_what_only_helps_is_marked_optional_and_what_may_hold_it_back_is_not(browser: Client) -> None:
    form = browser.get(NEW).context["form"]
    optional = {name for name, field in form.fields.items() if not field.asked}
    assert {"logs", "tried", "expected", "began_on", "affected_people", "hosting", "support_ticket"} <= optional
    assert not {"customer", "level", "title", "happened", "steps", "server_version", "category", "asking"} & optional
