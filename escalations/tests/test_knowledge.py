"""Knowledge notes, training sessions, and what was said of our help."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from customers.tests.factories import customer
from escalations.actions.base import Refused
from escalations.actions.knowledge import Note, add_note, archive_note, edit_note, note_from
from escalations.actions.people import set_confidential
from escalations.actions.ratings import answer_rating, ask_rating, ask_those_told, token_hash
from escalations.actions.states import move
from escalations.choices import Author, Category, Outcome, Status, What
from escalations.models import Affected, Escalation, EscalationEvent, KnowledgeNote, Message, Rating, TrainingSession
from escalations.queries.knowledge import searched
from escalations.rules.notes import NO_WORDS, Said, first_answer
from escalations.rules.ratings import CHANGEABLE, LASTS, Asked, Door, door
from escalations.tests import factories as make
from integrations.outbox.models import Delivery
from people.choices import Role
from people.models import Person
from people.tests.factories import NOON, person

DB = pytest.mark.django_db


@pytest.fixture
def engineer(client: Client) -> Person:
    found = person(Role.ENGINEER, zone="Europe/Berlin")
    client.force_login(found)
    return found


def solved(title: str = "LDAP groups are lost", *, confidential: bool = False) -> Escalation:
    row = make.escalation(title, confidential=confidential)
    said = [("Internal: blame the cache", Author.NOTE, False), ("First words", Author.US, True),
            ("Set the group filter.", Author.US, True), ("Thanks!", Author.REPORTER, True)]
    for place, (text, author, public) in enumerate(said):
        Message.objects.create(escalation=row, author=author, by_name="Somebody", text=text, public=public,
                               at=NOON + timedelta(minutes=place), key=f"{row.pk}-{place}")
    return move(escalation=row, to=Status.SOLVED, by=None, at=NOON, outcome=Outcome.CONFIGURATION)


def messages(client: Client, path: str, **asked: object) -> list[str]:
    response = client.post(path, asked, follow=True)
    return [str(message) for message in response.context["messages"]]


# ---- Notes ----------------------------------------------------------------------------


def test_a_note_begins_with_the_last_thing_that_we_told_the_reporter() -> None:
    said = [Said("first", ours=True, public=True), Said("last", ours=True, public=True),
            Said("secret", ours=True, public=False), Said("theirs", ours=False, public=True)]
    assert first_answer(said) == "last"
    assert first_answer([]) == first_answer([Said(" ", ours=True, public=True)]) == NO_WORDS


@DB
def test_a_solved_one_becomes_a_note_in_a_click_and_the_second_click_finds_it(client: Client, engineer: Person) -> None:
    row = solved()
    other = Affected.objects.create(escalation=row, customer=customer("Globex"), reporter_name="Mia", at=NOON)
    Message.objects.create(escalation=row, author=Author.US, by_name="A", text="For Globex alone", public=True, key="o",
                           at=NOON + timedelta(days=1), affected=other)
    response = client.post(f"/escalations/E-{row.pk}/note/")
    note = KnowledgeNote.objects.get()
    assert response["Location"] == f"/knowledge/{note.pk}/?edit"
    assert (note.question, note.answer, note.category) == (row.title, "Set the group filter.", Category.LDAP)
    assert client.post(f"/escalations/E-{row.pk}/note/")["Location"] == f"/knowledge/{note.pk}/"
    [event] = EscalationEvent.objects.filter(what=What.NOTED)
    assert (event.by, event.internal) == (engineer, True)


@DB
def test_a_note_of_what_becomes_confidential_is_set_aside(engineer: Person) -> None:
    row = solved()
    note, _ = note_from(escalation=row, by=engineer, at=NOON)
    set_confidential(escalation=row, confidential=True, by=engineer, at=NOON)
    note.refresh_from_db()
    assert note.archived_at == NOON


@DB
def test_no_note_is_made_of_what_is_open_or_confidential(client: Client, engineer: Person) -> None:
    with pytest.raises(Refused, match="made of what is solved"):
        note_from(escalation=make.escalation(), by=engineer, at=NOON)
    with pytest.raises(Refused, match="everybody reads notes"):
        note_from(escalation=solved(confidential=True), by=engineer, at=NOON)
    assert client.post(f"/escalations/E-{solved(confidential=True).pk}/note/").status_code == 404
    assert not KnowledgeNote.objects.exists()


def note(question: str, answer: str = "So.", *, deficient: str = "", category: str = "") -> KnowledgeNote:
    who = person(Role.ENGINEER)
    return add_note(note=Note(question, answer, category, "", deficient), by=who, at=NOON)


@DB
def test_notes_are_found_by_words_the_best_first_and_by_category(client: Client) -> None:
    far = note("Upgrades", "They stop. " * 40 + "LDAP is asked once.")
    near = note("LDAP groups and the LDAP filter", "LDAP", category=Category.LDAP)
    gone = note("LDAP of old")
    archive_note(row=gone, at=NOON)
    here = KnowledgeNote.objects.filter(archived_at__isnull=True)
    assert list(searched(here, "ldap")) == [near, far]
    client.force_login(person(Role.SUPPORT))
    found = re.findall(r'/knowledge/(\d+)/"', client.get("/knowledge/?q=ldap").content.decode())
    assert found == [str(near.pk), str(far.pk)]
    assert f"/knowledge/{far.pk}/" not in client.get("/knowledge/?category=ldap").content.decode()
    assert "Nobody has noted that yet" in client.get("/knowledge/", {"q": "\x00elephant <b>"}).content.decode()
    assert f"/knowledge/{gone.pk}/" in client.get("/knowledge/?show=archived").content.decode()


@DB
def test_a_note_shows_safe_html_and_no_escalation_that_its_reader_sees_not(client: Client, engineer: Person) -> None:
    row = solved("Their secret name")
    made = note_from(escalation=row, by=engineer, at=NOON)[0]
    said = "<script>x</script> **strong** [a](javascript:1)"
    KnowledgeNote.objects.filter(pk=made.pk).update(question="Neutral", answer=said)
    page = client.get(f"/knowledge/{made.pk}/").content.decode()
    assert "Their secret name" in page
    assert "<strong>strong</strong>" in page
    assert "<script>x" not in page
    assert 'href="javascript' not in page
    Escalation.objects.filter(pk=row.pk).update(confidential=True)
    assert "Their secret name" not in client.get(f"/knowledge/{made.pk}/").content.decode()


@DB
def test_a_note_is_edited_by_those_who_work_and_not_over_somebodys_change(client: Client, engineer: Person) -> None:
    row = note("Old")
    asked = {"question": "New", "answer": "A", "docs_url": "docs.example.com/x", "seen": row.updated_at.isoformat()}
    assert client.post(f"/knowledge/{row.pk}/", asked).status_code == 302
    row.refresh_from_db()
    assert (row.question, row.docs_url) == ("New", "https://docs.example.com/x")
    edit_note(row=row, note=Note("Theirs", "B"), at=NOON + timedelta(days=1), seen="")
    late = client.post(f"/knowledge/{row.pk}/", asked)
    assert (late.status_code, "Somebody else has changed it" in late.content.decode()) == (422, True)
    wrong = client.post(f"/knowledge/{row.pk}/", {"question": "x" * 201, "answer": "\x00", "docs_url": "javascript:1"})
    assert (wrong.status_code, wrong.content.decode().count('class="error"')) == (422, 3)
    client.force_login(person(Role.SUPPORT))
    assert client.post(f"/knowledge/{row.pk}/", asked).status_code == 403


@DB
def test_the_list_of_deficient_docs_holds_a_note_until_they_are_mended(client: Client, engineer: Person) -> None:
    row = note("Which ports?", deficient="The page of ports lacks 8067.")
    assert "lacks 8067" in client.get("/knowledge/docs/").content.decode()
    assert messages(client, f"/knowledge/{row.pk}/mended/") == ["Off the list: Which ports?"]
    assert "lacks 8067" not in client.get("/knowledge/docs/").content.decode()


@DB
def test_a_note_is_set_aside_and_brought_back(client: Client, engineer: Person) -> None:
    row = note("Which ports?")
    response = client.post(f"/knowledge/{row.pk}/archive/", follow=True)
    assert "Which ports?" not in client.get("/knowledge/").content.decode()
    [said] = response.context["messages"]
    client.post(said.extra_tags)
    assert "Which ports?" in client.get("/knowledge/").content.decode()


# ---- Training -------------------------------------------------------------------------


@DB
def test_a_session_is_at_the_clock_of_whoever_writes_it_and_keeps_its_notes(client: Client, engineer: Person) -> None:
    linked = note("Which ports?")
    asked = {"title": "LDAP for support", "day": "2026-12-01", "time": "10:00", "text": "# Agenda",
             "notes": [linked.pk]}
    assert client.post("/training/new/", asked).status_code == 302
    row = TrainingSession.objects.get()
    assert (row.starts_at, row.by) == (datetime(2026, 12, 1, 9, tzinfo=UTC), engineer)
    assert "Which ports?" in client.get(f"/training/{row.pk}/").content.decode()
    client.post(f"/training/{row.pk}/edit/", asked | {"title": "LDAP", "notes": []})
    row.refresh_from_db()
    assert (row.title, row.notes.count()) == ("LDAP", 0)
    assert "LDAP" in client.get("/training/").content.decode()


@DB
@pytest.mark.parametrize(("day", "time", "words"), [
    ("2027-03-28", "02:30", "skip"), ("2026-10-25", "02:30", "twice"), ("2026-12-01", "", "Say at what time"),
    ("yesterday", "10:00", "valid date"), ("1900-01-01", "10:00", "2000 to 2099"),
])
def test_a_time_that_is_none_or_two_is_asked_about(
    client: Client, engineer: Person, day: str, time: str, words: str
) -> None:
    response = client.post("/training/new/", {"title": "LDAP", "day": day, "time": time})
    assert response.status_code == 422
    assert words in response.content.decode()


@DB
def test_support_reads_sessions_and_adds_none(client: Client) -> None:
    client.force_login(person(Role.SUPPORT))
    assert client.get("/training/").status_code == 200
    assert client.post("/training/new/", {"title": "x"}).status_code == 403


def answered(rating: Rating) -> bool:
    rating.refresh_from_db()
    return rating.good is not None


# ---- Ratings --------------------------------------------------------------------------


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=90)), st.none() | st.timedeltas(
    min_value=timedelta(0), max_value=timedelta(days=60)))
def test_a_link_is_open_for_sixty_days_and_an_answer_changes_for_one(later: timedelta, first: timedelta | None) -> None:
    answered = None if first is None else NOON + first
    stands = door(Asked(NOON, answered), NOON + later)
    if answered is None:
        assert stands == (Door.OPEN if later < LASTS else Door.EXPIRED)
    else:
        assert stands == (Door.CHANGEABLE if NOON + later < answered + CHANGEABLE else Door.ANSWERED)


@DB
def test_asking_again_gives_the_same_link_and_another_customer_another_one() -> None:
    row = make.escalation()
    other = row.affected.create(customer=customer(), reporter_name="Ada", at=NOON)
    token = ask_rating(escalation=row, at=NOON)
    assert ask_rating(escalation=row, at=NOON + timedelta(days=3)) == token
    assert ask_rating(escalation=row, affected=other, at=NOON) != token
    assert Rating.objects.count() == 2
    assert token not in {rating.token_hash for rating in Rating.objects.all()}
    assert Rating.objects.filter(token_hash=token_hash(token)).count() == 1
    assert len(token) == 43


@DB
def test_looking_at_the_link_answers_nothing_and_a_button_does(client: Client) -> None:
    row = make.escalation()
    path = f"/escalations/rate/{ask_rating(escalation=row, at=datetime.now(UTC))}/"
    for method in (client.get, client.head):
        response = method(path + "?good=yes")
        assert (response.status_code, response["X-Robots-Tag"]) == (200, "noindex, nofollow")
    rating = Rating.objects.get()
    assert not answered(rating)
    page = client.post(path, {"good": "yes", "comment": "Quick <b>and</b> kind"})
    assert "Quick &lt;b&gt;and" in page.content.decode()
    client.post(path, {"good": "no", "comment": "It came back"})
    rating.refresh_from_db()
    assert (rating.good, rating.comment) == (False, "It came back")
    told = EscalationEvent.objects.filter(what=What.RATED).values_list("from_value", "to_value", "internal")
    assert list(told) == [("", "it helped: Quick <b>and</b> kind", True),
                          ("it helped", "it did not help: It came back", True)]


@DB
@pytest.mark.parametrize("form", [
    {}, {"good": "maybe"}, {"good": "yes", "comment": "x" * 2001}, {"good": "yes", "comment": "\x00"},
])
def test_what_is_no_answer_changes_nothing(client: Client, form: dict[str, str]) -> None:
    path = f"/escalations/rate/{ask_rating(escalation=make.escalation(), at=datetime.now(UTC))}/"
    response = client.post(path, form)
    assert response.status_code == 200
    assert 'class="error"' in response.content.decode()
    assert Rating.objects.get().good is None


@DB
def test_a_link_that_is_old_or_made_up_says_so(client: Client) -> None:
    old = ask_rating(escalation=make.escalation(), at=datetime.now(UTC) - LASTS)
    assert "no longer open" in client.get(f"/escalations/rate/{old}/").content.decode()
    assert "no longer open" in client.post(f"/escalations/rate/{old}/", {"good": "yes"}).content.decode()
    assert Rating.objects.get().good is None
    unknown = client.get("/escalations/rate/guess/")
    assert (unknown.status_code, "opens nothing" in unknown.content.decode()) == (404, True)


@DB
def test_after_a_day_an_answer_stands() -> None:
    token = ask_rating(escalation=make.escalation(), at=NOON)
    row = Rating.objects.get(token_hash=token_hash(token))
    answer_rating(row=row, good=True, comment="", at=NOON)
    answer_rating(row=row, good=True, comment="", at=NOON + timedelta(hours=1))
    with pytest.raises(Refused, match="for a day"):
        answer_rating(row=row, good=False, comment="", at=NOON + CHANGEABLE)
    assert EscalationEvent.objects.filter(what=What.RATED).count() == 1


@DB
def test_the_link_shows_no_title_of_a_confidential_one(client: Client) -> None:
    token = ask_rating(escalation=make.escalation("Their secret", confidential=True), at=datetime.now(UTC))
    assert "Their secret" not in client.get(f"/escalations/rate/{token}/").content.decode()


@DB
def test_who_raised_it_is_asked_once_by_mail_when_it_is_solved(client: Client) -> None:
    row = solved()
    other = row.affected.create(customer=customer(), reporter_name="Ada", support_mail="zd-7@example.org", at=NOON)
    assert ask_those_told(escalation=row, at=NOON) == 0  # nobody had answered
    Escalation.objects.filter(pk=row.pk).update(first_reply_at=NOON)
    assert ask_those_told(escalation=row, at=NOON + timedelta(days=8)) == 0
    assert [ask_those_told(escalation=row, at=NOON) for _ in range(2)] == [2, 0]
    mails = {mail.payload["to"]: mail.payload["text"] for mail in Delivery.objects.filter(purpose="escalation.rating")}
    assert set(mails) == {row.reporter_email, "zd-7@example.org"}
    [path] = re.findall(r"/escalations/rate/[\w-]{43}/", mails["zd-7@example.org"])
    Rating.objects.update(asked_at=datetime.now(UTC))
    assert client.post(path, {"good": "yes"}).status_code == 200
    assert Rating.objects.get(good=True).affected == other


@DB
@pytest.mark.parametrize("outcome", [Outcome.DUPLICATE, Outcome.NO_ANSWER])
def test_nobody_is_asked_about_what_was_never_helped(outcome: Outcome) -> None:
    row = solved()
    Escalation.objects.filter(pk=row.pk).update(first_reply_at=NOON, outcome=outcome)
    assert ask_those_told(escalation=row, at=NOON) == 0


@DB
def test_the_page_offers_a_note_of_what_is_solved_and_shows_what_was_said(client: Client, engineer: Person) -> None:
    row = solved()
    Rating.objects.create(escalation=row, token_hash="a", asked_at=NOON, good=False, comment="It came back", at=NOON)
    page = client.get(f"/escalations/E-{row.pk}/").content.decode()
    assert f"/escalations/E-{row.pk}/note/" in page
    assert "It came back" in page
    client.force_login(row.reporter or engineer)
    page = client.get(f"/escalations/E-{row.pk}/").content.decode()
    assert "It came back" not in page
