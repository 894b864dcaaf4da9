"""Issues as a Jira might send them on a bad day, for hypothesis."""

from typing import Any

from hypothesis import strategies as st

from tickets.rules.reading import FIELDS, FieldIds

IDS = FieldIds(severity="customfield_1", epic="customfield_2", rank="customfield_3")
TIMES = (
    "2026-03-04T10:20:30.123+0000", "2026-03-04T10:20:30.123-0500", "2015-05-01T00:00:00.000+1345",
    "1969-12-31T23:59:59Z", "2026-03-04", "0001-01-01T00:00:00+1400", "9999-12-31T23:59:59-1400", "yesterday", "",
)

plain_values = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20)
    | st.sampled_from(TIMES)
)
values = st.recursive(
    plain_values,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
people = st.fixed_dictionaries(
    {}, optional={
        "accountId": values, "name": values, "key": values, "displayName": values, "emailAddress": values,
        "active": values,
    }
)  # fmt: skip
named = st.fixed_dictionaries({}, optional={"id": values, "name": values, "statusCategory": values, "value": values})
items = st.fixed_dictionaries(
    {}, optional={
        "field": values, "fieldId": st.sampled_from(["status", "assignee"]) | values, "from": values,
        "fromString": values, "to": values, "toString": values,
    }
)  # fmt: skip
histories = st.fixed_dictionaries(
    {}, optional={
        "id": st.integers(0, 10**12).map(str) | values, "created": st.sampled_from(TIMES) | values,
        "author": people | values, "items": st.lists(items | values, max_size=3) | values,
    }
)  # fmt: skip
comments = st.fixed_dictionaries(
    {}, optional={
        "id": st.integers(0, 10**12).map(str) | values, "created": st.sampled_from(TIMES) | values,
        "updated": st.sampled_from(TIMES) | values, "author": people | values, "body": values, "jsdPublic": values,
    }
)  # fmt: skip
others = st.fixed_dictionaries({}, optional={"key": values, "fields": values})
links = st.fixed_dictionaries(
    {}, optional={
        "id": st.integers(0, 10**9).map(str) | values, "type": values, "outwardIssue": others | values,
        "inwardIssue": others | values,
    }
)  # fmt: skip
SHAPES: dict[str, Any] = {
    "status": named, "assignee": people, "reporter": people, "priority": named, "issuetype": named,
    "resolution": named, "labels": st.lists(st.text(max_size=400), max_size=4), "components": st.lists(named,
    max_size=3),
    "comment": st.fixed_dictionaries({"comments": st.lists(comments | values, max_size=3) | values}),
    "issuelinks": st.lists(links | values, max_size=3), "created": st.sampled_from(TIMES),
    "updated": st.sampled_from(TIMES), "resolutiondate": st.sampled_from(TIMES), "customfield_1": named,
}
field_values = {name: SHAPES.get(name, values) | values for name in (*FIELDS, "customfield_1", "customfield_2")}
fields = st.fixed_dictionaries({}, optional=field_values)
logs = st.fixed_dictionaries({}, optional={name: st.lists(histories | values, max_size=3) | values
                                           for name in ("histories", "values")})
issues = st.fixed_dictionaries(
    {}, optional={
        "id": st.integers(1, 10**12).map(str) | values, "key": st.from_regex(r"[A-Z]{2}-[1-9]\d{0,3}", fullmatch=True)
        | values, "fields": fields | values, "changelog": logs | values,
    }
)  # fmt: skip


@st.composite
def readable(draw: st.DrawFn) -> dict[str, Any]:
    """Junk all over, but with an id, a key and a time of creation."""
    number = draw(st.integers(1, 10**6))
    told = draw(fields)
    told["created"] = draw(st.sampled_from(TIMES[:4]))
    return {"id": str(number), "key": f"MM-{number}", "fields": told, "changelog": draw(logs | values)}
