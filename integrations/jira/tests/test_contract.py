"""Every request that the portal sends is one that Jira's own API document knows."""

import functools
import gzip
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from integrations.jira.tests.conftest import Ask
from integrations.jira.tests.test_client import logged
from integrations.sandbox.testing import Sandbox

jsonschema = pytest.importorskip("jsonschema")
SPEC = Path(__file__).resolve().parents[4] / "shared" / "specs" / "jira.openapi.json.gz"

pytestmark = pytest.mark.skipif(not SPEC.is_file(), reason=f"Jira's API document is absent: {SPEC}")
NUMBERS = {"integer", "number"}


@functools.cache
def document() -> Any:
    with gzip.open(SPEC, "rt", encoding="utf-8") as text:
        return json.load(text)


def operation(method: str, path: str) -> Any:
    """The operation of a request. Version 2 has the same operations as 3; what differs is the form of rich text."""
    wanted = path.replace("/rest/api/2/", "/rest/api/3/")
    exact = document()["paths"].get(wanted, {})
    if method.lower() in exact:
        return exact[method.lower()]
    for template, operations in document()["paths"].items():
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), wanted) and method.lower() in operations:
            return operations[method.lower()]
    raise AssertionError(f"{method} {path} is not in Jira's document")


def check(method: str, path: str, query: str) -> None:
    declared = {
        entry["name"]: entry for entry in operation(method, path).get("parameters", []) if entry["in"] == "query"
    }
    for name, values in parse_qs(query, keep_blank_values=True).items():
        assert name in declared, f"{method} {path}: {name} is not a parameter"
        schema = declared[name].get("schema", {})
        told: Any = values if schema.get("type") == "array" else values[0]
        if schema.get("type") in NUMBERS:
            told = int(told)
        jsonschema.validate(told, {**schema, "components": document()["components"]})
    missing = {name for name, entry in declared.items() if entry.get("required")} - parse_qs(query).keys()
    assert not missing, f"{method} {path}: without {missing}"


def test_all_that_the_client_asks_is_in_jiras_document(cloud: Sandbox, ask: Ask) -> None:
    asked = ask(cloud)
    asked.me()
    assert asked.cloud
    asked.fields()
    asked.project("MM")
    asked.count('project = "MM"')
    for _ in asked.search('project = "MM" ORDER BY created ASC', fields=["summary", "comment"], changelog=True):
        pass
    for _ in asked.ids('project = "MM" AND status in (10000) ORDER BY Rank ASC'):
        pass
    asked.issue(100_000, fields=["summary"])
    asked.histories(100_000)
    asked.comments(100_000)
    seen = logged(cloud, asked.requests)
    assert len(seen) == asked.requests
    for entry in seen:
        check(entry["method"], entry["path"], entry["query"])


def test_what_is_not_in_the_document_is_found_out() -> None:
    with pytest.raises(AssertionError):
        check("GET", "/rest/api/2/search/jql", "startAt=0")
    with pytest.raises(AssertionError):
        check("GET", "/rest/api/2/nowhere", "")
    with pytest.raises(jsonschema.ValidationError):
        check("GET", "/rest/api/2/search/jql", "maxResults=5&failFast=maybe&fields=id&jql=x&reconcileIssues=a")
