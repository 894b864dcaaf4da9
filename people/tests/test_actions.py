from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core import signing
from django.db import IntegrityError, transaction
from pytest_django.fixtures import Settings

from people import access, actions, queries, rules
from people.choices import Right, Role, What
from people.models import ActingRole, FeatureTeam, Invitation, Person, PersonalToken, PersonEvent
from people.tests import factories
from people.tests.factories import NOON

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)


def happened(person: Person) -> list[str]:
    return list(PersonEvent.objects.filter(person=person).order_by("pk").values_list("what", flat=True))


# ---- Joining ----


def test_a_person_is_made_with_roles_and_an_event() -> None:
    person = factories.person(Role.ENGINEER, Role.SUPPORT, email=" Ines@Example.ORG ", name=" Ines \u202e Okafor ")
    assert (person.email, person.name) == ("ines@example.org", "Ines Okafor")
    assert queries.held_roles(person) == {Role.ENGINEER, Role.SUPPORT}
    event = PersonEvent.objects.get(person=person)
    assert (event.what, event.to_value, event.at) == (What.CREATED, "support, engineer", NOON)


@pytest.mark.parametrize("email", ["ines@example.org", "INES@EXAMPLE.ORG", " Ines@example.org"])
def test_an_address_belongs_to_one_person_in_any_case(email: str) -> None:
    factories.person(email="ines@example.org")
    with pytest.raises(actions.Refused, match="already"):
        factories.person(email=email)


def test_the_database_itself_refuses_the_same_address_in_another_case() -> None:
    factories.person(email="ines@example.org")
    with pytest.raises(IntegrityError), transaction.atomic():
        Person.objects.create(email="INES@example.org", name="Double")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "not an address"), ("email", "a\x00b@example.org"), ("email", "x" * 300 + "@example.org"),
        ("name", ""), ("name", "n" * 500), ("zone", "Mars/Base"), ("zone", "\x00"),
    ],
)
def test_a_wrong_value_is_refused_in_words(field: str, value: str) -> None:
    wrong: dict[str, Any] = {field: value}
    with pytest.raises(actions.Refused):
        factories.person(**wrong)
    assert not Person.objects.exists()


def test_a_person_without_a_zone_has_the_teams() -> None:
    assert factories.person().zone == "America/New_York"


def test_a_coordinator_made_by_command_is_a_superuser_and_one_made_by_a_person_is_not() -> None:
    first = factories.person(Role.COORDINATOR)
    second = factories.person(Role.COORDINATOR, by=first)
    assert (first.is_superuser, second.is_superuser) == (True, False)


def test_an_invitation_makes_a_person_who_cannot_sign_in_yet() -> None:
    invitation = factories.invitation()
    person = invitation.person
    assert not person.has_usable_password()
    assert person.joined is None
    assert invitation.expires_at == NOON + timedelta(days=7)
    assert happened(person) == [What.CREATED, What.INVITED]


def test_accepting_an_invitation_sets_the_password_once() -> None:
    invitation = factories.invitation()
    person = actions.accept(invitation=invitation, password=factories.PASSWORD, at=LATER)
    assert person.check_password(factories.PASSWORD)
    assert person.joined == LATER
    with pytest.raises(actions.Refused, match="used"):
        actions.accept(invitation=invitation, password="another long word", at=LATER)
    assert Person.objects.get(pk=person.pk).check_password(factories.PASSWORD)


def test_an_invitation_expires_after_seven_days_and_lives_again_when_sent_again() -> None:
    invitation, late = factories.invitation(), NOON + timedelta(days=7)
    token = queries.invitation_token(invitation)
    assert queries.invitation_of(token, late - timedelta(seconds=1)) == invitation
    assert queries.invitation_of(token, late) is None
    with pytest.raises(actions.Refused):
        actions.accept(invitation=invitation, password=factories.PASSWORD, at=late)
    actions.renew_invitation(invitation=invitation, by=None, at=late)
    assert queries.invitation_of(token, late) == invitation
    assert happened(invitation.person)[-1] == What.INVITATION_RESENT


def test_an_invitation_taken_back_opens_nothing_and_cannot_be_sent_again() -> None:
    invitation = factories.invitation()
    actions.revoke_invitation(invitation=invitation, by=None, at=LATER)
    assert queries.invitation_of(queries.invitation_token(invitation), LATER) is None
    for again in (actions.revoke_invitation, actions.renew_invitation):
        with pytest.raises(actions.Refused):
            again(invitation=invitation, by=None, at=LATER)
    assert not Person.objects.get(pk=invitation.person_id).is_active


def test_somebody_whose_invitation_was_taken_back_can_be_invited_again() -> None:
    first = factories.invitation(roles=(Role.LEAD,))
    actions.revoke_invitation(invitation=first, by=None, at=LATER)
    second = factories.invitation(email="NEW@example.org", roles=(Role.VIEWER,))
    assert second.person == first.person
    assert queries.held_roles(second.person) == {Role.VIEWER}
    assert queries.invitation_of(queries.invitation_token(first), LATER) is None


def test_an_invitation_beyond_ones_own_rights_is_neither_renewed_nor_taken_back() -> None:
    lead, coordinator = factories.person(Role.LEAD), factories.person(Role.COORDINATOR)
    invitation = factories.invitation(roles=(Role.COORDINATOR,))
    for refused in (actions.renew_invitation, actions.revoke_invitation):
        with pytest.raises(actions.Refused, match="more than yours"):
            refused(invitation=invitation, by=lead, at=LATER)
    assert queries.invitation_of(queries.invitation_token(invitation), LATER) == invitation
    actions.revoke_invitation(invitation=invitation, by=coordinator, at=LATER)
    assert queries.invitation_of(queries.invitation_token(invitation), LATER) is None


def test_somebody_invited_again_by_a_person_keeps_no_power_of_a_command_s_invitation() -> None:
    first = factories.invitation(roles=(Role.COORDINATOR,))
    assert first.person.is_superuser
    actions.revoke_invitation(invitation=first, by=None, at=LATER)
    again = actions.invite(
        email=first.person.email, name="N", roles=[Role.ENGINEER], at=LATER, by=factories.person(Role.LEAD)
    )
    assert not Person.objects.get(pk=again.person_id).is_superuser


def test_somebody_who_is_here_or_was_switched_off_is_not_invited() -> None:
    here, gone = factories.person(), factories.person()
    actions.deactivate(person=gone, by=None, at=NOON)
    for person in (here, gone):
        with pytest.raises(actions.Refused, match="already"):
            factories.invitation(email=person.email)


def test_somebody_added_without_access_is_let_in_once_as_an_engineer() -> None:
    lead, person = factories.person(Role.LEAD), factories.person(joined=None)
    assert queries.uninvited([person.pk, lead.pk], rules.grantable([Role.LEAD]), NOON) == [person]
    assert not queries.uninvited([person.pk], rules.grantable([Role.VIEWER]), NOON)
    invitation = actions.let_in(person=person, by=lead, at=NOON)
    assert queries.held_roles(person) == {Role.ENGINEER}
    assert happened(person) == [What.CREATED, What.INVITED]
    assert not queries.uninvited([person.pk], rules.grantable([Role.LEAD]), NOON)
    with pytest.raises(actions.Refused, match="invited already"):
        actions.let_in(person=person, by=lead, at=NOON)
    assert actions.accept(invitation=invitation, password=factories.PASSWORD, at=LATER).joined == LATER
    with pytest.raises(actions.Refused, match="can sign in already"):
        actions.let_in(person=person, by=lead, at=LATER)


def test_nobody_lets_in_somebody_with_roles_beyond_their_own_or_who_was_switched_off() -> None:
    lead, coordinator = factories.person(Role.LEAD), factories.person(Role.COORDINATOR)
    above, gone = factories.person(Role.COORDINATOR, joined=None, by=coordinator), factories.person(joined=None)
    actions.deactivate(person=gone, by=None, at=NOON)
    for by, person, reason in (
        (lead, above, "more than yours"), (coordinator, gone, "switched off"),
        (factories.person(Role.ENGINEER), factories.person(joined=None), "more than yours"),
    ):
        with pytest.raises(actions.Refused, match=reason):
            actions.let_in(person=person, by=by, at=NOON)
    assert not queries.uninvited([above.pk, gone.pk], rules.grantable([Role.LEAD]), NOON)
    actions.let_in(person=above, by=coordinator, at=NOON)
    assert queries.held_roles(above) == {Role.COORDINATOR}
    assert not actions.let_in_all(people=[above, gone], by=coordinator, at=NOON)


@pytest.mark.parametrize("token", ["", "nonsense", "a:b:c", "\x00", "WzEsICJ4Il0:1abc:zzz", "🦊" * 50])
def test_a_token_that_is_not_ours_opens_nothing(token: str) -> None:
    assert queries.invitation_of(token, NOON) is None


def test_a_token_signed_by_us_for_something_else_opens_nothing() -> None:
    invitation = factories.invitation()
    assert queries.invitation_of(signing.dumps([invitation.pk, invitation.nonce], salt="other"), NOON) is None
    former = signing.dumps([invitation.pk, "the nonce of another row"], salt=queries.INVITATION_SALT)
    assert queries.invitation_of(former, NOON) is None


def test_a_lead_invites_with_roles_up_to_their_own_and_a_viewer_not_at_all() -> None:
    lead, viewer = factories.person(Role.LEAD), factories.person(Role.VIEWER)
    actions.invite(email="e@example.org", name="E", roles=[Role.ENGINEER, Role.LEAD], at=NOON, by=lead)
    for by, role in ((lead, Role.COORDINATOR), (viewer, Role.VIEWER)):
        with pytest.raises(actions.Refused, match="hand out"):
            actions.invite(email="c@example.org", name="C", roles=[role], at=NOON, by=by)


def test_why_a_mail_was_not_sent_is_kept_until_it_was() -> None:
    invitation = factories.invitation()
    actions.invitation_not_sent(invitation_id=invitation.pk, reason="away " * 200)
    assert Invitation.objects.get().send_error.startswith("away")
    actions.invitation_sent(invitation_id=invitation.pk, at=LATER)
    invitation.refresh_from_db()
    assert (invitation.send_error, invitation.sent_at) == ("", LATER)


# ---- Standing ----


def test_roles_are_replaced_and_other_groups_stay() -> None:
    person = factories.person(Role.ENGINEER)
    person.groups.add(Group.objects.create(name="bowling club"))
    actions.set_roles(person=person, roles=[Role.LEAD], by=None, at=LATER)
    assert queries.held_roles(person) == {Role.LEAD}
    assert person.groups.filter(name="bowling club").exists()
    event = PersonEvent.objects.filter(person=person, what=What.ROLES_CHANGED).get()
    assert (event.from_value, event.to_value) == ("engineer", "lead")


def test_the_same_roles_again_write_nothing() -> None:
    person = factories.person(Role.ENGINEER)
    actions.set_roles(person=person, roles=[Role.ENGINEER], by=None, at=LATER)
    assert happened(person) == [What.CREATED]


def test_the_last_coordinator_keeps_the_role_and_the_account() -> None:
    last = factories.person(Role.COORDINATOR)
    factories.invitation(roles=(Role.COORDINATOR,))  # who has not come yet does not count
    with pytest.raises(actions.Refused, match="last coordinator"):
        actions.set_roles(person=last, roles=[Role.LEAD], by=None, at=LATER)
    with pytest.raises(actions.Refused, match="last coordinator"):
        actions.deactivate(person=last, by=None, at=LATER)
    assert queries.held_roles(last) == {Role.COORDINATOR}


def test_one_of_two_coordinators_can_go_and_is_no_superuser_any_more() -> None:
    first, second = factories.person(Role.COORDINATOR), factories.person(Role.COORDINATOR)
    actions.set_roles(person=first, roles=[Role.VIEWER], by=second, at=LATER)
    first.refresh_from_db()
    assert not first.is_superuser
    with pytest.raises(actions.Refused):
        actions.deactivate(person=second, by=None, at=LATER)


def test_nobody_deactivates_themselves() -> None:
    factories.person(Role.COORDINATOR)
    person = factories.person(Role.COORDINATOR)
    with pytest.raises(actions.Refused, match="themselves"):
        actions.deactivate(person=person, by=person, at=LATER)


def test_deactivating_ends_tokens_and_invitations_and_can_be_undone() -> None:
    person = factories.person(Role.ENGINEER)
    _token, text = actions.make_token(person=person, name="script", at=NOON)
    actions.deactivate(person=person, by=None, at=LATER)
    actions.deactivate(person=person, by=None, at=LATER)
    assert queries.token_of(text, LATER) is None
    assert queries.signed_in(person.pk, LATER) is None
    actions.reactivate(person=person, by=None, at=LATER)
    assert queries.signed_in(person.pk, LATER) == person
    assert queries.token_of(text, LATER) is None
    assert happened(person)[-2:] == [What.DEACTIVATED, What.REACTIVATED]


def test_a_changed_profile_says_what_changed_and_an_unchanged_one_says_nothing() -> None:
    person = factories.person(zone="UTC")
    actions.change_profile(person=person, changes={"zone": "Asia/Tokyo", "jira_name": ""}, by=person, at=LATER)
    actions.change_profile(person=person, changes={"zone": "Asia/Tokyo"}, by=person, at=LATER)
    event = PersonEvent.objects.filter(what=What.PROFILE_CHANGED).get()
    assert (event.from_value, event.to_value, event.by) == ("zone: UTC", "zone: Asia/Tokyo", person)


def test_a_jira_account_belongs_to_one_person_and_an_empty_one_to_many() -> None:
    factories.person(jira_account_id="abc")
    other, _ = factories.person(), factories.person()
    with pytest.raises(actions.Refused, match="Somebody else"):
        actions.change_profile(person=other, changes={"jira_account_id": "abc"}, by=other, at=LATER)
    other.refresh_from_db()
    assert other.jira_account_id == ""


# ---- Whoever leads now ----


def test_whoever_leads_now_has_the_rights_of_the_lead_and_only_then() -> None:
    person = factories.person(Role.ENGINEER)
    start, end = NOON, NOON + timedelta(days=14)
    actions.set_acting_roles(source="rotation 42", role=Role.LEAD, seats=[(person, start, end)], at=NOON)
    for at, leads in ((start - timedelta(seconds=1), False), (start, True), (end, False)):
        loaded = queries.signed_in(person.pk, at)
        assert loaded is not None
        assert access.may(loaded, Right.ACCEPT_MAPPINGS) is leads


def test_a_source_replaces_its_own_seats_and_leaves_those_of_others() -> None:
    first, second = factories.person(Role.ENGINEER), factories.person(Role.ENGINEER)
    end = NOON + timedelta(days=1)
    actions.set_acting_roles(source="a", role=Role.LEAD, seats=[(first, NOON, end)], at=NOON)
    actions.set_acting_roles(source="b", role=Role.LEAD, seats=[(first, NOON, end)], at=NOON)
    actions.set_acting_roles(source="a", role=Role.LEAD, seats=[(second, NOON, end)], at=NOON)
    assert set(ActingRole.objects.values_list("source", "person")) == {("a", second.pk), ("b", first.pk)}
    before = PersonEvent.objects.count()
    actions.set_acting_roles(source="a", role=Role.LEAD, seats=[(second, NOON, end)], at=NOON)
    assert PersonEvent.objects.count() == before


# ---- Keys ----


def test_a_token_opens_by_its_text_only_and_the_text_is_not_kept() -> None:
    person = factories.person(Role.ENGINEER)
    token, text = actions.make_token(person=person, name="script", at=NOON)
    assert text.startswith("setp_")
    assert queries.token_of(text, NOON) == token
    for wrong in (text + "x", text.upper(), token.token_hash, "setp_", "", "setp_\x00"):
        assert queries.token_of(wrong, NOON) is None
    kept = PersonalToken.objects.values_list().get()
    assert text not in [str(value) for value in kept]


def test_a_token_ends_when_it_says_and_when_it_is_revoked() -> None:
    person = factories.person(Role.ENGINEER)
    token, text = actions.make_token(person=person, name="short", at=NOON, expires_at=LATER)
    assert queries.token_of(text, LATER - timedelta(seconds=1)) == token
    assert queries.token_of(text, LATER) is None
    token, text = actions.make_token(person=person, name="long", at=NOON)
    actions.revoke_token(token=token, by=person, at=NOON)
    actions.revoke_token(token=token, by=person, at=NOON)
    assert queries.token_of(text, NOON) is None
    assert happened(person).count(What.TOKEN_REVOKED) == 1


def test_last_use_is_written_at_most_once_a_minute() -> None:
    token, _ = actions.make_token(person=factories.person(), name="busy", at=NOON)
    for seconds, written in ((0, 0), (59, 0), (60, 60), (61, 60)):
        actions.token_used(token=token, at=NOON + timedelta(seconds=seconds))
        token.refresh_from_db()
        assert token.last_used_at == NOON + timedelta(seconds=written)


def test_nobody_has_more_than_twenty_tokens_at_once() -> None:
    person = factories.person()
    made = [actions.make_token(person=person, name=f"t{number}", at=NOON)[0] for number in range(20)]
    with pytest.raises(actions.Refused, match="revoke one"):
        actions.make_token(person=person, name="one more", at=NOON)
    actions.revoke_token(token=made[0], by=person, at=NOON)
    actions.make_token(person=person, name="one more", at=NOON)


def test_a_new_password_uses_up_an_open_invitation() -> None:
    invitation = factories.invitation()
    actions.change_password(person=invitation.person, password=factories.PASSWORD, at=LATER)
    assert queries.invitation_of(queries.invitation_token(invitation), LATER) is None


# ---- Teams ----


def test_a_team_gets_a_slug_of_its_own_and_keeps_it() -> None:
    first, second = factories.team("Channels"), factories.team("Channels!")
    strange = factories.team("工程")
    assert [first.slug, second.slug, strange.slug] == ["channels", "channels-2", "team"]
    renamed = actions.save_team(team=first, changes={"name": "Conversations"}, by=None, at=LATER)
    assert (renamed.name, renamed.slug) == ("Conversations", "channels")
    assert PersonEvent.objects.filter(team=first, what=What.TEAM_CHANGED).get().from_value == "name: Channels"


def test_a_removed_team_leaves_its_people_and_areas() -> None:
    team = factories.team()
    person, area = factories.person(team=team), factories.component("Search", team)
    actions.remove_team(team=team, by=person, at=LATER)
    person.refresh_from_db()
    area.refresh_from_db()
    assert (person.team, area.team) == (None, None)
    assert not FeatureTeam.objects.exists()


def test_an_area_changes_hands_and_says_so() -> None:
    area, manager = factories.component(), factories.person(name="Rafael Pinho")
    actions.save_component(component=area, changes={"product_manager": manager}, by=manager, at=LATER)
    actions.save_component(component=area, changes={"product_manager": manager}, by=manager, at=LATER)
    event = PersonEvent.objects.filter(what=What.COMPONENT_CHANGED).get()
    assert event.to_value == "product_manager: Rafael Pinho"
    actions.remove_component(component=area, by=manager, at=LATER)
    assert PersonEvent.objects.filter(what=What.COMPONENT_REMOVED).get().from_value == "Search"


# ---- Guessing ----


def test_too_many_tries_say_when_to_try_again_and_the_next_window_is_free() -> None:
    limit = rules.Limit("test", tries=3, window=900)
    assert [actions.count_try(limit, "somebody", NOON) for _ in range(3)] == [None] * 3
    assert actions.count_try(limit, "somebody", NOON) == limit.ends(NOON)
    assert actions.count_try(limit, "somebody else", NOON) is None
    assert actions.count_try(limit, "somebody", limit.ends(NOON)) is None


def test_a_try_that_one_limit_refuses_counts_at_none() -> None:
    wide, narrow = rules.Limit("wide", tries=2, window=900), rules.Limit("narrow", tries=1, window=900)
    both = [(wide, "place"), (narrow, "pair")]
    assert actions.count_tries(both, NOON) is None
    assert [actions.count_tries(both, NOON) for _ in range(5)] == [narrow.ends(NOON)] * 5
    assert actions.count_try(wide, "place", NOON) is None
    assert actions.count_try(wide, "place", NOON) == wide.ends(NOON)


def test_a_try_that_did_not_fail_is_taken_back() -> None:
    limit = rules.Limit("test", tries=1, window=900)
    for _ in range(5):
        assert actions.count_try(limit, "somebody", NOON) is None
        actions.take_back([(limit, "somebody")], NOON)
    actions.take_back([(limit, "nobody")], NOON)


def test_a_success_forgets_the_tries_before() -> None:
    limit = rules.Limit("test", tries=1, window=900)
    actions.count_try(limit, "somebody", NOON)
    actions.forget_tries(limit, "somebody", NOON)
    assert actions.count_try(limit, "somebody", NOON) is None


def test_without_the_cache_everybody_may_try(settings: Settings) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "portal.common.cache.FailOpenRedisCache", "LOCATION": "unix:///nowhere/valkey.sock"}
    }
    limit = rules.Limit("test", tries=1, window=900)
    assert [actions.count_try(limit, "somebody", NOON) for _ in range(5)] == [None] * 5


def test_a_key_may_hold_anything() -> None:
    assert actions.count_try(rules.SIGN_IN_PAIR, "\x00 \n" + "🦊" * 5_000 + "\udcff", NOON) is None


@pytest.mark.parametrize(("stored", "shown"), [("US/Pacific-New", "America/New_York"), ("", "America/New_York"),
                                               ("Asia/Kathmandu", "Asia/Kathmandu")])
def test_somebody_whose_zone_no_longer_exists_has_the_teams(stored: str, shown: str) -> None:
    person = factories.person()
    Person.objects.filter(pk=person.pk).update(zone=stored)
    assert Person.objects.get(pk=person.pk).zone == shown
    assert Person.objects.defer("zone").get(pk=person.pk).zone == shown
