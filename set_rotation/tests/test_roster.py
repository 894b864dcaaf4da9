"""The roster: read from pasted lines, entered, ended, brought back, taken back."""

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as some

from people.choices import Role
from people.models import FeatureTeam, Invitation, Person
from people.tests import factories as people
from people.tests.factories import team
from portal.celery import app
from set_rotation.actions import Refused, roster
from set_rotation.models import Commitment, Member
from set_rotation.queries import roster as queries
from set_rotation.rules.roster import Line, read_lines, read_skills
from set_rotation.tests import factories

AT, TODAY = factories.NOON, date(2026, 11, 17)
SHEET = """Name\tE-mail\tTeam\tSkills\tLead?\tFrom\tUntil
Ana Silva\tana@example.org\tServer Platform\tmobile, database\tyes\t2026-11-23\t
Ben Okafor\tben@example.org\tMobile\t\tno\t1 Dec 2026\t30.06.2027
Cy Young\tCY@example.org\tMobile\tmobile\tonly\t\t
"""


def test_a_sheet_with_a_head_is_read_by_its_columns() -> None:
    ana, ben, cy = read_lines(SHEET, TODAY)
    assert ana == Line(2, "Ana Silva", "ana@example.org", "Server Platform", ("mobile", "database"), True, True,
                       date(2026, 11, 23))
    assert (ben.joins_on, ben.leaves_on) == (date(2026, 12, 1), date(2027, 7, 1))
    assert (cy.email, cy.leads, cy.engineers, cy.joins_on) == ("cy@example.org", True, False, TODAY)


@pytest.mark.parametrize("text", [
    "Ana, ana@example.org, Platform, mobile / db, yes, 2026-11-23",
    "Ana; ana@example.org; Platform; mobile / db; yes; 2026-11-23",
    "Ana\tana@example.org\tPlatform\tmobile, db\tx\t23 Nov 2026",
    "\ufeffteam,name,e-mail,skills,from,lead\r\nPlatform,Ana,ana@example.org,mobile|db,23.11.2026,true\r\n",
    '"Ana", "ana@example.org", "Platform", "mobile, db", "yes", "2026-11-23"',
])
def test_commas_semicolons_tabs_and_other_orders_say_the_same(text: str) -> None:
    [line] = read_lines(text, TODAY)
    assert (line.name, line.email, line.team, line.skills) == ("Ana", "ana@example.org", "Platform", ("mobile", "db"))
    assert (line.leads, line.joins_on, line.errors) == (True, date(2026, 11, 23), ())


@pytest.mark.parametrize(("text", "words"), [
    ("Ana, not an address, Platform", "is no e-mail address"),
    (", ana@example.org", "The name is missing"),
    ("Ana, ana@example.org, P, , maybe", "write yes, no or only"),
    ("Ana, ana@example.org, P, , yes, 5/1/2026", "write it as 2026-11-30"),
    ("Ana, ana@example.org, P, , yes, 2026-11-30, 2026-11-01", "before the first"),
    ("Ana, ana@example.org, P, , yes, 2026-11-30, , extra", "more cells than columns"),
    ("Ana, ana@example.org\nAna Again, ANA@example.org", "stands in line 1 already"),
])
def test_what_cannot_be_read_is_said_at_its_line(text: str, words: str) -> None:
    assert words in " ".join(read_lines(text, TODAY)[-1].errors)


@given(some.text(max_size=300))
def test_whatever_is_pasted_is_answered_with_lines(text: str) -> None:
    for line in read_lines(text, TODAY):
        assert line.number >= 1
        assert line.errors or line.name


def test_skills_are_small_letters_each_once() -> None:
    assert read_skills("Mobile, DB / mobile; Search  engine") == ("mobile", "db", "search engine")


@pytest.mark.django_db
def test_pasted_people_are_added_without_access_their_teams_made_and_all_is_taken_back() -> None:
    lead = factories.engineer()
    done = roster.import_roster(rows=queries.preview(read_lines(SHEET, TODAY)), by=lead, at=AT)
    assert (len(done.made), done.people, done.teams) == (3, 3, 2)
    ana = Person.objects.get(email="ana@example.org")
    assert not ana.has_usable_password()
    assert ana.joined is None
    assert not ana.groups.exists()
    assert roster.undo_roster(made=done.made, were=done.were, by=lead, at=AT) == 3
    assert not Member.objects.exists()
    assert Person.objects.filter(email="ana@example.org").exists()


@pytest.mark.django_db
def test_a_second_paste_changes_what_differs_and_leaves_the_rest() -> None:
    lead = factories.engineer()
    roster.import_roster(rows=queries.preview(read_lines(SHEET, TODAY)), by=lead, at=AT)
    again = SHEET.replace("mobile, database", "search")
    coming = queries.preview(read_lines(again, TODAY))
    assert [row.does for row in coming] == ["changes", "same", "same"]
    done = roster.import_roster(rows=coming, by=lead, at=AT)
    assert Member.objects.get(person__email="ana@example.org").skills == ["search"]
    roster.undo_roster(made=done.made, were=done.were, by=lead, at=AT)
    assert Member.objects.get(person__email="ana@example.org").skills == ["mobile", "database"]


@pytest.mark.django_db
def test_an_import_is_all_or_nothing() -> None:
    lead, lines = factories.engineer(), read_lines(SHEET + "Dee\t\tMobile\n", TODAY)
    coming = queries.preview(lines)
    assert "add the e-mail address" in coming[-1].line.errors[0]
    with pytest.raises(Refused, match="Line 5: Nobody of this name is known"):
        roster.import_roster(rows=coming, by=lead, at=AT)
    assert not Member.objects.exists()
    assert not FeatureTeam.objects.exists()


@pytest.mark.django_db
def test_somebody_is_a_member_once_at_a_time_and_can_come_back_later() -> None:
    lead, person = factories.engineer(), factories.engineer("Ana")
    one = factories.member(person, leaves_on=date(2026, 12, 1))
    values: dict[str, Any] = {"team": None, "skills": [], "leads": True, "engineers": True, "leaves_on": None}
    with pytest.raises(Refused, match="Ana would be a member twice"):
        roster.add_member(person=person, joins_on=date(2026, 11, 30), by=lead, at=AT, **values)
    two = roster.add_member(person=person, joins_on=date(2026, 12, 1), by=lead, at=AT, **values)
    assert two.joins_on == one.leaves_on


@pytest.mark.django_db
def test_a_commitment_holds_from_today_and_the_former_ends() -> None:
    lead, platform = factories.engineer(), team("Platform")
    assert roster.set_commitment(team=platform, engineers=2, leads=1, per=3, today=date(2026, 1, 5), by=lead, at=AT)
    assert not roster.set_commitment(team=platform, engineers=2, leads=1, per=3, today=TODAY, by=lead, at=AT)
    assert roster.set_commitment(team=platform, engineers=1, leads=0, per=1, today=TODAY, by=lead, at=AT)
    old, new = Commitment.objects.order_by("starts_on")
    assert (old.ends_on, new.starts_on, new.ends_on) == (TODAY, TODAY, None)
    assert roster.set_commitment(team=platform, engineers=0, leads=0, per=1, today=TODAY, by=lead, at=AT)
    assert Commitment.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("last_on", ["9999-12-31", "1066-10-14", "never"])
def test_nobody_leaves_the_roster_on_a_day_that_is_none(last_on: str) -> None:
    client, one = Client(), factories.member(factories.engineer())
    client.force_login(factories.engineer("Lea", Role.COORDINATOR))
    sent = client.post(reverse("set_rotation:member_end", args=[one.pk]), {"last_on": last_on}, follow=True)
    assert "That is no day on which somebody could leave the roster." in sent.content.decode()
    changed = {"engineers": "on", "joins_on": "2026-01-01", "last_on": last_on}
    assert client.post(reverse("set_rotation:member", args=[one.pk]), changed).status_code == 422
    wish = {"kind": "avoid", "starts_on": "2026-12-01", "last_on": last_on, "person": one.person_id}
    assert client.post(reverse("set_rotation:wishes"), wish).status_code == 422
    assert Member.objects.get().leaves_on is None


def owing(client: Client, **changed: str) -> dict[str, str]:
    """What the form of "What teams owe" would send, with some boxes changed (`Mobile_per`)."""
    sent = dict[str, str]()
    for row, form in client.get(reverse("set_rotation:roster")).context["owing"]:
        for name in form.fields:
            shown = str(form[name].value())
            sent |= {form[name].html_initial_name: shown,
                     form[name].html_name: changed.get(f"{row.team.name}_{name}", shown)}
    return sent


@pytest.mark.django_db
def test_what_all_teams_owe_is_saved_at_once_and_teams_nobody_touched_are_left_alone() -> None:
    client, lead = Client(), factories.engineer("Lea", Role.COORDINATOR)
    client.force_login(lead)
    teams = [team(name) for name in ("Mobile", "Platform", "Search")]
    for one in teams:
        factories.member(factories.engineer(), team=one)
    sent = owing(client, Mobile_engineers="2", Platform_leads="1", Platform_per="3")
    roster.set_commitment(team=teams[2], engineers=5, leads=0, per=1, today=TODAY, by=lead, at=AT)
    page = client.post(reverse("set_rotation:roster_commitments"), sent, follow=True).content.decode()
    assert "Changed from today on: Mobile, Platform." in page
    held = {one.team.name: (one.engineers, one.leads, one.per) for one in Commitment.objects.select_related("team")}
    assert held == {"Mobile": (2, 0, 1), "Platform": (0, 1, 3), "Search": (5, 0, 1)}
    again = client.post(reverse("set_rotation:roster_commitments"), owing(client), follow=True)
    assert "Nothing was changed." in again.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", ["-1", "100", "many", "", "\x00", "9" * 5000])
def test_a_number_that_is_none_names_its_team_and_nothing_typed_is_lost(wrong: str) -> None:
    client = Client()
    client.force_login(factories.engineer("Lea", Role.COORDINATOR))
    for name in ("Mobile", "Platform"):
        factories.member(factories.engineer(), team=team(name))
    sent = owing(client, Mobile_engineers="7", Platform_leads=wrong)
    answer = client.post(reverse("set_rotation:roster_commitments"), sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Nothing was saved: mend Platform." in page
    assert "Platform: write numbers" in page
    assert "Mobile: write numbers" not in page
    assert answer.context["owing"][0][1]["engineers"].value() == "7"
    assert 'value="7"' in page
    assert not Commitment.objects.exists()


@pytest.mark.django_db
def test_who_does_not_plan_changes_nothing_that_teams_owe() -> None:
    client, lead = Client(), Client()
    client.force_login(factories.engineer("Eve", Role.ENGINEER))
    lead.force_login(factories.engineer("Lea", Role.LEAD))
    factories.member(factories.engineer(), team=team("Mobile"))
    sent = owing(lead, Mobile_engineers="2")
    assert client.post(reverse("set_rotation:roster_commitments"), sent).status_code == 403
    assert "nothing in particular" in client.get(reverse("set_rotation:roster")).content.decode()
    assert lead.post(reverse("set_rotation:roster_commitments"), sent).status_code == 302
    assert Commitment.objects.get().engineers == 2


@pytest.mark.django_db
def test_pasted_people_who_cannot_sign_in_are_invited_together_and_only_once() -> None:
    lead, engineer = factories.engineer("Lea", Role.LEAD), factories.engineer("Eve")
    roster.import_roster(rows=queries.preview(read_lines(SHEET, TODAY)), by=lead, at=AT)
    factories.member(engineer)
    client, other, url = Client(), Client(), reverse("set_rotation:roster_invite")
    client.force_login(lead)
    other.force_login(engineer)
    page = client.get(reverse("set_rotation:roster"))
    asked = {"person": [one.pk for one in page.context["uninvited"]]}
    assert "Invite 3 who cannot sign in yet" in page.content.decode()
    assert "who cannot sign in yet" not in other.get(reverse("set_rotation:roster")).content.decode()
    assert other.post(url, asked).status_code == 403
    assert not Invitation.objects.exists()
    assert "3 invited" in client.post(url, asked, follow=True).content.decode()
    again = client.post(url, asked, follow=True).content.decode()
    assert "is invited already" in again
    assert "who cannot sign in yet" not in again
    assert Invitation.objects.open().filter(by=lead, person__groups__name=Role.ENGINEER).count() == 3


@pytest.mark.django_db
def test_only_those_who_were_shown_are_invited_and_nobody_who_is_not_on_the_roster() -> None:
    lead, stranger = factories.engineer("Lea", Role.LEAD), people.person(joined=None)
    shown, unseen = (people.person(joined=None) for _ in range(2))
    for one in (shown, unseen):
        factories.member(one)
    client = Client()
    client.force_login(lead)
    asked = {"person": [shown.pk, stranger.pk, lead.pk, "\x00", "9" * 40, "-1"]}
    client.post(reverse("set_rotation:roster_invite"), asked)
    assert Invitation.objects.get().person == shown


@pytest.mark.django_db
def test_without_the_worker_the_invitations_are_kept_and_the_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.conf, "broker_url", "redis+socket:///nowhere/valkey.sock")
    person, client = people.person(joined=None), Client()
    factories.member(person)
    client.force_login(factories.engineer("Lea", Role.LEAD))
    sent = client.post(reverse("set_rotation:roster_invite"), {"person": [person.pk]}, follow=True)
    assert "mail cannot be sent at the moment" in sent.content.decode()
    assert "could not be reached" in Invitation.objects.get().send_error
