import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from pytest_django.fixtures import Settings

from people import actions, queries, rules, tasks
from people.choices import Role, What
from people.models import Invitation, Person, PersonEvent
from people.tests import factories
from people.tests.conftest import SignedIn
from people.tests.counting import CountingHasher
from people.tests.factories import PASSWORD
from portal.common import clock

pytestmark = pytest.mark.django_db
SIGN_IN = "/sign-in/"
HOSTILE = ["\x00", "\x00@example.org", "\u202eevil@example.org", "🦊@example.org", "x" * 5_000, "'; --", "%00", "a@b@c"]


@pytest.fixture
def ines() -> Person:
    return factories.person(Role.LEAD, email="ines@example.org", name="Ines Okafor", password=PASSWORD)


def words(text: bytes) -> str:
    """What a page says, without its tags and the token of its form."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", text.decode())).split())


# ---- By password ----


@pytest.mark.parametrize("typed", ["ines@example.org", "INES@Example.org", "  ines@example.org "])
def test_an_address_in_any_case_signs_in(client: Client, ines: Person, typed: str) -> None:
    response = client.post(SIGN_IN, {"username": typed, "password": PASSWORD})
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(ines.pk)


def test_signing_in_begins_a_new_session(client: Client, ines: Person) -> None:
    client.get(SIGN_IN)
    session = client.session
    session["from before"] = "kept"
    session.save()
    before = str(session.session_key)
    client.cookies["set_session"] = before
    client.post(SIGN_IN, {"username": ines.email, "password": PASSWORD})
    assert client.session.session_key != before


def test_a_wrong_password_an_unknown_address_and_a_closed_account_get_the_same_words(ines: Person) -> None:
    gone = factories.person(email="gone@example.org", password=PASSWORD)
    actions.deactivate(person=gone, by=None, at=clock.now())
    invited = factories.invitation().person
    answers = set()
    for email, password in ((ines.email, "wrong"), ("nobody@example.org", PASSWORD), (gone.email, PASSWORD),
                            (invited.email, "")):
        response = Client().post(SIGN_IN, {"username": email, "password": password or "guess"})
        assert response.status_code == 422
        answers.add(words(response.content))
    assert len(answers) == 1
    assert "do not go together" in answers.pop()


def test_an_unknown_address_is_hashed_for_as_a_known_one_is(
    client: Client, ines: Person, settings: Settings
) -> None:
    settings.PASSWORD_HASHERS = ["people.tests.counting.CountingHasher"]
    ines.set_password(PASSWORD)
    ines.save()
    counts = []
    for email in (ines.email, "nobody@example.org"):
        CountingHasher.hashed = 0
        client.post(SIGN_IN, {"username": email, "password": "wrong"})
        counts.append(CountingHasher.hashed)
    assert counts[0] == counts[1] > 0


def test_too_many_tries_wait_even_with_the_right_password_and_the_page_says_until_when(
    client: Client, ines: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = factories.NOON
    monkeypatch.setattr(clock, "now", lambda: at)
    for _ in range(rules.SIGN_IN_PAIR.tries):
        assert client.post(SIGN_IN, {"username": ines.email, "password": "wrong"}).status_code == 422
    response = client.post(SIGN_IN, {"username": " INES@example.org", "password": PASSWORD})
    assert response.status_code == 429
    assert response["Retry-After"] == "900"
    assert "Try again in 15 minutes" in words(response.content)
    elsewhere = Client(REMOTE_ADDR="10.0.0.9")
    assert elsewhere.post(SIGN_IN, {"username": ines.email, "password": PASSWORD}).status_code == 302
    monkeypatch.setattr(clock, "now", lambda: at + timedelta(minutes=15))
    assert client.post(SIGN_IN, {"username": ines.email, "password": PASSWORD}).status_code == 302


def test_one_address_cannot_try_everybodys_password(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: factories.NOON)
    monkeypatch.setattr(rules, "SIGN_IN_ADDRESS", rules.Limit("few", tries=2, window=900))
    statuses = [client.post(SIGN_IN, {"username": f"p{n}@x.org", "password": "w"}).status_code for n in range(3)]
    assert statuses == [422, 422, 429]


def test_one_household_of_ipv6_is_one_address(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: factories.NOON)
    monkeypatch.setattr(rules, "SIGN_IN_ADDRESS", rules.Limit("few", tries=2, window=900))

    def tried(address: str, number: int) -> int:
        data = {"username": f"p{number}@x.org", "password": "w"}
        return Client(REMOTE_ADDR=address).post(SIGN_IN, data).status_code

    assert [tried(f"2001:db8:1:2::{number}", number) for number in range(1, 4)] == [422, 422, 429]
    assert tried("2001:db8:1:3::1", 4) == 422


def test_nobodys_password_is_guessed_from_many_addresses(ines: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: factories.NOON)
    monkeypatch.setattr(rules, "SIGN_IN_ACCOUNT", rules.Limit("account", tries=3, window=900))

    def tried(number: int, password: str) -> int:
        data = {"username": ines.email, "password": password}
        return Client(REMOTE_ADDR=f"10.0.0.{number}").post(SIGN_IN, data).status_code

    assert [tried(number, "wrong") for number in range(4)] == [422, 422, 422, 429]
    assert tried(9, PASSWORD) == 429


def test_whoever_signs_in_uses_up_nobodys_tries(ines: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: factories.NOON)
    for name in ("SIGN_IN_ADDRESS", "SIGN_IN_ACCOUNT"):
        monkeypatch.setattr(rules, name, rules.Limit(name, tries=1, window=900))
    data = {"username": ines.email, "password": PASSWORD}
    assert [Client().post(SIGN_IN, data).status_code for _ in range(4)] == [302] * 4


def test_a_session_of_before_does_not_come_back_with_its_person(client: Client, ines: Person) -> None:
    other = Client()
    other.force_login(factories.person(Role.VIEWER))
    client.force_login(ines)
    factories.person(Role.COORDINATOR)
    actions.deactivate(person=ines, by=None, at=factories.NOON)
    assert client.get("/me/").status_code == 302
    actions.reactivate(person=ines, by=None, at=factories.NOON)
    assert client.get("/me/").status_code == 302
    assert other.get("/me/").status_code == 200
    client.force_login(ines)
    assert client.get("/me/").status_code == 200


@pytest.mark.parametrize(
    ("wanted", "goes"),
    [
        ("/board/?q=ldap", "/board/?q=ldap"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/board/\x00", "/"),
        ("", "/"),
    ],
)
def test_signing_in_leads_on_within_the_portal_only(client: Client, ines: Person, wanted: str, goes: str) -> None:
    response = client.post(SIGN_IN, {"username": ines.email, "password": PASSWORD, "next": wanted})
    assert response["Location"] == goes
    assert client.get(SIGN_IN, {"next": wanted})["Location"] == goes


@pytest.mark.parametrize("typed", HOSTILE)
def test_hostile_text_at_the_door_is_answered_in_words(client: Client, typed: str) -> None:
    for data in ({"username": typed, "password": "x"}, {"username": "a@example.org", "password": typed}):
        assert client.post(SIGN_IN, data).status_code == 422
    assert client.post("/sign-in/reset/", {"email": typed}).status_code in {302, 422}
    assert client.post("/sign-in/demo/", {"person": typed}).status_code == 404


def test_the_page_has_nothing_inline_and_is_not_kept(client: Client) -> None:
    response = client.get(SIGN_IN)
    text = response.content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>|\sstyle=|\son\w+=|<style", text)
    assert "no-store" in response["Cache-Control"]


def test_a_form_without_its_token_is_refused(ines: Person) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(SIGN_IN, {"username": ines.email, "password": PASSWORD}).status_code == 403


def test_signing_out_is_a_post_and_ends_the_session(signed_in: SignedIn) -> None:
    client = signed_in(Role.VIEWER)
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/")["Location"] == SIGN_IN
    assert client.get("/me/").status_code == 302


def test_a_deactivated_person_is_out_at_once(signed_in: SignedIn) -> None:
    person = factories.person(Role.VIEWER)
    client = signed_in(person=person)
    assert client.get("/me/").status_code == 200
    actions.deactivate(person=person, by=None, at=clock.now())
    assert client.get("/me/")["Location"] == "/sign-in/?next=/me/"


def test_a_fragment_asked_for_without_a_session_sends_the_whole_page_to_sign_in(client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/people/?q=a"}
    response = client.get("/people/", headers=headers)
    assert response.status_code == 401
    assert response["HX-Redirect"] == "/sign-in/?next=/people/%3Fq%3Da"


# ---- The demo ----


def test_outside_the_demo_its_people_open_nothing_by_password_session_or_token(
    client: Client, settings: Settings
) -> None:
    person = factories.person(Role.LEAD, email="ines@example.test", password=PASSWORD)
    _, text = actions.make_token(person=person, name="script", at=clock.now())

    def ways() -> tuple[int, int, int]:
        session = Client()
        session.force_login(person)
        posted = Client().post(SIGN_IN, {"username": "Ines@Example.test", "password": PASSWORD})
        told = Client().get("/api/v1/me/", HTTP_AUTHORIZATION=f"Bearer {text}")
        return posted.status_code, session.get("/people/").status_code, told.status_code

    assert ways() == (422, 302, 401)
    settings.ENV = replace(settings.ENV, demo=True)
    assert ways() == (302, 200, 200)


def test_the_demo_offers_one_click_per_role(client: Client, settings: Settings) -> None:
    settings.ENV = replace(settings.ENV, demo=True)
    lead = factories.person(Role.LEAD, email="ines@example.test", name="Ines Okafor")
    factories.person(Role.LEAD, email="second@example.test")
    factories.person(Role.VIEWER, email="real@example.org")
    assert [(each.role, each.name) for each in queries.demo_people()] == [("Lead", "Ines Okafor")]
    assert b"Ines Okafor" in client.get(SIGN_IN).content
    response = client.post("/sign-in/demo/", {"person": lead.pk, "next": "/people/"})
    assert response["Location"] == "/people/"
    assert client.session["_auth_user_id"] == str(lead.pk)


def test_the_demo_signs_in_nobody_who_is_real(client: Client, settings: Settings) -> None:
    settings.ENV = replace(settings.ENV, demo=True)
    real = factories.person(Role.COORDINATOR, email="real@example.org")
    invited = actions.invite(
        email="invited@example.test", name="I", roles=[Role.LEAD], at=factories.NOON, by=None
    ).person
    for pk in (real.pk, invited.pk, 0, -1, 10**30, ""):
        assert client.post("/sign-in/demo/", {"person": str(pk)}).status_code == 404


def test_without_the_demo_there_is_no_such_sign_in(client: Client) -> None:
    person = factories.person(Role.LEAD, email="ines@example.test", name="Ines Okafor")
    assert client.post("/sign-in/demo/", {"person": person.pk}).status_code == 404
    assert b"Ines Okafor" not in client.get(SIGN_IN).content


# ---- Invitations ----


def fresh_invitation() -> tuple[Invitation, str]:
    invitation = actions.invite(
        email="new@example.org", name="New Colleague", roles=[Role.ENGINEER], at=clock.now(), by=None
    )
    return invitation, reverse("people:invited", args=[queries.invitation_token(invitation)])


def test_an_invitation_is_mailed_and_its_link_lets_one_person_in_once(client: Client) -> None:
    invitation, link = fresh_invitation()
    tasks.send_invitation(invitation.pk)
    (letter,) = mail.outbox
    assert letter.to == ["new@example.org"]
    # The same invitation; the signature of the mail's link says the second in which it was made.
    assert link.split(":")[0] in letter.body
    assert "New Colleague" in letter.body
    assert client.get(link).status_code == 200
    response = client.post(link, {"password": PASSWORD, "again": PASSWORD})
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.get("/me/").status_code == 200
    assert Client().get(link).status_code == 404
    assert Client().post(link, {"password": PASSWORD, "again": PASSWORD}).status_code == 404
    invitation.refresh_from_db()
    assert invitation.sent_at is not None


def test_looking_at_an_invitation_does_not_use_it_up(client: Client) -> None:
    invitation, link = fresh_invitation()
    for _ in range(3):
        client.get(link)
    assert Invitation.objects.open().get() == invitation


@pytest.mark.parametrize(
    ("password", "again", "says"),
    [
        ("short", "short", "too short"),
        (PASSWORD, "another long word", "differ"),
        ("new@example.org", "new@example.org", "too similar"),
        ("\x00" * 20, "\x00" * 20, "Null characters"),
        ("x" * 2_000, "x" * 2_000, "at most 1024"),
        ("passwordpassword", "passwordpassword", ""),
        ("", "", "required"),
    ],
)
def test_a_poor_password_is_refused_in_words(client: Client, password: str, again: str, says: str) -> None:
    _invitation, link = fresh_invitation()
    response = client.post(link, {"password": password, "again": again})
    if says:
        assert response.status_code == 422
        assert says in words(response.content)
        assert Invitation.objects.open().exists()


@pytest.mark.parametrize("token", ["nonsense", "%00", "🦊", "a" * 3_000, "..", "a:b:c"])
def test_a_link_that_is_not_ours_is_not_found(client: Client, token: str) -> None:
    assert client.get(f"/invitation/{token}/").status_code == 404


def test_an_invitation_taken_back_is_not_mailed_any_more() -> None:
    invitation, _ = fresh_invitation()
    actions.revoke_invitation(invitation=invitation, by=None, at=clock.now())
    tasks.send_invitation(invitation.pk)
    assert not mail.outbox


def test_a_mail_server_that_is_down_loses_nothing_and_says_why(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    invitation, link = fresh_invitation()
    with pytest.raises(OSError, match="refused"):
        tasks.send_invitation(invitation.pk)
    invitation.refresh_from_db()
    assert "could not be reached" in invitation.send_error
    assert Client().get(link).status_code == 200


# ---- A new password ----


def reset_link(person: Person) -> str:
    uid = urlsafe_base64_encode(force_bytes(person.pk))
    return reverse("people:reset_confirm", args=[uid, default_token_generator.make_token(person)])


def test_asking_for_a_new_password_answers_the_same_whether_or_not_the_address_is_here(ines: Person) -> None:
    answers = {
        (response.status_code, response["Location"])
        for response in (
            Client().post("/sign-in/reset/", {"email": email}) for email in (ines.email, "nobody@example.org")
        )
    }
    assert answers == {(302, "/sign-in/reset/sent/")}
    assert not mail.outbox  # the worker looks the address up


def test_a_link_goes_to_who_has_joined_and_to_nobody_else(ines: Person) -> None:
    for email in ("INES@example.org", "nobody@example.org", factories.invitation().person.email, "ıneſ@example.org"):
        tasks.send_password_reset(email)
    (letter,) = mail.outbox
    assert letter.to == ["ines@example.org"]


def test_a_reset_link_sets_the_password_once(client: Client, ines: Person, signed_in: SignedIn) -> None:
    elsewhere, link = signed_in(person=ines), reset_link(ines)
    assert client.get(link).status_code == 200
    new = "eleven calm herons"
    assert client.post(link, {"password": new, "again": new})["Location"] == SIGN_IN
    assert client.get(link).status_code == 404
    assert elsewhere.get("/me/").status_code == 302
    assert client.post(SIGN_IN, {"username": ines.email, "password": new}).status_code == 302
    assert PersonEvent.objects.filter(person=ines, what=What.PASSWORD_RESET).exists()


@pytest.mark.parametrize("uid", ["MQ", "!!!", "%00", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "LTE", "8J-miw", "a" * 999])
def test_a_reset_link_that_is_not_ours_is_not_found(client: Client, ines: Person, uid: str) -> None:
    assert client.get(f"/sign-in/reset/{uid}/c0ffee-abcdef/").status_code == 404


def test_asking_too_often_waits(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: factories.NOON)
    statuses = [client.post("/sign-in/reset/", {"email": "a@example.org"}).status_code for _ in range(4)]
    assert statuses == [302, 302, 302, 429]


def test_without_the_worker_the_page_says_so(client: Client, no_broker: None) -> None:
    response = client.post("/sign-in/reset/", {"email": "a@example.org"})
    assert response.status_code == 503
    assert "cannot be sent at the moment" in words(response.content)
