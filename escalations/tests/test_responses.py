"""Response templates: loaded, edited, put in order, counted; who may do which."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from escalations.actions import responses as actions
from escalations.actions import thread
from escalations.actions.base import Refused
from escalations.actions.responses import Said
from escalations.actions.states import move
from escalations.choices import Author, Outcome, Status
from escalations.models import Escalation, ResponseTemplate, TemplateVersion
from escalations.queries import responses as queries
from escalations.rules.responses import placeholders
from escalations.tests import factories as make
from people.choices import Role
from people.models import Person
from people.tests import factories as people

pytestmark = pytest.mark.django_db
FIVE = ("feature-not-bug", "configuration", "unsupported", "more-information", "looking-into-it")


@pytest.fixture(autouse=True)
def _loaded(db: None) -> None:
    if not ResponseTemplate.objects.exists():
        actions.load_responses(at=make.NOON)


def of(slug: str) -> ResponseTemplate:
    return ResponseTemplate.objects.get(slug=slug)


def newest(slug: str) -> TemplateVersion:
    found = queries.newest(slug)
    assert found is not None
    return found


def as_(role: Role, person: Person | None = None) -> Client:
    client = Client()
    client.force_login(person or people.person(role))
    return client


def handbook(folder: Path, *, version: int, body: str, slug: str = "configuration") -> Path:
    path = folder / f"responses-{version}.toml"
    path.write_text(
        f'version = {version}\n[[templates]]\nslug = "{slug}"\ntitle = "T"\nwhen = "W"\noutcome = "bug"\nasks = true\n'
        f'body = """\n{body}\n"""\n', encoding="utf-8",
    )
    return path


# ---- The handbook's ----


def test_the_handbooks_five_are_there_in_its_order_with_its_placeholders() -> None:
    lines = queries.responses()
    assert tuple(line.template.slug for line in lines)[:5] == FIVE
    named = {line.template.slug: [one.name for one in placeholders(line.version.body)] for line in lines}
    assert named["feature-not-bug"] == ["reporter name", "PM name", "other needs"]
    assert named["configuration"] == ["reporter name", "link", "list of troubleshooting steps"]
    assert named["unsupported"] == ["reporter name", "link", "PM name"]
    assert named["more-information"] == ["reporter name", "other needs"]
    assert named["looking-into-it"] == ["reporter name", "ticket link"]
    assert {"release", "release date"} <= set(named["fix-released"])


def test_loading_again_changes_nothing() -> None:
    assert actions.load_responses(at=make.NOON) == 0
    assert set(TemplateVersion.objects.values_list("number", flat=True)) == {1}


def test_a_higher_version_goes_over_what_nobody_edited(tmp_path: Path) -> None:
    assert actions.load_responses(at=make.NOON, path=handbook(tmp_path, version=9, body="New words")) == 1
    assert (newest("configuration").number, newest("configuration").body) == (2, "New words")
    assert of("configuration").title == "T"


@pytest.mark.parametrize("how", ["text", "title", "restored"])
def test_what_was_edited_here_keeps_its_text(tmp_path: Path, how: str) -> None:
    row, lead, body = of("configuration"), people.person(Role.LEAD), newest("configuration").body
    told = Said(row.title, row.when, "Mine" if how != "title" else body, row.outcome, row.asks)
    if how == "title":
        told = Said("Another title", row.when, body, row.outcome, row.asks)
    actions.edit_response(template=row, said=told, by=lead, at=make.NOON, seen=1)
    if how == "restored":
        actions.restore_response(template=row, number=1, by=lead, at=make.NOON)
    before = newest("configuration").body
    assert actions.load_responses(at=make.NOON, path=handbook(tmp_path, version=9, body="New words")) == 0
    assert newest("configuration").body == before


def test_one_that_was_added_here_under_the_name_of_a_later_one_is_left_alone(tmp_path: Path) -> None:
    lead = people.person(Role.LEAD)
    actions.add_response(said=Said("Later", "", "Ours"), by=lead, at=make.NOON)
    assert actions.load_responses(at=make.NOON, path=handbook(tmp_path, version=9, body="X", slug="later")) == 0
    assert newest("later").body == "Ours"


# ---- Edited, restored, ordered ----


def test_an_edit_is_a_new_version_and_the_same_again_is_none() -> None:
    row, lead = of("update"), people.person(Role.LEAD)
    said = Said("Update", "Daily", "Hi {{reporter name}}", "", False)
    assert actions.edit_response(template=row, said=said, by=lead, at=make.NOON, seen=1).number == 2
    assert actions.edit_response(template=row, said=said, by=lead, at=make.NOON, seen=2).number == 2
    assert of("update").title == "Update"


def test_two_who_edit_the_same_version_are_told_of_each_other() -> None:
    row, lead = of("update"), people.person(Role.LEAD, name="Ines Moreau")
    actions.edit_response(template=row, said=Said("A", "", "A"), by=lead, at=make.NOON, seen=1)
    with pytest.raises(Refused, match="by Ines Moreau"):
        actions.edit_response(template=row, said=Said("B", "", "B"), by=lead, at=make.NOON, seen=1)
    assert newest("update").body == "A"


@pytest.mark.parametrize("body", ["", "  \n ", "Hi {{reporter name", "Hi {{}}", "}} there"])
def test_a_text_with_broken_braces_or_without_words_is_refused(body: str) -> None:
    with pytest.raises(Refused):
        actions.add_response(said=Said("Title", "", body), by=people.person(Role.LEAD), at=make.NOON)


def test_names_of_pages_are_no_addresses_of_templates_and_two_of_one_title_have_two() -> None:
    lead = people.person(Role.LEAD)
    slugs = [actions.add_response(said=Said(title, "", "x"), by=lead, at=make.NOON).slug
             for title in ("Compose", "Compose", "🦊")]
    assert slugs == ["compose-2", "compose-3", "response"]


def test_one_moves_up_and_not_beyond_the_end() -> None:
    assert actions.move_response(template=of("configuration"), up=True)
    assert [row.slug for row in queries.offered()][:2] == ["configuration", "feature-not-bug"]
    assert not actions.move_response(template=of("configuration"), up=True)


def test_one_set_aside_is_offered_no_more_and_comes_back() -> None:
    row = of("update")
    assert actions.archive_response(template=row, at=make.NOON)
    assert not actions.archive_response(template=row, at=make.NOON)
    assert "update" not in [one.slug for one in queries.offered()]
    assert actions.bring_back_response(template=row)
    assert "update" in [one.slug for one in queries.offered()]


# ---- What is known ----


def test_what_is_known_of_an_escalation_fills_itself_in() -> None:
    manager = people.person(Role.VIEWER, name="Paula Hart")
    area = people.component("LDAP")
    area.product_manager = manager
    area.save()
    asks = people.person(Role.SUPPORT, name="Rafael Souza")
    row = make.escalation(reporter=asks, area=area, expected_release="10.5", workaround="Sign in by mail")
    known = queries.known_values(row, at=make.NOON)
    assert known.values["reporter name"] == "Rafael"
    assert known.values["pm name"] == "Paula Hart"
    assert (known.values["release"], known.values["workaround"]) == ("10.5", "Sign in by mail")
    assert "link" not in known.values
    assert known.hints["ticket link"].text == "It has no ticket yet."
    assert "next release is on 16 December" in known.hints["release date"].text


def test_an_area_without_a_product_manager_says_where_one_is_named() -> None:
    area = people.component("LDAP")
    known = queries.known_values(make.escalation(area=area), at=make.NOON)
    assert known.hints["pm name"].url == f"/people/areas/{area.pk}/"


def test_a_date_is_not_guessed_for_a_hotfix_and_is_the_calendars_for_the_next_release() -> None:
    row = make.escalation()
    for fix, day in (("hotfix", None), ("next_release", "16 December")):
        Escalation.objects.filter(pk=row.pk).update(fix=fix)
        row.refresh_from_db()
        assert queries.known_values(row, at=make.NOON).values.get("release date") == day


def test_a_template_filled_for_a_reply_that_is_owed_leaves_out_what_is_not_known() -> None:
    row = make.escalation(expected_release="10.5")
    found = queries.filled_for("fix-released", row, at=make.NOON, values={"release date": "16 December"})
    assert found is not None
    assert found[1].ready
    assert "10.5, released on 16 December" in found[1].text
    assert "The ticket was" not in found[1].text
    assert queries.filled_for("no-such", row, at=make.NOON) is None


# ---- How often, and how it ended ----


def test_use_is_counted_with_how_it_ended() -> None:
    version, us = newest("configuration"), people.person(Role.ENGINEER)
    rows = [make.escalation() for _ in range(3)]
    for at, row in enumerate([*rows, rows[0]]):
        thread.write(escalation=row, author=Author.US, by=us, by_name=us.name, text="Look at the docs", public=True,
                     key=f"k{at}", at=make.NOON + timedelta(minutes=at), template=version)
    move(escalation=rows[0], to=Status.SOLVED, by=us, at=make.NOON, outcome=Outcome.CONFIGURATION)
    move(escalation=rows[1], to=Status.SOLVED, by=us, at=make.NOON, outcome=Outcome.BUG)
    usage = next(line.usage for line in queries.responses() if line.template.slug == "configuration")
    assert (usage.messages, usage.escalations, usage.settled, usage.without, usage.share) == (4, 3, 2, 2, 100)
    assert dict(usage.ended) == {"A bug": 1, "A configuration": 1}
    assert queries.template_page(of("configuration")).versions[0].used == 4


def test_the_list_costs_the_same_however_many_there_are(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    lead = people.person(Role.LEAD)
    for number in range(6):
        actions.add_response(said=Said(f"T {number}", "", "x"), by=lead, at=make.NOON)
    with django_assert_max_num_queries(4):
        assert len(queries.responses()) == 13


# ---- The pages ----


def test_support_reads_the_responses_and_only_a_lead_edits_them() -> None:
    support, lead = as_(Role.SUPPORT), as_(Role.LEAD)
    assert "A new feature, not a bug" in support.get("/responses/").content.decode()
    assert "Add a response" not in support.get("/responses/").content.decode()
    assert support.get("/responses/configuration/").status_code == 200
    assert support.post("/responses/configuration/edit/", {"title": "x", "body": "x", "seen": 1}).status_code == 403
    assert "Add a response" in lead.get("/responses/").content.decode()
    assert as_(Role.VIEWER).get("/responses/").status_code == 403


def test_the_list_is_searched() -> None:
    page = as_(Role.SUPPORT).get("/responses/?q=supported+one").content.decode()
    assert "A configuration we do not support" in page
    assert "We are looking into it" not in page
    assert "No response has these words" in as_(Role.SUPPORT).get("/responses/?q=zebra").content.decode()


def test_a_lead_adds_edits_restores_orders_and_sets_aside() -> None:
    client = as_(Role.LEAD)
    made = client.post("/responses/new/", {"title": "Try again", "body": "Hi {{reporter name}}", "outcome": ""})
    assert made["Location"] == "/responses/try-again/"
    client.post("/responses/try-again/edit/", {"title": "Try again", "body": "Hello {{reporter name}}", "seen": 1})
    page = client.get("/responses/try-again/").content.decode()
    assert "<del>Hi</del><ins>Hello</ins>" in page
    client.post("/responses/try-again/restore/", {"number": "1"})
    assert (newest("try-again").number, newest("try-again").body) == (3, "Hi {{reporter name}}")
    client.post("/responses/order/", {"slug": "try-again", "to": "up"}, follow=True)
    assert [row.slug for row in queries.offered()][-2] == "try-again"
    client.post("/responses/try-again/archive/", follow=True)
    assert "Try again" not in client.get("/responses/").content.decode()
    assert "Try again" in client.get("/responses/?aside=1").content.decode()
    client.post("/responses/try-again/archive/", {"back": "1"}, follow=True)
    assert "Try again" in client.get("/responses/").content.decode()


@pytest.mark.parametrize("body", ["", "{{", "x" * 20_001])
def test_what_cannot_be_saved_comes_back_with_the_reason_and_nothing_is_lost(body: str) -> None:
    answer = as_(Role.LEAD).post("/responses/update/edit/", {"title": "My title", "body": body, "seen": 1})
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert "My title" in shown and "Not saved." in shown
    assert 'quiet-details" open>' in shown.partition('id="edit"')[2]
    assert "Not saved." not in as_(Role.LEAD).get("/responses/update/").content.decode()
    assert newest("update").number == 1


def test_one_that_was_edited_meanwhile_comes_back_with_what_was_typed() -> None:
    client = as_(Role.LEAD)
    client.post("/responses/update/edit/", {"title": "A", "body": "First", "seen": 1})
    answer = client.post("/responses/update/edit/", {"title": "B", "body": "Second", "seen": 1})
    assert answer.status_code == 409
    assert "Second" in answer.content.decode()
    assert "was written meanwhile" in answer.content.decode()


def test_it_is_tried_with_made_up_values_or_with_an_escalation_that_one_sees() -> None:
    asks = people.person(Role.SUPPORT, name="Zora Neale")
    row = make.escalation(reporter=asks)
    mine, other = as_(Role.SUPPORT, asks), as_(Role.ACCOUNT)
    assert "Hi Rafael" in mine.get("/responses/more-information/").content.decode()
    assert "Hi Zora" in mine.get(f"/responses/more-information/?escalation=e-{row.pk}").content.decode()
    hidden = other.get(f"/responses/more-information/?escalation={row.pk}").content.decode()
    assert "Zora" not in hidden
    assert "not yours to see" in hidden


@pytest.mark.parametrize(
    "junk", ["\x00", "x" * 5_000, "\u202egnp", "<script>alert(1)</script>", "9" * 40, "-1", "{{x}}"], ids=range(7)
)
def test_junk_in_the_address_does_no_harm(junk: str) -> None:
    client = as_(Role.LEAD)
    for path in ("/responses/", "/responses/configuration/", "/responses/compose/"):
        answer = client.get(path, {"q": junk, "escalation": junk, "value-link": junk, "template": junk})
        assert answer.status_code == 200
        assert "<script>alert" not in answer.content.decode()
    assert re.match(r"4\d\d", str(client.post("/responses/order/", {"slug": junk}).status_code))
