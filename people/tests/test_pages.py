from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from people import actions, queries
from people.choices import Role
from people.models import Component, FeatureTeam, Invitation, Person, PersonalToken
from people.tests import factories
from people.tests.conftest import SignedIn
from people.tests.factories import PASSWORD
from people.tests.test_entrance import words
from portal.common import clock

pytestmark = pytest.mark.django_db
HOSTILE = ["\x00", "x" * 5_000, "\u202egnp.exe", "🦊", "<script>alert(1)</script>", "%", "' OR 1=1 --", "-1", "1e9"]


# ---- The list of people ----


def test_everybody_sees_who_is_here_and_only_some_may_change_it(signed_in: SignedIn) -> None:
    shown = factories.person(Role.ENGINEER, name="Tomasz Brandt", zone="Europe/Berlin")
    for role, invites, changes in (
        (Role.VIEWER, False, False), (Role.LEAD, True, False), (Role.COORDINATOR, True, True),
    ):
        page = signed_in(role).get("/people/").content.decode()
        assert "Tomasz Brandt" in page
        assert ("Send the invitation" in page) is invites
        assert (f"/people/{shown.pk}/" in page) is changes


def test_the_list_costs_the_same_however_many_are_here(
    signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries, settings: Settings
) -> None:
    settings.AUTHENTICATION_BACKENDS = ["people.authentication.PasswordBackend"]
    client = signed_in(Role.COORDINATOR)
    for _ in range(3):
        factories.person(Role.ENGINEER, Role.SUPPORT)
    factories.invitation()
    client.get("/people/")  # what the frame keeps is asked for once
    # session, me with roles, people, invitations, teams of the form; and what the frame asks for
    with django_assert_max_num_queries(8) as few:
        client.get("/people/")
    for number in range(12):
        factories.person(Role.ENGINEER)
        factories.invitation(email=f"i{number}@example.org")
    with django_assert_max_num_queries(8) as many:
        client.get("/people/")
    assert len(few) == len(many)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=brandt", {"Tomasz Brandt"}),
        ("?q=PRIYA.V", {"Priya Venkataraman"}),
        ("?role=support", {"Priya Venkataraman"}),
        ("?team=channels", {"Tomasz Brandt"}),
        ("?state=invited", {"New Colleague"}),
        ("?state=gone", {"Gone Girl"}),
        ("?q=nobody", set()),
        ("?role=king", {"Me", "New Colleague", "Priya Venkataraman", "Tomasz Brandt"}),
        ("", {"Me", "New Colleague", "Priya Venkataraman", "Tomasz Brandt"}),
    ],
)
def test_the_list_is_narrowed_by_its_address(signed_in: SignedIn, query: str, found: set[str]) -> None:
    factories.person(Role.ENGINEER, name="Tomasz Brandt", team=factories.team("Channels"))
    factories.person(Role.SUPPORT, name="Priya Venkataraman", mattermost_name="priya.v")
    gone = factories.person(Role.VIEWER, name="Gone Girl")
    actions.deactivate(person=gone, by=None, at=clock.now())
    factories.invitation()
    client = signed_in(person=factories.person(Role.VIEWER, name="Me"))
    rows = client.get(f"/people/{query}").context["people"]
    assert {row.name for row in rows} == found


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_filters_are_left_out_or_find_nobody(signed_in: SignedIn, text: str) -> None:
    client = signed_in(Role.VIEWER)
    for name in ("q", "role", "team", "state"):
        response = client.get("/people/", {name: text})
        assert response.status_code == 200
        assert "<script>alert" not in response.content.decode()


# ---- Inviting ----


def invite(client: Client, **changed: object) -> object:
    data = {"email": "new@example.org", "name": "New Colleague", "roles": ["engineer"], **changed}
    return client.post("/people/invite/", data)


def test_a_lead_invites_by_mail(signed_in: SignedIn) -> None:
    client = signed_in(Role.LEAD)
    response = invite(client, team=factories.team().pk)
    assert response.status_code == 302  # type: ignore[attr-defined]
    person = Person.objects.get(email="new@example.org")
    assert queries.held_roles(person) == {Role.ENGINEER}
    assert "the mail is on its way" in words(client.get("/people/").content)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EXECUTIVE, Role.SUPPORT, Role.ACCOUNT, Role.ENGINEER])
def test_others_do_not_invite(signed_in: SignedIn, role: Role) -> None:
    assert invite(signed_in(role)).status_code == 403  # type: ignore[attr-defined]
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"roles": ["coordinator"]}, {"roles": []}, {"roles": ["king"]}, {"roles": "\x00"}, {"email": "nonsense"},
        {"email": "a\x00@example.org"}, {"email": "x" * 300 + "@example.org"}, {"name": ""}, {"name": "\u202e"},
        {"name": "n" * 5_000}, {"name": "\x00"}, {"team": "999999999999999999999"}, {"team": "\x00"},
        {"email": "HERE@example.org"},
    ],
)
def test_a_wrong_invitation_is_refused_in_words(signed_in: SignedIn, wrong: dict[str, object]) -> None:
    factories.person(email="here@example.org")
    response = invite(signed_in(Role.LEAD), **wrong)
    assert response.status_code == 422  # type: ignore[attr-defined]
    assert not Invitation.objects.exists()


def test_a_name_in_any_script_can_be_invited_and_is_shown_as_text(signed_in: SignedIn) -> None:
    client = signed_in(Role.LEAD)
    for number, name in enumerate(["محمد علي", "🦊 Fox", "<script>alert(1)</script>", "山田 太郎"]):
        invite(client, email=f"n{number}@example.org", name=name)
        assert Person.objects.filter(name=name).exists()
    assert "<script>alert(1)" not in client.get("/people/").content.decode()


def test_a_lead_is_offered_nothing_for_a_coordinators_invitation(signed_in: SignedIn) -> None:
    theirs = factories.invitation(roles=(Role.COORDINATOR,)).person
    ours = factories.invitation(email="other@example.org").person
    client = signed_in(Role.LEAD)
    page = client.get("/people/").content.decode()
    assert page.count(">Send again<") == 1
    for path in ("again", "revoke"):
        answer = client.post(f"/people/invite/{path}/", {"person": theirs.pk}, follow=True)
        assert "more than yours" in words(answer.content)
    client.post("/people/invite/revoke/", {"person": ours.pk})
    assert list(Invitation.objects.open().values_list("person", flat=True)) == [theirs.pk]


def test_without_the_worker_the_invitation_is_kept_and_can_be_sent_again(
    signed_in: SignedIn, no_broker: None
) -> None:
    client = signed_in(Role.LEAD)
    invite(client)
    invitation = Invitation.objects.get()
    assert "could not be reached" in invitation.send_error
    page = words(client.get("/people/").content)
    assert "Send again" in page
    assert "Not sent" in page


def test_an_invitation_is_sent_again_and_taken_back(signed_in: SignedIn) -> None:
    client, invitation = signed_in(Role.LEAD), factories.invitation()
    person = invitation.person
    client.post("/people/invite/again/", {"person": person.pk})
    invitation.refresh_from_db()
    assert invitation.expires_at > clock.now() + timedelta(days=6)
    client.post("/people/invite/revoke/", {"person": person.pk})
    person.refresh_from_db()
    assert not person.is_active
    for way in ("again", "revoke"):
        for who in (person.pk, 0, "\x00", "9" * 40, ""):
            assert client.post(f"/people/invite/{way}/", {"person": who}).status_code == 404


def test_somebody_added_without_access_is_invited_from_their_page_and_the_list(signed_in: SignedIn) -> None:
    one, other = factories.person(joined=None), factories.person(joined=None)
    coordinator, lead = signed_in(Role.COORDINATOR), signed_in(Role.LEAD)
    assert "Cannot sign in yet" in words(coordinator.get(f"/people/{one.pk}/").content)
    answer = coordinator.post(f"/people/{one.pk}/invite/", follow=True)
    assert "the mail is on its way" in words(answer.content)
    assert "Cannot sign in yet" not in words(answer.content)
    assert f"/people/{other.pk}/invite/" in lead.get("/people/").content.decode()
    lead.post(f"/people/{other.pk}/invite/")
    assert "invited already" in words(lead.post(f"/people/{other.pk}/invite/", follow=True).content)
    assert Invitation.objects.count() == 2


@pytest.mark.parametrize("role", [Role.VIEWER, Role.SUPPORT, Role.ENGINEER])
def test_others_let_nobody_in(signed_in: SignedIn, role: Role) -> None:
    person = factories.person(joined=None)
    client = signed_in(role)
    assert client.post(f"/people/{person.pk}/invite/").status_code == 403
    assert f"/people/{person.pk}/invite/" not in client.get("/people/").content.decode()
    assert not Invitation.objects.exists()


# ---- Changing somebody ----


def test_a_coordinator_changes_roles_team_and_names(signed_in: SignedIn) -> None:
    client, person, team = signed_in(Role.COORDINATOR), factories.person(Role.ENGINEER), factories.team()
    assert client.get(f"/people/{person.pk}/").status_code == 200
    response = client.post(
        f"/people/{person.pk}/",
        {"roles": ["lead", "support"], "team": team.pk, "jira_account_id": "abc", "mattermost_name": "@tomasz"},
    )
    assert response.status_code == 302
    person.refresh_from_db()
    assert (person.team, person.jira_account_id, person.mattermost_name) == (team, "abc", "tomasz")
    assert queries.held_roles(person) == {Role.LEAD, Role.SUPPORT}
    assert "got other roles" in words(client.get(f"/people/{person.pk}/").content)


def test_new_rights_hold_at_the_next_request(signed_in: SignedIn) -> None:
    person = factories.person(Role.ENGINEER)
    client = signed_in(person=person)
    assert client.get("/people/new-team/").status_code == 403
    actions.set_roles(person=person, roles=[Role.LEAD], by=None, at=clock.now())
    assert client.get("/people/new-team/").status_code == 200


@pytest.mark.parametrize("data", [{"roles": []}, {"roles": ["king"]}, {"roles": ["lead"], "jira_account_id": "taken"},
                                  {"roles": ["lead"], "mattermost_name": "TAKEN"},
                                  {"roles": ["lead"], "jira_name": "\x00"}, {"roles": ["lead"], "team": "-5"}])
def test_a_wrong_change_is_refused_and_changes_nothing(signed_in: SignedIn, data: dict[str, object]) -> None:
    factories.person(jira_account_id="taken", mattermost_name="taken")
    person = factories.person(Role.ENGINEER)
    assert signed_in(Role.COORDINATOR).post(f"/people/{person.pk}/", data).status_code == 422
    assert queries.held_roles(person) == {Role.ENGINEER}


def test_the_last_coordinator_is_not_removed_by_the_page(signed_in: SignedIn) -> None:
    person = factories.person(Role.COORDINATOR)
    response = signed_in(person=person).post(f"/people/{person.pk}/", {"roles": ["viewer"]})
    assert response.status_code == 422
    assert "last coordinator" in words(response.content)


def test_somebody_is_switched_off_and_brought_back(signed_in: SignedIn) -> None:
    client, person = signed_in(Role.COORDINATOR), factories.person(Role.ENGINEER)
    for way, active in (("deactivate", False), ("reactivate", True)):
        assert client.post(f"/people/{person.pk}/{way}/").status_code == 302
        person.refresh_from_db()
        assert person.is_active is active


def test_switching_oneself_off_is_refused_in_words(signed_in: SignedIn) -> None:
    factories.person(Role.COORDINATOR)
    person = factories.person(Role.COORDINATOR)
    client = signed_in(person=person)
    client.post(f"/people/{person.pk}/deactivate/")
    assert "Nobody deactivates themselves" in words(client.get(f"/people/{person.pk}/").content)


@pytest.mark.parametrize("way", ["", "deactivate/", "reactivate/"])
def test_a_lead_does_not_change_people_and_a_stranger_is_not_found(signed_in: SignedIn, way: str) -> None:
    person = factories.person(Role.VIEWER)
    assert signed_in(Role.LEAD).post(f"/people/{person.pk}/{way}", {"roles": ["lead"]}).status_code == 403
    for pk in (0, 999_999, "9" * 30):
        assert signed_in(Role.COORDINATOR).post(f"/people/{pk}/{way}").status_code == 404


# ---- One's own page ----


def test_people_change_their_own_name_zone_and_names_elsewhere(signed_in: SignedIn) -> None:
    person = factories.person(Role.VIEWER)
    client = signed_in(person=person)
    data = {"name": " Ines  Okafor ", "zone": "Asia/Tokyo", "jira_account_id": "x1", "mattermost_name": "@ines"}
    assert client.post("/me/", data).status_code == 302
    person.refresh_from_db()
    assert (person.name, person.zone, person.mattermost_name) == ("Ines Okafor", "Asia/Tokyo", "ines")
    assert b'data-zone="Asia/Tokyo"' in client.get("/me/").content


def test_ones_own_zone_is_chosen_in_the_list_even_if_it_is_not_offered(signed_in: SignedIn) -> None:
    for zone in ("America/Argentina/Buenos_Aires", "EST5EDT"):
        page = signed_in(person=factories.person(Role.VIEWER, zone=zone)).get("/me/").content.decode()
        assert page.count(" selected>") == 2  # and one in the list of a token's lengths
        assert f'<option value="{zone}" selected>' in page


@pytest.mark.parametrize(
    "wrong",
    [{"zone": "Mars/Base"}, {"zone": ""}, {"zone": "\x00"}, {"name": ""}, {"name": "\x00"}, {"name": "x" * 999},
     {"name": "\u202e\u200f"}, {"mattermost_name": "Taken"}, {"jira_account_id": "y" * 999}],
)
def test_a_wrong_profile_is_refused_in_words(signed_in: SignedIn, wrong: dict[str, str]) -> None:
    factories.person(mattermost_name="taken")
    person = factories.person(Role.VIEWER, name="Ines Okafor", zone="UTC")
    client = signed_in(person=person)
    response = client.post("/me/", {"name": "New", "zone": "UTC", **wrong})
    assert response.status_code == 422
    person.refresh_from_db()
    assert (person.name, person.zone) == ("Ines Okafor", "UTC")


def test_nobody_gives_themselves_roles(signed_in: SignedIn) -> None:
    person = factories.person(Role.VIEWER)
    data = {"name": "N", "zone": "UTC", "roles": ["coordinator"], "is_superuser": "1", "email": "x@example.org"}
    signed_in(person=person).post("/me/", data)
    person.refresh_from_db()
    assert queries.held_roles(person) == {Role.VIEWER}
    assert not person.is_superuser
    assert person.email != "x@example.org"


def test_a_changed_password_ends_every_other_session(signed_in: SignedIn) -> None:
    person = factories.person(Role.VIEWER, password=PASSWORD)
    here, elsewhere = signed_in(person=person), signed_in(person=person)
    new = "eleven calm herons"
    assert here.get("/me/password/").status_code == 200
    response = here.post("/me/password/", {"current": PASSWORD, "password": new, "again": new})
    assert response.status_code == 302
    assert here.get("/me/").status_code == 200
    assert elsewhere.get("/me/").status_code == 302


def test_the_current_password_is_asked_for_and_cannot_be_guessed_at(
    signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = factories.person(Role.VIEWER, password=PASSWORD)
    client, new = signed_in(person=person), "eleven calm herons"
    monkeypatch.setattr(clock, "now", lambda: factories.NOON)
    for _ in range(6):
        response = client.post("/me/password/", {"current": "wrong", "password": new, "again": new})
        assert "not your current password" in words(response.content)
    answers = set()
    for current in (PASSWORD, "wrong"):
        response = client.post("/me/password/", {"current": current, "password": new, "again": new})
        assert (response.status_code, response["Retry-After"]) == (429, "900")
        answers.add(words(response.content))
    [answer] = answers  # the same for the right password as for a wrong one
    assert "Too many tries" in answer
    assert "not your current" not in answer
    assert Person.objects.get(pk=person.pk).check_password(PASSWORD)


def test_a_token_is_shown_once_and_kept_as_its_start(signed_in: SignedIn) -> None:
    person = factories.person(Role.VIEWER)
    client = signed_in(person=person)
    made = client.post("/me/tokens/", {"name": "board on the wall", "lasts": "30"})
    text = made.context["new_token"]["text"]
    assert text in made.content.decode()
    assert "no-store" in made["Cache-Control"]
    page = client.get("/me/").content.decode()
    assert text not in page
    assert text[:9] in page
    token = queries.token_of(text, clock.now())
    assert token is not None
    assert token.expires_at is not None
    assert timedelta(days=29) < token.expires_at - clock.now() <= timedelta(days=30)


@pytest.mark.parametrize("data", [{"name": ""}, {"name": "\x00"}, {"name": "x" * 99}, {"name": "a", "lasts": "7"}])
def test_a_wrong_token_is_refused_in_words(signed_in: SignedIn, data: dict[str, str]) -> None:
    assert signed_in(Role.VIEWER).post("/me/tokens/", data).status_code == 422
    assert not PersonalToken.objects.exists()


def test_the_twenty_first_token_is_refused_in_words(signed_in: SignedIn) -> None:
    person = factories.person(Role.VIEWER)
    for number in range(20):
        actions.make_token(person=person, name=f"t{number}", at=clock.now())
    response = signed_in(person=person).post("/me/tokens/", {"name": "more", "lasts": ""})
    assert response.status_code == 422
    assert "revoke one first" in words(response.content)


def test_people_revoke_their_own_tokens_only(signed_in: SignedIn) -> None:
    mine, other = factories.person(Role.VIEWER), factories.person(Role.VIEWER)
    own, _ = actions.make_token(person=mine, name="mine", at=clock.now())
    theirs, _ = actions.make_token(person=other, name="theirs", at=clock.now())
    client = signed_in(person=mine)
    assert client.post("/me/tokens/revoke/", {"token": own.pk}).status_code == 302
    for token in (theirs.pk, "\x00", "", "9" * 40):
        assert client.post("/me/tokens/revoke/", {"token": token}).status_code == 404
    assert set(PersonalToken.objects.filter(revoked_at=None)) == {theirs}


# ---- Teams ----


def test_everybody_sees_the_teams_and_lead_and_coordinator_edit_them(signed_in: SignedIn) -> None:
    team = factories.team("Channels")
    factories.component("Search", team)
    factories.component("Orphan")
    factories.person(name="Tomasz Brandt", team=team)
    for role, edits in ((Role.VIEWER, False), (Role.LEAD, True), (Role.COORDINATOR, True)):
        client = signed_in(role)
        page = client.get("/people/teams/").content.decode()
        assert all(text in page for text in ("Channels", "Search", "Orphan", "Tomasz Brandt"))
        assert ("/people/teams/channels/" in page) is edits
        assert client.get("/people/teams/channels/").status_code == (200 if edits else 403)


def test_a_team_is_made_changed_and_removed(signed_in: SignedIn) -> None:
    client = signed_in(Role.LEAD)
    assert client.post("/people/new-team/", {"name": "New Team"}).status_code == 302
    changed = {"name": "Old Team", "mattermost_channel": "old-team", "jira_label": "old"}
    assert client.post("/people/teams/new-team/", changed).status_code == 302
    assert FeatureTeam.objects.get().mattermost_channel == "old-team"
    assert client.post("/people/teams/new-team/remove/").status_code == 302
    assert not FeatureTeam.objects.exists()


def test_an_area_is_made_given_to_a_manager_and_removed(signed_in: SignedIn) -> None:
    client, manager, team = signed_in(Role.LEAD), factories.person(Role.VIEWER), factories.team()
    assert client.post("/people/new-area/", {"name": "Search"}).status_code == 302
    area = Component.objects.get()
    data = {"name": "Search", "team": team.pk, "product_manager": manager.pk}
    assert client.get(f"/people/areas/{area.pk}/").status_code == 200
    assert client.post(f"/people/areas/{area.pk}/", data).status_code == 302
    area.refresh_from_db()
    assert (area.team, area.product_manager) == (team, manager)
    assert client.post(f"/people/areas/{area.pk}/remove/").status_code == 302
    assert not Component.objects.exists()


@pytest.mark.parametrize("name", ["", "\x00", "x" * 999, "\u202e", "Taken"])
def test_a_wrong_name_of_a_team_or_area_is_refused_in_words(signed_in: SignedIn, name: str) -> None:
    factories.team("Taken")
    factories.component("Taken")
    client = signed_in(Role.COORDINATOR)
    assert client.post("/people/new-team/", {"name": name}).status_code == 422
    assert client.post("/people/new-area/", {"name": name}).status_code == 422


def test_a_manager_who_left_stays_until_somebody_else_is_named(signed_in: SignedIn) -> None:
    manager = factories.person(name="Left Long Ago")
    area = factories.component()
    actions.save_component(component=area, changes={"product_manager": manager}, by=None, at=clock.now())
    actions.deactivate(person=manager, by=None, at=clock.now())
    client = signed_in(Role.LEAD)
    data = {"name": "Search engine", "product_manager": manager.pk}
    assert client.post(f"/people/areas/{area.pk}/", data).status_code == 302
    assert client.post("/people/new-area/", {"name": "B", "product_manager": manager.pk}).status_code == 422
