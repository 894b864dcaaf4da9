"""Paging: raising a page, the ladder that it climbs, and what people answer."""

from set_rotation.actions.paging.answers import acknowledge, escalate_now, page_again, reassign, resolve, snooze, wake
from set_rotation.actions.paging.base import CONTACT, PURPOSE, SNOOZE, STALE, STEP, Answered
from set_rotation.actions.paging.ladder import contact_later, take_steps
from set_rotation.actions.paging.policies import policy_words, save_policy
from set_rotation.actions.paging.raising import raise_page, reword
from set_rotation.actions.paging.turned_back import turn_back_steps

__all__ = [
    "CONTACT", "PURPOSE", "SNOOZE", "STALE", "STEP", "Answered", "acknowledge", "contact_later", "escalate_now",
    "page_again", "policy_words", "raise_page", "reassign", "resolve", "reword", "save_policy", "snooze", "take_steps",
    "turn_back_steps", "wake",
]
