"""An issue in memory: JSON pieces, kept encoded so that a page is joined and not encoded again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, NamedTuple

Json = Any
# Stands for the server's own address inside stored JSON; the answer puts in the address it was asked at.
HERE = "http://sandbox.invalid"

_pool: dict[str, str] = {}


def dumps(value: Json) -> str:
    """Encode compactly, in ASCII: real data holds lone surrogates, which UTF-8 refuses."""
    return json.dumps(value, separators=(",", ":"))


@lru_cache(maxsize=50_000)
def loads(piece: str) -> Json:
    """Decode a stored piece. The result is shared: never change it in place."""
    return json.loads(piece)


def shared(piece: str) -> str:
    """Return one common string for equal pieces: most fields repeat in thousands of issues."""
    return _pool.setdefault(piece, piece) if len(piece) < 1500 else piece


# Pieces that are different in every issue are kept out of the pool.
UNSHARED = frozenset({"summary", "description", "created", "updated", "resolutiondate", "statuscategorychangedate"})


class History(NamedTuple):
    """One entry of a change log; `author` and `items` are JSON pieces."""

    id: str
    author: str
    created: str
    items: str

    def piece(self) -> str:
        """Encode the entry as Jira shows it."""
        author = f'"author":{self.author},' if self.author != "null" else ""
        return f'{{"id":"{self.id}",{author}"created":"{self.created}","items":{self.items}}}'


@dataclass(slots=True)
class Issue:
    """One issue. Never changed in place: a writer changes a copy and puts it into the store."""

    id: int
    key: str
    project: str
    created: int
    updated: int
    fields: dict[str, str]
    histories: list[History] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    former: list[str] = field(default_factory=list)
    archived: bool = False
    properties: dict[str, str] = field(default_factory=dict)
    remote: list[str] = field(default_factory=list)

    def value(self, name: str) -> Json:
        """Decode one field; None where it is absent."""
        piece = self.fields.get(name)
        return None if piece is None else loads(piece)

    def copy(self) -> "Issue":
        """Return a copy whose containers may be changed."""
        return replace(
            self,
            fields=dict(self.fields),
            histories=list(self.histories),
            comments=list(self.comments),
            former=list(self.former),
            properties=dict(self.properties),
            remote=list(self.remote),
        )

    def set(self, name: str, value: Json) -> None:
        """Set one field from a decoded value."""
        piece = dumps(value)
        self.fields[name] = piece if name in UNSHARED else shared(piece)

    def row(self) -> str:
        """Encode the whole issue for the state file."""
        return dumps(
            [
                self.id, self.key, self.project, self.created, self.updated, self.fields, self.histories,
                self.comments, self.former, self.archived, self.properties, self.remote,
            ]
        )  # fmt: skip

    @classmethod
    def from_row(cls, row: str) -> "Issue":
        """Decode what `row` wrote."""
        parts = json.loads(row)
        issue = cls(*parts)
        issue.fields = {shared(k): v if k in UNSHARED else shared(v) for k, v in issue.fields.items()}
        issue.histories = [History(h[0], shared(h[1]), h[2], shared(h[3])) for h in parts[6]]
        return issue


def named(value: Json) -> str:
    """Return what a person would call a field's value: its name, or value, or the text itself."""
    if isinstance(value, Mapping):
        for key in ("name", "value", "displayName", "key"):
            if value.get(key):
                return str(value[key])
        return ""
    return "" if value is None else str(value)


def person_id(user: Json) -> str:
    """Return what identifies a user: accountId in the cloud, name elsewhere."""
    if not isinstance(user, Mapping):
        return ""
    return str(user.get("accountId") or user.get("name") or user.get("key") or "")
