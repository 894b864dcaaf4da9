"""A title says what is down; whose it is stands before it by itself."""

import pytest

from incidents.rules.titles import without_customer


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Initech: nobody can sign in", "Nobody can sign in"),
        ("INITECH – nobody can sign in", "Nobody can sign in"),
        ("Initech GmbH: nobody can sign in", "Nobody can sign in"),
        ("Initech's LDAP is down", "Initech's LDAP is down"),
        ("Initech", "Initech"),
        ("Initech:", "Initech:"),
        ("Nobody can sign in: Initech", "Nobody can sign in: Initech"),
        ("Initechnology: nobody can sign in", "Initechnology: nobody can sign in"),
    ],
)
def test_a_customer_whom_the_title_begins_with_is_not_said_twice(typed: str, kept: str) -> None:
    assert without_customer(typed, ["Initech", "Initech GmbH", ""]) == kept
