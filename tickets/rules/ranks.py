"""An order with a move made in it. Pure."""

from collections.abc import Sequence


def moved(order: Sequence[int], moving: Sequence[int], *, anchor: int, before: bool) -> list[int]:
    """The order with these moved right before or after the anchor, in their own order. What is not in it is passed
    over; without the anchor nothing moves."""
    going = [one for one in moving if one in set(order) and one != anchor]
    if anchor not in order or not going:
        return list(order)
    rest = [one for one in order if one not in set(going)]
    at = rest.index(anchor) + (0 if before else 1)
    return [*rest[:at], *going, *rest[at:]]
