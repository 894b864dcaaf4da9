"""Every address with every role, against the tables of docs/permissions.md."""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.admindocs.views import simplify_regex
from django.db import connections, transaction
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern

from people import actions, rules
from people.choices import Right, Role
from people.models import Person
from portal.common import clock

DOCS = Path(settings.BASE_DIR) / "docs" / "permissions.md"
SIGNED_OUT, WITHOUT_ROLE = "signed out", "without a role"
RIGHTS = {right.label: right for right in Right}
WORDS = {"–", "anyone", "signed in", "the demo", "Jira's signature", "the mail service's secret", *RIGHTS}


@dataclass(frozen=True)
class Address:
    """A row of the second table."""

    path: str
    get: str
    post: str

    @property
    def api(self) -> bool:
        return self.path.startswith("/api/")


def table(first: str) -> list[list[str]]:
    """The rows of the table whose first head is `first`, heads included."""
    lines = DOCS.read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {first} |"))
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return [rows[0], *rows[2:]]


def addresses() -> list[Address]:
    return [Address(path.strip("`"), get, post) for path, get, post in table("address")[1:]]


def routes(patterns: list[URLPattern | URLResolver], before: str = "/") -> Iterator[str]:
    """Every address that the portal answers, with `<name>` where something varies."""
    for entry in patterns:
        text = str(entry.pattern)
        part = simplify_regex(text).lstrip("/") if isinstance(entry.pattern, RegexPattern) else text
        path = before + re.sub(r"<\w+:(\w+)>", r"<\1>", part)
        if isinstance(entry, URLResolver):
            yield from routes(entry.url_patterns, path)
        else:
            yield path


def test_the_docs_say_which_role_has_which_right() -> None:
    heads, *rows = table("right")
    said = {
        (head.replace(" ", "_"), row[0]): {"yes": True, "–": False}[cell]
        for row in rows for head, cell in zip(heads[1:], row[1:], strict=True)
    }
    assert said == {(role.value, right.label): right in rules.RIGHTS[role] for role in Role for right in Right}


def test_every_address_stands_in_the_docs_once_and_no_other() -> None:
    listed = [address.path for address in addresses()]
    assert len(listed) == len(set(listed))
    assert set(listed) == set(routes(get_resolver().url_patterns))
    assert {word for address in addresses() for word in (address.get, address.post)} <= WORDS


@dataclass(frozen=True)
class Visitor:
    """Somebody with one role, as a session cookie. All share one client: making one loads every middleware."""

    role: str
    rights: frozenset[Right]
    session: str
    client: Client

    def ask(self, method: str, path: str) -> HttpResponseBase:
        """The answer, with whatever it changed taken back."""
        self.client.cookies = SimpleCookie({settings.SESSION_COOKIE_NAME: self.session} if self.session else {})
        with transaction.atomic():
            response: HttpResponseBase = getattr(self.client, method)(path)
            transaction.set_rollback(True)
        return response


def visitor(name: str, roles: list[Role], client: Client) -> Visitor:
    at = clock.now()
    email = f"{name.replace(' ', '-')}@example.org"
    person = actions.create_person(email=email, name=name, roles=roles, at=at, joined=at)
    client.cookies = SimpleCookie()
    client.force_login(person)
    return Visitor(name, rules.rights_of(roles), client.cookies[settings.SESSION_COOKIE_NAME].value, client)


@pytest.fixture(autouse=True)
def _unlogged() -> Iterator[None]:
    """Hundreds of refusals, each with its traceback, would take longer than all the rest."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(autouse=True)
def _connection_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream gives its connection back before it flows; here that is the one which holds the test's transaction."""
    monkeypatch.setattr(connections, "close_all", lambda: None)


@pytest.fixture
def visitors(db: None) -> list[Visitor]:
    client = Client(raise_request_exception=False)
    # Addresses ask for rights alone: of roles that have the same ones, one walks for all.
    walking = {rules.rights_of([role]): role for role in Role}.values()
    everybody = [visitor(role.value, [role], client) for role in walking]
    return [Visitor(SIGNED_OUT, frozenset(), "", client), visitor(WITHOUT_ROLE, [], client), *everybody]


@pytest.fixture
def values(visitors: list[Visitor]) -> dict[str, str]:
    """What stands for each varying part; nobody is among them whom the walk needs."""
    at = clock.now()
    other = actions.create_person(email="other@example.org", name="Other", roles=[Role.VIEWER], at=at, joined=at)
    actions.save_team(team=None, changes={"name": "Channels"}, by=None, at=at)
    actions.save_component(component=None, changes={"id": other.pk, "name": "Search"}, by=None, at=at)
    return {"pk": str(other.pk), "slug": "channels", "key": "MM-1", "uid": "MQ", "token": "guess", "day": "2026-11-17",
            "name": "resolved", "number": "1"}


def telling(word: str, visitors: list[Visitor]) -> list[Visitor]:
    """Those who show for all whom an address lets in: of whoever is let in those with the fewest rights, of whoever is
    turned away those with the most. Somebody between them has what the one has, or lacks what the other lacks."""
    if word not in RIGHTS:
        return visitors[:2] if word in {"anyone", "signed in"} else [*visitors[:2], *most(visitors)]
    there = [each for each in visitors if RIGHTS[word] in each.rights]
    fewest = [each for each in there if not any(other.rights < each.rights for other in there)]
    return [*visitors[:2], *fewest, *most([each for each in visitors if each not in there])]


def most(visitors: list[Visitor]) -> list[Visitor]:
    """Those whose rights no other one has with more besides."""
    found = [each for each in visitors if not any(each.rights < other.rights for other in visitors)]
    return [each for each in found if each.rights]


def fault(address: Address, method: str, word: str, visitor: Visitor, response: HttpResponseBase) -> str:
    """What is wrong with this answer; empty if nothing is."""
    status, signed_out = response.status_code, visitor.role == SIGNED_OUT
    to_sign_in = status == 302 and response["Location"].startswith("/sign-in/?next=")
    turned_away = (status == 401 if address.api else to_sign_in) if signed_out else status == 403
    if status >= 500:
        right = False
    elif word == "–":
        right = status == 405 or turned_away
    elif word == "the demo":
        right = status == 404
    elif word in {"Jira's signature", "the mail service's secret"}:
        right = status == 403
    elif word == "anyone" or (word == "signed in" and not signed_out) or RIGHTS.get(word) in visitor.rights:
        right = status not in {401, 403, 405} and not to_sign_in
    else:
        right = turned_away
    return "" if right else f"{method.upper()} {address.path} ({word}) as {visitor.role}: {status}"


def test_every_address_lets_in_whom_the_docs_say_and_nobody_else(
    visitors: list[Visitor], values: dict[str, str]
) -> None:
    faults = []
    for address in addresses():
        path = re.sub(r"<(\w+)>", lambda part: values[part[1]], address.path)
        for method, word in (("get", address.get), ("post", address.post)):
            faults += [fault(address, method, word, each, each.ask(method, path)) for each in telling(word, visitors)]
    assert not any(faults), "\n".join(filter(None, faults))


def test_what_is_not_answered_is_not_answered_for_whoever_may_everything(
    visitors: list[Visitor], values: dict[str, str]
) -> None:
    coordinator = next(each for each in visitors if each.role == Role.COORDINATOR)
    for address in addresses():
        path = re.sub(r"<(\w+)>", lambda part: values[part[1]], address.path)
        for method, word in (("get", address.get), ("post", address.post)):
            if word == "–":
                assert coordinator.ask(method, path).status_code == 405, f"{method} {path}"


def test_the_walk_took_back_what_it_changed(visitors: list[Visitor], values: dict[str, str]) -> None:
    coordinator = next(each for each in visitors if each.role == Role.COORDINATOR)
    assert coordinator.ask("post", f"/people/{values['pk']}/deactivate/").status_code == 302
    assert Person.objects.get(pk=values["pk"]).is_active
