"""Reads about people: who somebody is (`who`), and what the pages show (`pages`)."""

from people.queries.pages import filtered, mark, member, own_page, people_list, teams, tokens
from people.queries.who import (
    INVITATION_SALT,
    acting_roles,
    demo_people,
    demo_person,
    held_roles,
    invitation_of,
    invitation_token,
    leading,
    may_come_in,
    number,
    open_invitation,
    person_of_reset,
    roles,
    signed_in,
    token_of,
    uninvited,
    with_roles,
)

__all__ = [
    "INVITATION_SALT", "acting_roles", "demo_people", "demo_person", "filtered", "held_roles", "invitation_of",
    "invitation_token", "leading", "mark", "may_come_in", "member", "number", "open_invitation", "own_page",
    "people_list", "person_of_reset", "roles", "signed_in", "teams", "token_of", "tokens", "uninvited",
    "with_roles",
]
