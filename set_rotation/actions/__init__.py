"""The verbs of this room, and its only writers."""

from set_rotation.actions.base import Refused
from set_rotation.actions.duty import preview, rewrite_duty
from set_rotation.actions.handbook import load_rotations
from set_rotation.actions.overrides import cancel_override, make_override
from set_rotation.actions.rotations import Changed, NewRotation, make_rotations, remove_rotation, set_places
from set_rotation.actions.telling import tell, tell_moved

__all__ = [
    "Changed", "NewRotation", "Refused", "cancel_override", "load_rotations", "make_override", "make_rotations",
    "preview", "remove_rotation", "rewrite_duty", "set_places", "tell", "tell_moved",
]
