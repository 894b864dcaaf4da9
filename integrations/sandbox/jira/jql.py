"""JQL: from text to a tree. Meaning is given in search.py."""

import re
from dataclasses import dataclass

TOKEN = re.compile(
    r"""\s*(?:
    (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<op>!=|!~|>=|<=|=|~|>|<)
    |(?P<punct>[(),])
    |(?P<word>[^\s()=!<>~,"']+)
    )""",
    re.VERBOSE,
)
OPERATORS = {"=", "!=", "~", "!~", ">", "<", ">=", "<="}


class JqlError(Exception):
    """The query cannot be answered; the message is Jira's."""


@dataclass(frozen=True)
class Value:
    """A literal; `quoted` tells "EMPTY" the text from EMPTY the word."""

    text: str
    quoted: bool = False
    function: bool = False


@dataclass(frozen=True)
class Clause:
    """`field op values`; op is lower case, such as "=", "in", "not in", "is", "is not"."""

    field: str
    op: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Not:
    """Negation."""

    inner: "Node"


@dataclass(frozen=True)
class Join:
    """AND or OR of several."""

    word: str
    parts: tuple["Node", ...]


Node = Clause | Not | Join


@dataclass(frozen=True)
class Query:
    """A parsed query: the restriction, if any, and the wanted order as (field, descending)."""

    where: Node | None
    order: tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise JqlError(f"Error in the JQL Query: The character '{text[at:].lstrip()[:1]}' is a reserved JQL "
                           f"character. You must enclose it in a string. (line 1, character {at + 1})")  # fmt: skip
        kind, piece = match.lastgroup, match[match.lastgroup]
        if kind == "string":
            piece = re.sub(r"\\(.)", r"\1", piece[1:-1])
        found.append(_Token(kind, piece, match.start(match.lastgroup)))
        at = match.end()
    return found


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.at = 0

    def peek(self) -> _Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def is_word(self, *words: str) -> bool:
        token = self.peek()
        return token is not None and token.kind == "word" and token.text.lower() in words

    def is_punct(self, sign: str) -> bool:
        token = self.peek()
        return token is not None and token.kind == "punct" and token.text == sign

    def take(self) -> _Token:
        token = self.peek()
        if token is None:
            raise JqlError("Error in the JQL Query: The query ends too early.")
        self.at += 1
        return token

    def expect(self, sign: str) -> None:
        if not self.is_punct(sign):
            raise self.trouble(f"'{sign}'")
        self.at += 1

    def trouble(self, wanted: str) -> JqlError:
        token = self.peek()
        if token is None:
            return JqlError(f"Error in the JQL Query: Expecting {wanted} before the end of the query.")
        place = f"(line 1, character {token.at + 1})"
        return JqlError(f"Error in the JQL Query: Expecting {wanted} but got '{token.text}'. {place}")

    def query(self) -> Query:
        where = None
        if self.peek() is not None and not self.is_word("order"):
            where = self.either()
        order = self.order() if self.is_word("order") else ()
        if self.peek() is not None:
            raise self.trouble("either 'OR' or 'AND'")
        return Query(where, order)

    def either(self) -> Node:
        parts = [self.both()]
        while self.is_word("or"):
            self.take()
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else Join("or", tuple(parts))

    def both(self) -> Node:
        parts = [self.single()]
        while self.is_word("and"):
            self.take()
            parts.append(self.single())
        return parts[0] if len(parts) == 1 else Join("and", tuple(parts))

    def single(self) -> Node:
        token = self.peek()
        if self.is_word("not"):
            self.take()
            return Not(self.single())
        if self.is_punct("("):
            self.take()
            inner = self.either()
            self.expect(")")
            return inner
        if token is None or token.kind not in ("word", "string"):
            raise self.trouble("a field name")
        return self.clause(self.take().text.lower())

    def clause(self, field: str) -> Clause:
        token = self.peek()
        if token is not None and token.kind == "op":
            return Clause(field, self.take().text, (self.value(),))
        if self.is_word("is"):
            self.take()
            negated = self.is_word("not")
            self.at += negated
            return Clause(field, "is not" if negated else "is", (self.value(),))
        negated = self.is_word("not")
        self.at += negated
        if not self.is_word("in"):
            raise self.trouble("operator")
        self.take()
        self.expect("(")
        values = [self.value()]
        while self.is_punct(","):
            self.take()
            values.append(self.value())
        self.expect(")")
        return Clause(field, "not in" if negated else "in", tuple(values))

    def value(self) -> Value:
        token = self.take()
        if token.kind == "string":
            return Value(token.text, quoted=True)
        if token.kind != "word":
            self.at -= 1
            raise self.trouble("a value")
        if self.is_punct("("):
            self.take()
            argument = ""
            while not self.is_punct(")"):
                argument += self.take().text
            self.take()
            return Value(f"{token.text.lower()}({argument})", function=True)
        return Value(token.text)

    def order(self) -> tuple[tuple[str, bool], ...]:
        self.take()
        if not self.is_word("by"):
            raise self.trouble("'by'")
        self.take()
        found: list[tuple[str, bool]] = []
        while True:
            field = self.take().text.lower()
            descending = self.is_word("desc")
            if self.is_word("asc", "desc"):
                self.take()
            found.append((field, descending))
            if not self.is_punct(","):
                break
            self.take()
        if len(found) > 7:
            raise JqlError("Error in the JQL Query: At most 7 fields may stand in ORDER BY.")
        return tuple(found)


def parse(text: str) -> Query:
    """Parse JQL. Raises JqlError with Jira's words."""
    return _Parser(text).query()
