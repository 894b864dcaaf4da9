"""Columns, census, filters, marks and the hints of webhooks: pure thinking, by the hundred."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from tickets.choices import Category, Column
from tickets.rules import census, columns, filters, webhooks
from tickets.rules.filters import BoardFilters, read_filters
from tickets.rules.marks import Marking, marks
from tickets.tests import junk

PAYLOADS = Path(__file__).resolve().parents[3] / "shared" / "data" / "jira-webhooks"


# Columns


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("Backlog", Column.BACKLOG), ("Will Do", Column.BACKLOG), ("To Do", Column.TODO), ("TO  DO ", Column.TODO),
        ("In Progress", Column.IN_PROGRESS), ("Submitted", Column.SUBMITTED), ("Done", Column.DONE),
        ("Closed", Column.DONE), ("Resolved", Column.UNMAPPED), ("待办", Column.UNMAPPED), ("", Column.UNMAPPED),
    ],
)
def test_the_handbooks_statuses_have_columns_and_no_other(name: str, column: Column) -> None:
    assert columns.column_of(name) == column


@pytest.mark.parametrize(
    ("category", "column"),
    [("new", Column.TODO), ("indeterminate", Column.IN_PROGRESS), ("done", Column.DONE), ("undefined", Column.TODO),
     ("", Column.TODO), ("something", Column.TODO)],
)
def test_a_column_is_proposed_by_category_and_always_one_of_the_board(category: str, column: Column) -> None:
    assert columns.proposed(category) == column
    assert columns.proposed(category) in columns.BOARD


@given(st.text(max_size=30))
def test_any_name_and_any_category_have_an_answer(told: str) -> None:
    assert columns.column_of(told) in Column
    assert columns.category_of(told) in Category


# Census

mirrored = st.dictionaries(st.integers(1, 60), st.integers(0, 3), max_size=40)


@given(st.sets(st.integers(1, 60)), mirrored)
def test_a_census_divides_what_there_is(seen: set[int], held: dict[int, int]) -> None:
    found = census.compare(seen, held)
    assert set(found.unknown) == seen - held.keys()
    assert set(found.missing) == held.keys() - seen
    assert set(found.suspects) <= set(found.missing)
    assert not (found.held and found.suspects)
    assert found.held == (len(held) >= census.FEW and 2 * len(found.missing) >= len(held))


@given(mirrored)
def test_nobody_is_a_suspect_before_the_second_census(held: dict[int, int]) -> None:
    first = census.compare([], dict.fromkeys(list(held)[:9], 0))
    assert first.suspects == ()
    again = census.compare([], dict.fromkeys(list(held)[:9], 1))
    assert set(again.suspects) == set(list(held)[:9])


@given(mirrored)
def test_a_complete_census_finds_nothing(held: dict[int, int]) -> None:
    assert census.compare(list(held), held) == census.Census((), (), (), held=False)


@pytest.mark.parametrize(("missing", "of", "held"), [(5, 10, True), (4, 10, False), (9, 9, False), (500, 1000, True),
                                                     (499, 1000, False), (0, 0, False), (10, 10, True)])
def test_half_a_project_is_too_much_at_once(missing: int, of: int, held: bool) -> None:
    found = census.compare(range(missing, of), dict.fromkeys(range(of), 1))
    assert found.held is held
    assert len(found.suspects) == (0 if held else missing)


# Filters

texts = st.text(max_size=40).map(lambda told: told.replace("\x00", "").strip())
board_filters = st.builds(
    BoardFilters, q=texts, assignee=texts, label=texts, project=texts, customer=st.booleans(), mine=st.booleans(),
    backlog_open=st.booleans(),
    shown=st.dictionaries(st.sampled_from([c.value for c in columns.BOARD]), st.sampled_from([50, 150, 250, 2050]),
                          max_size=3).map(lambda told: tuple(told.items())),
)


@given(board_filters)
def test_filters_survive_the_way_through_an_address(told: BoardFilters) -> None:
    query = QueryDict(told.query().removeprefix("?"))
    assert read_filters(query.dict(), query.getlist("more")) == told


@given(st.dictionaries(st.sampled_from(["q", "assignee", "label", "project", "customer", "mine", "backlog"]),
                       st.text(max_size=300)), st.lists(st.text(max_size=20), max_size=12))
def test_any_address_has_filters(values: dict[str, str], more: list[str]) -> None:
    found = read_filters(values, more)
    assert all(len(text) <= filters.LONGEST and "\x00" not in text
               for text in (found.q, found.assignee, found.label, found.project))
    assert all(0 <= count <= filters.MOST_SHOWN for _, count in found.shown)
    filters.search_words(found.q)
    filters.key_like(found.q)


@given(st.integers(0, 99_999))
def test_a_column_is_shown_in_whole_parts(count: int) -> None:
    shown = filters.whole_parts(count)
    assert (shown - filters.FIRST) % filters.STEP == 0
    assert filters.FIRST <= shown <= filters.MOST_SHOWN
    assert shown >= count or shown == filters.MOST_SHOWN
    assert filters.whole_parts(shown) == shown


def test_opening_and_lengthening_keep_the_filters() -> None:
    told = BoardFilters(q="crash", customer=True)
    assert parse_qs(told.query(backlog=True, more=("todo", 150))[1:]) == {
        "q": ["crash"], "customer": ["1"], "backlog": ["open"], "more": ["todo:150"],
    }  # fmt: skip
    assert BoardFilters().query() == ""
    assert not BoardFilters(backlog_open=True).active
    assert told.active


@pytest.mark.parametrize(
    ("text", "words"),
    [("login fails", "'login' & 'fails':*"), ("O'Hara & | ! ( )", "'O' & 'Hara':*"), ("", ""), ("&|!", ""),
     ("größe", "'größe':*")],
)
def test_a_search_is_words_and_nothing_of_a_querys_grammar(text: str, words: str) -> None:
    assert filters.search_words(text) == words


@pytest.mark.parametrize(("text", "key"), [("mm-12", "MM-12"), ("12", "12"), ("MM-", ""), ("mm 12", ""), ("x12", ""),
                                           ("12a", ""), ("A_1-2", "A_1-2"), ("", "")])
def test_what_looks_like_a_key_is_one(text: str, key: str) -> None:
    assert filters.key_like(text) == key


# Marks

MARKING = Marking(
    marks={"customer-bug": "customer", "community-bug": "community"}, team_labels={"team-web": 1},
    team_components={"search": 2, "mobile": 3},
)  # fmt: skip


@pytest.mark.parametrize(
    ("labels", "components", "wanted"),
    [
        ((), (), (None, False, False)), (("Customer-Bug",), (), (None, True, False)),
        (("customer-bug", "community-bug"), (), (None, True, True)), (("customer-bugs",), (), (None, False, False)),
        ((), ("Plugins", "Mobile", "Search"), (3, False, False)), (("Team-Web",), ("Search",), (1, False, False)),
    ],
)
def test_marks_are_read_off_labels_and_components(
    labels: tuple[str, ...], components: tuple[str, ...], wanted: tuple[int | None, bool, bool]
) -> None:
    found = marks(MARKING, labels=labels, components=components)
    assert (found.team, found.customer, found.community) == wanted


# Webhooks


def payloads() -> list[Any]:
    if not PAYLOADS.is_dir():
        skip = pytest.mark.skip(reason=f"the real payloads are absent: {PAYLOADS}")
        return [pytest.param(PAYLOADS, marks=skip)]
    return [pytest.param(path, id=path.stem) for path in sorted(PAYLOADS.glob("*.json"))]


@pytest.mark.parametrize("path", payloads())
def test_every_real_payload_names_its_issue_or_is_knowingly_ignored(path: Path) -> None:
    body = json.loads(path.read_text())
    hint = webhooks.read_hint(body)
    if "issue" in body:
        assert hint.issue_id == int(body["issue"]["id"])
        assert hint.issue_key == body["issue"]["key"]
        assert not hint.ignored
    else:
        assert hint.issue_id or hint.ignored
    assert hint.deleted == (body.get("webhookEvent") == "jira:issue_deleted")


@pytest.mark.skipif(not PAYLOADS.is_dir(), reason=f"the real payloads are absent: {PAYLOADS}")
def test_there_are_28_of_them() -> None:
    assert len(list(PAYLOADS.glob("*.json"))) == 28


@pytest.mark.parametrize(
    ("body", "issue", "ignored"),
    [
        (None, None, "its body is no JSON object"), ([], None, "its body is no JSON object"), ({}, None,
        "it names no issue"),
        ({"webhookEvent": "jira:issue_updated"}, None, "it names no issue"),
        ({"issue": {"id": "7"}}, 7, ""), ({"issue": {"id": 7}, "webhookEvent": "jira:issue_something"}, 7, ""),
        ({"issue": {"id": "7"}, "webhookEvent": "sprint_started"}, 7, "nothing is mirrored of sprint_started"),
        ({"issue": {"id": "x"}}, None, "it names no issue"), ({"issue": "MM-1"}, None, "it names no issue"),
        ({"webhookEvent": "comment_created", "comment": {"self": "https://j/rest/api/2/issue/15/comment/9"}}, 15, ""),
        ({"webhookEvent": "comment_created", "comment": {"self": "https://j/rest/api/2/issue/MM-1/comment/9"}}, None,
         "it names no issue"),
        ({"webhookEvent": "issuelink_created", "issueLink": {"sourceIssueId": 12}}, 12, ""),
        ({"webhookEvent": ["jira:issue_updated"], "issue": {"id": "7"}}, 7, ""),
    ],
)  # fmt: skip
def test_a_hint_is_read_from_any_shape(body: object, issue: int | None, ignored: str) -> None:
    hint = webhooks.read_hint(body)
    assert (hint.issue_id, hint.ignored) == (issue, ignored)


HOOKS = ("webhookEvent", "issue", "comment", "issueLink", "timestamp")


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(HOOKS, junk.values)) | junk.values)
def test_no_shape_of_a_webhook_is_an_error(body: Any) -> None:
    hint = webhooks.read_hint(body)
    assert hint.ignored or (hint.issue_id is not None and hint.issue_id < 2**63)
    assert len(hint.event) <= 100


@given(st.binary(max_size=200), st.text(max_size=40))
def test_a_signature_holds_for_this_body_and_secret_alone(body: bytes, given_: str) -> None:
    right = hmac.new(b"secret", body, hashlib.sha256).hexdigest()
    assert webhooks.signature_holds("secret", body, f"sha256={right}")
    assert webhooks.signature_holds("secret", body, f" SHA256={right.upper()} ")
    assert not webhooks.signature_holds("secret", body + b"x", f"sha256={right}")
    assert not webhooks.signature_holds("other", body, f"sha256={right}")
    assert not webhooks.signature_holds("secret", body, f"sha1={right}")
    assert not webhooks.signature_holds("secret", body, right)
    assert not webhooks.signature_holds("secret", body, given_)
    assert webhooks.secret_matches("secret", given_) == (given_ == "secret")
