"""What is said in a thread: once, by whom, and what it does to the escalation."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.tests import factories as customers
from escalations.actions import thread
from escalations.actions.base import Refused
from escalations.actions.level import merge
from escalations.actions.states import move
from escalations.choices import Author, Outcome, Status, What
from escalations.models import Affected, Escalation, EscalationEvent, Message, ReplyDraft
from escalations.queries.thread import thread_of, writing
from escalations.rules import markdown
from escalations.rules.ways import Asker, Way, places, subject
from escalations.tests import factories as make
from people.choices import Role
from people.models import Person
from people.tests.factories import person

pytestmark = pytest.mark.django_db
LATER = make.NOON + timedelta(hours=1)


@pytest.fixture
def row() -> Escalation:
    return make.escalation()


@pytest.fixture
def tomasz() -> Person:
    return person(Role.ENGINEER, name="Tomasz Wilk")


def said(
    row: Escalation, author: Author = Author.US, *, by: Person | None = None, key: str = "k", **more: object
) -> Message:
    """A message, public unless it is a note."""
    values = {"text": "Hello", "public": author != Author.NOTE, "at": LATER, "by_name": by.name if by else "Somebody"}
    return thread.write(escalation=row, author=author, by=by, key=key, **(values | more))  # type: ignore[arg-type]


def fresh(row: Escalation) -> Escalation:
    return Escalation.objects.get(pk=row.pk)


# ---- Once, and whole ----------------------------------------------------------------------


def test_the_same_form_sent_twice_is_one_message(row: Escalation, tomasz: Person) -> None:
    first = said(row, by=tomasz)
    again = said(row, by=tomasz, text="Something else")
    assert again.pk == first.pk and again.text == "Hello"
    assert Message.objects.filter(escalation=row).count() == 1


def test_a_form_of_another_escalation_is_refused(row: Escalation, tomasz: Person) -> None:
    said(row, by=tomasz)
    with pytest.raises(Refused, match="another escalation"):
        said(make.escalation("Another"), by=tomasz)


@pytest.mark.parametrize("text", ["", "   \n", "\x00\x00"])
def test_nothing_is_not_sent(row: Escalation, text: str) -> None:
    with pytest.raises(Refused, match="Write something"):
        said(row, text=text)


def test_a_text_that_is_too_long_is_refused_with_its_length(row: Escalation) -> None:
    with pytest.raises(Refused, match="20,001"):
        said(row, text="x" * 20_001)


def test_what_databases_cannot_hold_and_odd_letters_do_no_harm(row: Escalation) -> None:
    message = said(row, text="a\x00b \u202eabc 😀\r\n<script>alert(1)</script>")
    assert message.text == "ab \u202eabc 😀\n<script>alert(1)</script>"
    assert "<script" not in markdown.html(message.text)


# ---- Whose turn it is ---------------------------------------------------------------------


def test_a_reply_sets_the_first_and_the_last_time_and_moves_nothing(row: Escalation, tomasz: Person) -> None:
    said(row, by=tomasz, key="1")
    said(row, by=tomasz, key="2", at=LATER + timedelta(hours=1))
    now = fresh(row)
    assert (now.first_reply_at, now.last_reply_at) == (LATER, LATER + timedelta(hours=1))
    assert now.status == Status.NEW


def test_a_note_sets_nothing(row: Escalation, tomasz: Person) -> None:
    message = said(row, Author.NOTE, by=tomasz, public=True, asks=True)
    now = fresh(row)
    assert (message.public, message.asks) == (False, False)
    assert (now.first_reply_at, now.last_reply_at, now.status) == (None, None, Status.NEW)


def test_a_reply_that_asks_waits_for_the_reporter_and_their_answer_gives_it_back(
    row: Escalation, tomasz: Person
) -> None:
    said(row, by=tomasz, asks=True)
    assert fresh(row).status == Status.REPORTER
    said(row, Author.REPORTER, by=row.reporter, key="2", at=LATER + timedelta(hours=1))
    now = fresh(row)
    assert (now.status, now.last_asked_at) == (Status.OURS, LATER + timedelta(hours=1))


@pytest.mark.parametrize("ends", [[Status.SOLVED], [Status.SOLVED, Status.CLOSED]])
def test_the_reporter_who_writes_again_opens_what_was_settled(row: Escalation, ends: list[Status]) -> None:
    for status in ends:
        move(escalation=row, to=status, by=None, at=make.NOON, outcome=Outcome.BUG)
    said(row, Author.REPORTER, by=row.reporter)
    now = fresh(row)
    assert (now.status, now.solved_at, now.closed_at) == (Status.OURS, None, None)
    assert EscalationEvent.objects.filter(escalation=row, what=What.REOPENED).count() == 1


def test_a_reply_to_another_customer_meets_no_clock_of_the_reporter(row: Escalation, tomasz: Person) -> None:
    other = customers.customer("Globex")
    affected = Affected.objects.create(escalation=row, customer=other, reporter_name="Mia", at=make.NOON)
    said(row, by=tomasz, affected=affected, asks=True)
    now = fresh(row)
    assert (now.first_reply_at, now.status) == (None, Status.NEW)


def test_what_was_merged_is_written_to_there(row: Escalation, tomasz: Person) -> None:
    other = make.escalation("The same again")
    merge(escalation=row, into=other, reason="the same", by=tomasz, at=LATER)
    with pytest.raises(Refused, match=f"E-{other.pk}: write there"):
        said(row, by=tomasz)


# ---- Two who answer -----------------------------------------------------------------------


def test_who_has_not_seen_anothers_answer_is_shown_it_first(row: Escalation, tomasz: Person) -> None:
    ines = person(Role.LEAD, name="Ines Moreau")
    missed = said(row, by=tomasz)
    with pytest.raises(thread.Meanwhile, match="Tomasz Wilk answered meanwhile") as caught:
        said(row, by=ines, key="2", seen=0)
    assert caught.value.messages == [missed]
    assert said(row, by=ines, key="2", seen=missed.pk).by == ines


def test_ones_own_answer_a_note_and_a_comment_from_jira_keep_nobody_waiting(row: Escalation, tomasz: Person) -> None:
    ines = person(Role.LEAD, name="Ines Moreau")
    said(row, by=ines, key="1")
    said(row, Author.NOTE, by=tomasz, key="2")
    said(row, Author.JIRA, by=None, key="3")
    assert said(row, by=ines, key="4", seen=0)


def test_a_draft_is_kept_shown_to_others_of_us_and_gone_once_it_was_sent(row: Escalation, tomasz: Person) -> None:
    ines = person(Role.LEAD, name="Ines Moreau")
    thread.keep_draft(escalation=row, person=tomasz, text="I thi\x00nk", at=LATER)
    assert ReplyDraft.objects.get().text == "I think"
    assert writing(row, ines, LATER + timedelta(seconds=5), notes=True) == ("Tomasz Wilk",)
    assert writing(row, ines, LATER + timedelta(minutes=1), notes=True) == ()
    assert writing(row, tomasz, LATER, notes=True) == ()
    assert row.reporter is not None
    assert writing(row, row.reporter, LATER, notes=False) == ()
    said(row, by=tomasz)
    assert not ReplyDraft.objects.exists()


def test_an_empty_draft_is_none(row: Escalation, tomasz: Person) -> None:
    assert not thread.keep_draft(escalation=row, person=tomasz, text="  ", at=LATER)
    thread.keep_draft(escalation=row, person=tomasz, text="x", at=LATER)
    assert thread.keep_draft(escalation=row, person=tomasz, text="", at=LATER)
    assert not ReplyDraft.objects.exists()


# ---- Who reads what -----------------------------------------------------------------------


def test_the_reporter_reads_what_is_public_and_meant_for_them_alone(row: Escalation, tomasz: Person) -> None:
    other = customers.customer("Globex")
    affected = Affected.objects.create(escalation=row, customer=other, reporter_name="Mia", at=make.NOON)
    said(row, by=tomasz, key="1", text="public")
    said(row, Author.NOTE, by=tomasz, key="2", text="secret")
    said(row, Author.JIRA, key="3", text="in jira", public=False)
    said(row, by=tomasz, key="4", text="for globex", affected=affected)
    assert row.reporter is not None
    theirs = thread_of(row, row.reporter, notes=False)
    assert [line.html for line in theirs.lines if not line.what] == ["<p>public</p>\n"]
    ours = thread_of(row, tomasz, notes=True)
    assert sum(1 for line in ours.lines if not line.what) == 4


def test_only_a_comment_from_jira_can_be_shown_afterwards(row: Escalation, tomasz: Person) -> None:
    comment, note = said(row, Author.JIRA, key="1", public=False), said(row, Author.NOTE, by=tomasz, key="2")
    for _ in range(2):
        thread.publish(message=comment, public=True, by=tomasz, at=LATER)
    comment.refresh_from_db()
    assert comment.public
    events = EscalationEvent.objects.filter(escalation=row, what=What.CHANGED)
    assert [event.internal for event in events] == [True]
    with pytest.raises(Refused, match="Only a comment from Jira"):
        thread.publish(message=note, public=True, by=tomasz, at=LATER)


def test_a_long_thread_shows_its_end_and_says_how_much_stands_before(row: Escalation, tomasz: Person) -> None:
    for number in range(90):
        said(row, by=tomasz, key=str(number), at=LATER + timedelta(minutes=number))
    short, whole = (thread_of(row, tomasz, notes=True, everything=one) for one in (False, True))
    assert len(short.lines) == 80 and len(whole.lines) == len(short.lines) + short.earlier
    assert short.said == 91  # with what was asked


# ---- Rules --------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "wiki"), [
    ("Hello **you** and _me_", "Hello *you* and _me_"),
    ("# One\n\ntext", "h3. One\n\ntext"),
    ("- a\n- b\n  - c", "* a\n* b\n** c"),
    ("1. a\n2. b", "# a\n# b"),
    ("`x{y}`", "{{x\\{y\\}}}"),
    ("```\nSELECT 1;\n```", "{code}\nSELECT 1;\n{code}"),
    ("[docs](https://docs.example/a)", "[docs|https://docs.example/a]"),
    ("{code} and [x] | y", "\\{code\\} and \\[x\\] \\| y"),
    ("a_b_c 2*3", "a_b_c 2*3"),
    ("> quoted", "{quote}\nquoted\n\n{quote}"),
    ("a\nb", "a\nb"),
])
def test_markdown_becomes_wiki_markup(text: str, wiki: str) -> None:
    assert markdown.wiki(text) == wiki


@pytest.mark.parametrize("text", [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "![x](https://evil.example/x.png)",
    "[x](javascript:alert(1))", "<iframe src='https://evil.example'></iframe>", "[a](data:text/html,x)",
])
def test_html_holds_nothing_that_acts_or_loads(text: str) -> None:
    drawn = markdown.html(text)
    assert not any(one in drawn for one in ("<script", "<img", "<iframe", 'href="javascript', 'href="data'))


@given(st.text(max_size=300))
def test_any_text_becomes_html_and_wiki_markup(text: str) -> None:
    drawn = markdown.html(markdown.clean(text))
    assert "<script" not in drawn.lower()
    markdown.wiki(markdown.clean(text))


def test_the_ways_that_are_open_and_the_usual_one() -> None:
    asker = Asker("Rafael", "r@example.org", "rafael", "48213", "t48213@support.example", "MM-1")
    assert [(place.way, place.usual) for place in places(asker, chat=True)] == [
        (Way.SUPPORT, True), (Way.MAIL, False), (Way.MATTERMOST, False), (Way.JIRA, False)]
    assert [(place.way, place.usual) for place in places(Asker("R", "r@example.org", "r"), chat=False)] == [
        (Way.MAIL, True)]
    assert places(Asker("R"), chat=True) == ()


def test_a_subject_holds_both_numbers() -> None:
    assert subject(number=12, title="LDAP", support_ticket="48213") == "[#48213] [E-12] LDAP"
    assert subject(number=12, title="LDAP", support_ticket="") == "[E-12] LDAP"
