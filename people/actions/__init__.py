"""The verbs of this room, and its only writers."""

from people.actions.base import Refused, ensure_roles
from people.actions.demo import load_demo_people
from people.actions.guessing import count_tries, count_try, forget_tries, take_back
from people.actions.joining import (
    accept,
    create_person,
    invitation_not_sent,
    invitation_sent,
    invite,
    let_in,
    let_in_all,
    renew_invitation,
    revoke_invitation,
)
from people.actions.keys import change_password, make_token, revoke_token, token_used
from people.actions.standing import change_member, change_profile, deactivate, reactivate, set_acting_roles, set_roles
from people.actions.teams import remove_component, remove_team, save_component, save_team

__all__ = [
    "Refused", "accept", "change_member", "change_password", "change_profile", "count_tries", "count_try",
    "create_person",
    "deactivate", "ensure_roles", "forget_tries", "invitation_not_sent", "invitation_sent", "invite",
    "let_in", "let_in_all", "load_demo_people", "make_token", "reactivate", "remove_component", "remove_team",
    "renew_invitation", "revoke_invitation", "revoke_token", "save_component", "save_team", "set_acting_roles",
    "set_roles", "take_back", "token_used",
]
