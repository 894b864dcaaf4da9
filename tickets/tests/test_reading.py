"""An issue is read whatever its shape; what cannot be read is empty, never an error."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.rules import reading
from tickets.rules.reading import FieldIds, IssueFacts, Unreadable, read_issue
from tickets.rules.shapes import EARLIEST, LATEST, moment
from tickets.tests import junk

NO_IDS = FieldIds()
BORN = "2026-03-04T10:20:30.123+0000"


def issue(**fields: Any) -> dict[str, Any]:
    return {"id": "10001", "key": "MM-1", "fields": {"created": BORN, **fields}}


def read(raw: dict[str, Any], ids: FieldIds = NO_IDS) -> IssueFacts:
    return read_issue(raw, ids)


@given(junk.issues)
def test_no_shape_raises_anything_but_unreadable(raw: dict[str, Any]) -> None:
    try:
        facts = read_issue(raw, junk.IDS)
    except Unreadable:
        return
    assert 0 <= facts.id < 2**63
    assert 0 < len(facts.key) <= 80
    assert len(facts.project_key) <= 40
    assert all(len(label) <= 255 for label in facts.labels)
    assert facts.created.tzinfo is UTC
    assert facts.updated.tzinfo is UTC
    assert len({user.account_id for user in facts.users}) == len(facts.users)
    assert {facts.assignee, facts.reporter} - {None} <= {user.account_id for user in facts.users}
    assert list(facts.changes) == sorted(facts.changes, key=lambda c: (c.at, c.history_id, c.position))


@given(junk.values)
def test_any_json_for_any_field_leaves_the_others_readable(value: Any) -> None:
    for name in (*reading.FIELDS, "customfield_1", "customfield_2"):
        if name not in {"created", "summary"}:
            assert read(issue(**{"summary": "Kept", name: value}), junk.IDS).summary == "Kept"


@pytest.mark.parametrize("name", [name for name in reading.FIELDS if name != "created"])
@pytest.mark.parametrize("value", [None, 7, "text", [], {}, [None], [[]], {"name": None}, True, 1.5])
def test_each_field_may_be_null_or_of_another_type(name: str, value: Any) -> None:
    assert read(issue(**{name: value})).key == "MM-1"


@pytest.mark.parametrize(
    "raw",
    [
        {}, {"id": "1"}, {"id": "1", "key": "MM-1"}, {"id": "1", "key": "MM-1", "fields": None},
        {"id": "1", "key": "MM-1", "fields": {"created": "yesterday"}},
        {"id": "one", "key": "MM-1", "fields": {"created": BORN}}, {"id": True, "key": "MM-1",
        "fields": {"created": BORN}},
        {"id": "1", "key": None, "fields": {"created": BORN}}, {"id": -1, "key": "MM-1", "fields": {"created": BORN}},
        {"id": "9" * 19, "key": "MM-1", "fields": {"created": BORN}}, {"id": "٣", "key": "MM-1",
        "fields": {"created": BORN}},
    ],
)  # fmt: skip
def test_without_id_key_or_creation_an_issue_is_unreadable(raw: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        read(raw)


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        (BORN, datetime(2026, 3, 4, 10, 20, 30, 123_000, UTC)),
        ("2026-03-04T10:20:30.123-0500", datetime(2026, 3, 4, 15, 20, 30, 123_000, UTC)),
        ("2026-03-04T10:20:30+05:45", datetime(2026, 3, 4, 4, 35, 30, tzinfo=UTC)),
        ("2026-03-04T10:20:30Z", datetime(2026, 3, 4, 10, 20, 30, tzinfo=UTC)),
        ("2026-03-04T10:20:30", datetime(2026, 3, 4, 10, 20, 30, tzinfo=UTC)),
        (1_772_619_630_123, datetime(2026, 3, 4, 10, 20, 30, 123_000, UTC)), (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (True, None), (None, None), ("", None), ("04/Mar/26", None), (10**30, None), (float("inf"), None), ([], None),
        ("0001-01-01T00:00:00+1400", EARLIEST), ("0001-01-01T00:00:00Z", EARLIEST),
        ("9999-12-31T23:59:59Z", LATEST), ("9999-12-31T23:59:59-1400", LATEST), (-60_000_000_000_000, EARLIEST),
    ],
)
def test_moments_are_read_as_jira_writes_them(told: object, wanted: datetime | None) -> None:
    assert moment(told) == wanted


def test_without_an_update_the_creation_counts() -> None:
    facts = read(issue(updated=None))
    assert facts.updated == facts.created


def test_people_are_known_by_account_id_or_by_key_or_by_name() -> None:
    cloud = read(issue(assignee={"accountId": "5b1", "name": "ada", "displayName": "Ada Park"}))
    server = read(issue(assignee={"key": "JIRAUSER1", "name": "ada"}, reporter={"name": "bo"}))
    assert (cloud.assignee, cloud.users[0].display_name) == ("5b1", "Ada Park")
    assert (server.assignee, server.reporter) == ("JIRAUSER1", "bo")
    assert read(issue(assignee={"displayName": "Nobody's id"})).assignee is None


def test_a_person_is_active_unless_jira_says_no() -> None:
    users = read(issue(assignee={"accountId": "a"}, reporter={"accountId": "b", "active": False})).users
    assert [user.active for user in users] == [True, False]


def test_a_status_without_id_goes_by_its_name_and_one_without_both_is_none() -> None:
    assert reading.read_status({"name": "Open"}) == reading.StatusFacts("name:Open", "Open", "")
    assert reading.read_status({"id": 3}) == reading.StatusFacts("3", "3", "")
    assert reading.read_status({}) is None
    assert reading.read_status("Open") is None
    told = {"id": "1", "name": "打开", "statusCategory": {"key": "indeterminate"}}
    assert reading.read_status(told) == reading.StatusFacts("1", "打开", "indeterminate")


def test_a_priority_named_none_is_not_the_same_as_no_priority() -> None:
    assert read(issue(priority={"name": "None"})).priority == "None"
    assert read(issue(priority=None)).priority == ""


def test_labels_are_kept_once_in_order_and_no_longer_than_an_index_bears() -> None:
    facts = read(issue(labels=["b", "a", "b", 7, None, "", "x" * 3_000]))
    assert facts.labels[:2] == ("b", "a")
    assert [len(label) for label in facts.labels] == [1, 1, 255]


def test_summaries_keep_spaces_and_marks() -> None:
    assert read(issue(summary="  <b>&amp; *x*  ")).summary == "  <b>&amp; *x*  "


@pytest.mark.parametrize("name", ["histories", "values"])
def test_every_item_of_every_history_is_kept_oldest_first(name: str) -> None:
    log = {
        name: [
            {"id": "12", "created": "2026-03-06T00:00:00.000+0000", "author": {"accountId": "a"}, "items": [
                {"field": "status", "fieldId": "status", "from": "1", "fromString": "To Do", "to": "3",
                "toString": "Done"},
                {"field": "resolution", "from": None, "to": "", "toString": "Fixed"}]},
            {"id": "11", "created": "2026-03-05T00:00:00.000+0000", "items": [{"field": "labels"}]},
        ]
    }  # fmt: skip
    changes = read({**issue(), "changelog": log}).changes
    assert [(c.history_id, c.position, c.field_id) for c in changes] == [
        (11, 0, "labels"), (12, 0, "status"), (12, 1, "resolution"),
    ]  # fmt: skip
    assert (changes[2].from_value, changes[2].to_value, changes[2].from_text) == (None, "", None)
    assert (changes[0].author, changes[1].author) == (None, "a")


def test_an_answer_that_does_not_speak_of_comments_is_not_one_without_comments() -> None:
    assert read(issue()).comments is None
    assert read(issue(comment=None)).comments is None
    assert read(issue(comment={"comments": []})).comments == ()


def test_a_comment_is_public_unless_jira_says_no_and_a_document_becomes_text() -> None:
    body = {"type": "doc", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Hello"}]}]}
    told = {"comments": [{"id": "1", "created": BORN, "body": body}, {"id": "2", "created": BORN, "jsdPublic": False}]}
    comments = read(issue(comment=told)).comments or ()
    assert [(c.id, c.body, c.is_public) for c in comments] == [(1, "Hello", True), (2, "", False)]


def test_links_are_read_from_this_side_and_those_without_id_left_out() -> None:
    kind = {"inward": "is blocked by", "outward": "blocks"}
    other = {"key": "MM-2", "fields": {"summary": "Other", "status": {"name": "Done"}}}
    links = read(issue(issuelinks=[
        {"id": "1", "type": kind, "outwardIssue": other}, {"id": "2", "type": kind, "inwardIssue": other},
        {"type": kind, "inwardIssue": other}, {"id": "4", "type": kind}, "junk",
    ])).links  # fmt: skip
    assert [(link.jira_id, link.phrase, link.other_status) for link in links] == [
        (1, "blocks", "Done"), (2, "is blocked by", "Done"),
    ]  # fmt: skip


def test_severity_is_read_from_an_option_a_text_or_a_list() -> None:
    ids = FieldIds(severity="customfield_9")
    for told in ({"value": "S1"}, {"name": "S1"}, "S1", [{"value": "S1"}, {"value": "S2"}]):
        assert read(issue(customfield_9=told), ids).severity == "S1"
    assert read(issue(customfield_9={"value": "S1"})).severity == ""


def test_an_epic_is_a_field_a_parent_of_that_kind_or_nothing() -> None:
    ids = FieldIds(epic="customfield_9")
    epic = {"key": "MM-7", "fields": {"issuetype": {"name": "Epic"}}}
    story = {"key": "MM-8", "fields": {"issuetype": {"name": "Story"}}}
    assert read(issue(customfield_9="MM-6"), ids).epic_key == "MM-6"
    assert (read(issue(parent=epic)).epic_key, read(issue(parent=epic)).parent_key) == ("MM-7", "MM-7")
    assert (read(issue(parent=story)).epic_key, read(issue(parent=story)).parent_key) == ("", "MM-8")


def test_the_project_is_what_jira_says_or_the_front_of_the_key() -> None:
    assert read(issue(project={"key": "CLD"})).project_key == "CLD"
    assert read(issue()).project_key == "MM"


@given(junk.readable())
def test_the_digest_is_the_same_for_the_same_issue_in_any_order_of_its_fields(raw: dict[str, Any]) -> None:
    turned = {**dict(reversed(raw.items())), "fields": dict(reversed(raw["fields"].items()))}
    assert reading.digest_of(raw, NO_IDS) == reading.digest_of(turned, NO_IDS)
    assert reading.digest_of(raw, NO_IDS) == reading.digest_of(json.loads(json.dumps(raw)), NO_IDS)
    assert reading.digest_of(raw, NO_IDS) != reading.digest_of({**raw, "key": "XX-1"}, NO_IDS)
    assert reading.digest_of(raw, NO_IDS) != reading.digest_of(raw, FieldIds(severity="customfield_9"))


@given(st.lists(st.fixed_dictionaries({}, optional={"id": junk.values, "name": junk.values, "schema": junk.values})))
def test_fields_of_any_shape_are_passed_over(fields: list[dict[str, Any]]) -> None:
    assert reading.field_ids(fields, severity="customfield_9", epic="", rank="").severity == "customfield_9"


def test_custom_fields_are_found_by_schema_and_severity_by_name() -> None:
    gh = "com.pyxis.greenhopper.jira:"
    fields = [
        {"id": "summary", "name": "Severity", "schema": {"type": "string", "system": "summary"}},
        {"id": "customfield_1", "name": "severity", "schema": {"custom": "x:select"}},
        {"id": "customfield_2", "name": "Epen-Verknüpfung", "schema": {"custom": gh + "gh-epic-link"}},
        {"id": "customfield_3", "name": "Rang", "schema": {"custom": gh + "gh-lexo-rank"}},
    ]
    found = reading.field_ids(fields, severity="", epic="", rank="")
    assert found == FieldIds("customfield_1", "customfield_2", "customfield_3")
    assert reading.field_ids(fields, severity="customfield_8", epic="", rank="").severity == "customfield_8"


def test_what_a_search_asks_for_is_the_same_every_time_and_names_custom_fields_once_known() -> None:
    assert reading.asked_fields(NO_IDS) == list(reading.FIELDS)
    assert reading.asked_fields(junk.IDS)[-3:] == ["customfield_1", "customfield_2", "customfield_3"]
