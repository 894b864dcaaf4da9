"""The page of an escalation: who sees which part of it, and what its forms do."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from escalations.actions import people as whose
from escalations.actions.thread import write
from escalations.choices import Author, Level, Status
from escalations.models import Escalation, Message, ReplyDraft
from escalations.tests import factories as make
from people.choices import Role
from people.models import Person
from people.tests.factories import person

pytestmark = pytest.mark.django_db
LATER = make.NOON + timedelta(hours=1)
SECRET = "the customer is impossible"


@pytest.fixture
def row() -> Escalation:
    return make.escalation()


@pytest.fixture
def tomasz() -> Person:
    return person(Role.ENGINEER, name="Tomasz Wilk")


def noted(row: Escalation, by: Person) -> None:
    for author, key, text in ((Author.NOTE, "n", SECRET), (Author.JIRA, "j", SECRET), (Author.US, "u", "Restart it")):
        write(escalation=row, author=author, by=by if author != Author.JIRA else None, by_name="Tomasz Wilk", text=text,
              public=author == Author.US, key=key, at=LATER)


def page(client: Client, row: Escalation, who: Person | None, part: str = "", **more: str) -> str:
    assert who is not None
    client.force_login(who)
    return client.get(f"/escalations/E-{row.pk}/{part}", more).content.decode()


def post(client: Client, row: Escalation, who: Person | None, part: str, **form: object) -> int:
    assert who is not None
    client.force_login(who)
    return client.post(f"/escalations/E-{row.pk}/{part}/", form).status_code


# ---- Who sees what ------------------------------------------------------------------------


def test_a_note_is_read_by_who_works_on_it_and_never_by_the_reporter(
    client: Client, row: Escalation, tomasz: Person
) -> None:
    noted(row, tomasz)
    assert page(client, row, tomasz).count(SECRET) == 2
    for who in (row.reporter, person(Role.SUPPORT), person(Role.VIEWER), person(Role.EXECUTIVE)):
        html = page(client, row, who)
        assert "Restart it" in html and SECRET not in html


def test_the_reporter_has_less_on_the_page(client: Client, row: Escalation, tomasz: Person) -> None:
    theirs, ours = page(client, row, row.reporter), page(client, row, tomasz)
    for words in ("Change the level", "Merge into another", "Make it confidential", "composer-form"):
        assert words in ours and words not in theirs
    assert "Solved for me" in theirs and "Solved for me" not in ours
    assert 'id="answer"' in theirs


def test_a_viewer_reads_and_writes_nothing(client: Client, row: Escalation) -> None:
    viewer = person(Role.VIEWER)
    assert "<textarea" not in page(client, row, viewer)
    assert post(client, row, viewer, "reply", text="x", key="k") == 403


@pytest.mark.parametrize("part", ["move", "level", "merge", "fix", "people", "confidential"])
def test_what_changes_it_is_for_who_works_on_it(client: Client, row: Escalation, part: str) -> None:
    assert post(client, row, row.reporter, part, why="x", level="1", to="ours") == 403


def test_a_confidential_one_is_not_there_for_others(client: Client, tomasz: Person) -> None:
    hidden = make.escalation("Hidden", confidential=True)
    for part in ("", "similar/", "writing/", "level/"):
        client.force_login(tomasz)
        assert client.get(f"/escalations/E-{hidden.pk}/{part}").status_code == 404
    assert "Hidden" in page(client, hidden, hidden.reporter)
    assert "Hidden" in page(client, hidden, person(Role.LEAD))
    whose.follow(escalation=hidden, person=tomasz, by=tomasz, at=LATER)
    assert "Hidden" in page(client, hidden, tomasz)


def test_the_stream_is_for_who_sees_it(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("escalations.views.thread.connections.close_all", lambda: None)
    hidden = make.escalation("Hidden", confidential=True)
    client.force_login(person(Role.ENGINEER))
    assert client.get(f"/escalations/E-{hidden.pk}/live/").status_code == 404


def test_the_page_takes_the_same_number_of_queries_however_long_the_thread(
    client: Client, row: Escalation, tomasz: Person, django_assert_max_num_queries: object
) -> None:
    noted(row, tomasz)
    for number in range(20):
        write(escalation=row, author=Author.US, by=tomasz, by_name="T", text="x", public=True, key=f"k{number}",
              at=LATER)
        whose.follow(escalation=row, person=person(Role.VIEWER), by=tomasz, at=LATER)
    client.force_login(tomasz)
    with django_assert_max_num_queries(45):  # type: ignore[operator]
        client.get(f"/escalations/E-{row.pk}/")


# ---- What its forms do --------------------------------------------------------------------


def test_the_reporters_answer_is_in_the_thread_once(client: Client, row: Escalation) -> None:
    for _ in range(2):
        assert post(client, row, row.reporter, "reply", text="It is 10.4.2", key="one", kind="answer") == 302
    message = Message.objects.get(escalation=row)
    assert (message.author, message.public, message.by) == (Author.REPORTER, True, row.reporter)


def test_a_key_that_no_page_wrote_is_none(client: Client, row: Escalation) -> None:
    assert post(client, row, row.reporter, "reply", text="It is still so", key="\x00") == 302
    assert Message.objects.get(escalation=row).key not in {"", "\x00"}


def test_an_answer_that_is_refused_stands_in_the_field_still(client: Client, row: Escalation) -> None:
    assert row.reporter is not None
    client.force_login(row.reporter)
    answer = client.post(f"/escalations/E-{row.pk}/reply/", {"text": "y" * 20_001, "key": "one"})
    assert answer.status_code == 422
    assert "y" * 20_001 in answer.content.decode() and "at most 20,000" in answer.content.decode()


def test_solved_for_me_and_open_again(client: Client, row: Escalation) -> None:
    assert post(client, row, row.reporter, "solved") == 302
    assert "Open it again" in page(client, row, row.reporter)
    assert post(client, row, row.reporter, "reopen", why="") == 422
    assert post(client, row, row.reporter, "reopen", why="It is back") == 302
    row.refresh_from_db()
    assert row.status == Status.OURS


def test_who_works_on_it_says_what_it_was_before_it_is_solved(client: Client, row: Escalation, tomasz: Person) -> None:
    assert post(client, row, tomasz, "solved") == 302
    row.refresh_from_db()
    assert row.status == Status.NEW


def test_a_level_is_chosen_with_what_it_does_to_the_clocks(client: Client, row: Escalation, tomasz: Person) -> None:
    html = page(client, row, tomasz, "level/")
    assert all(level.label in html for level in Level)
    assert post(client, row, tomasz, "level", level="9", why="x") == 422
    assert post(client, row, tomasz, "level", level="1", why="") == 422
    assert post(client, row, tomasz, "level", level="1", why="All are down") == 302
    row.refresh_from_db()
    assert row.level == Level.L1


@pytest.mark.parametrize("into", ["", "x", "E-", "E-0", "999999999999999999999", "E-99999", "😀", "E-\x00"])
def test_a_merge_into_nothing_says_so(client: Client, row: Escalation, tomasz: Person, into: str) -> None:
    assert post(client, row, tomasz, "merge", into=into, why="x") == 422


def test_a_merge_leads_to_the_other(client: Client, row: Escalation, tomasz: Person) -> None:
    other = make.escalation("The other")
    assert post(client, row, tomasz, "merge", into=f"e-{other.pk}", why="same") == 302
    html = page(client, row, row.reporter)
    assert f"/escalations/E-{other.pk}/" in html and "The same as another" in html and "<textarea" not in html


@pytest.mark.parametrize(("on", "status"), [("2026-12-16", 302), ("", 302), ("16/12/2026", 422), ("9999-12-31", 422)])
def test_a_workaround_and_a_release_stand_on_top(
    client: Client, row: Escalation, tomasz: Person, on: str, status: int
) -> None:
    form = {"workaround": "Set **depth** to 1", "release": "10.5", "on": on}
    assert post(client, row, tomasz, "fix", **form) == status
    if on and status == 302:
        html = page(client, row, row.reporter)
        assert "<strong>depth</strong>" in html and "10.5, 16 December 2026" in html


def test_solved_says_what_it_was(client: Client, row: Escalation, tomasz: Person) -> None:
    assert post(client, row, tomasz, "move", to="solved") == 422
    assert post(client, row, tomasz, "move", to="closed", outcome="bug") == 422
    assert post(client, row, tomasz, "move", to="solved", outcome="bug", why="fixed") == 302
    row.refresh_from_db()
    assert (row.status, row.outcome) == (Status.SOLVED, "bug")


def test_what_was_asked_is_corrected_by_its_reporter_and_not_by_a_colleague(client: Client, row: Escalation) -> None:
    form = {"title": "LDAP is down", "kind": "problem", "happened": "x", "server_version": "10.4.3"}
    assert post(client, row, person(Role.SUPPORT), "edit", **form) == 403
    assert post(client, row, row.reporter, "edit", **(form | {"title": ""})) == 422
    assert post(client, row, row.reporter, "edit", **(form | {"title": "x" * 201})) == 422
    assert post(client, row, row.reporter, "edit", **form) == 302
    row.refresh_from_db()
    assert (row.title, row.server_version) == ("LDAP is down", "10.4.3")
    assert "server version 10.4.2 → server version 10.4.3" in page(client, row, row.reporter)


def test_people_are_set_added_and_taken_off(client: Client, row: Escalation, tomasz: Person) -> None:
    lead = person(Role.LEAD, name="Ines Moreau")
    for form, status in (
        ({"owner": str(lead.pk)}, 302), ({"follower": str(tomasz.pk)}, 302), ({"follower": ""}, 422),
        ({"follower": "999999"}, 422), ({"unfollow": str(tomasz.pk)}, 302), ({"owner": "x"}, 422),
    ):
        assert post(client, row, tomasz, "people", **form) == status
    row.refresh_from_db()
    assert row.owner == lead and not row.followers.exists()


def test_following_is_a_press_and_so_is_leaving(client: Client, row: Escalation) -> None:
    viewer = person(Role.VIEWER)
    assert post(client, row, viewer, "follow", follow="1") == 302
    assert row.followers.filter(person=viewer).exists()
    assert post(client, row, viewer, "follow", follow="0") == 302
    assert not row.followers.exists()


def test_who_makes_it_confidential_still_sees_it(client: Client, row: Escalation, tomasz: Person) -> None:
    assert post(client, row, tomasz, "confidential", confidential="1") == 302
    assert "Not confidential" in page(client, row, tomasz)
    assert post(client, row, tomasz, "confidential", confidential="0") == 302
    row.refresh_from_db()
    assert not row.confidential


def test_a_comment_from_jira_is_shown_to_the_reporter_by_a_press(
    client: Client, row: Escalation, tomasz: Person
) -> None:
    noted(row, tomasz)
    comment = Message.objects.get(escalation=row, author=Author.JIRA)
    note = Message.objects.get(escalation=row, author=Author.NOTE)
    for pk in (comment.pk, note.pk, 999_999):
        assert post(client, row, tomasz, f"messages/{pk}/show", public="1") == 302
    html = page(client, row, row.reporter)
    assert html.count(SECRET) == 1


def test_what_is_typed_is_kept_and_others_of_us_see_who_writes(client: Client, row: Escalation, tomasz: Person) -> None:
    assert post(client, row, row.reporter, "writing", text="I wonder") == 200
    assert ReplyDraft.objects.get().text == "I wonder"
    assert "I wonder" in page(client, row, row.reporter)
    assert row.reporter is not None
    assert f"{row.reporter.name} is writing" in re.sub(r"\s+", " ", page(client, row, tomasz, "writing/"))
    post(client, row, tomasz, "writing", text="secretly")
    assert "Tomasz" not in page(client, row, row.reporter, "writing/")
