"""The words of what is down. Pure."""

from collections.abc import Iterable

BETWEEN = ":-–—,"  # what people write between whose production it is and what is down


def without_customer(title: str, names: Iterable[str]) -> str:
    """What is down, without a customer's name at its beginning: an incident is headed by its customers anyway, and
    "Initech: Initech: nobody can sign in" is read twice. A title that is nothing but the name stays."""
    for name in sorted((name.strip() for name in names), key=len, reverse=True):
        rest = title[len(name):].lstrip()
        if name and title[: len(name)].casefold() == name.casefold() and rest[:1] and rest[0] in BETWEEN:
            left = rest.lstrip(BETWEEN + " ")
            return left[:1].upper() + left[1:] if left else title
    return title
