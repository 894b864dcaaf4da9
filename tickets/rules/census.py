"""What a census says of each ticket: an incremental poll never sees what was deleted, moved or archived."""

from collections.abc import Collection
from dataclasses import dataclass

FEW = 10  # below this, losing half a project is everyday life


@dataclass(frozen=True)
class Census:
    """What to do after counting: read `unknown` in, ask for `suspects` by id, and count the rest as seen.

    `held`: half the project or more is missing, so nothing is marked and the lead is told.
    """

    unknown: tuple[int, ...]
    missing: tuple[int, ...]
    suspects: tuple[int, ...]
    held: bool


def compare(seen: Collection[int], mirrored: dict[int, int], *, confirmed: bool = False) -> Census:
    """`seen`: the ids Jira lists. `mirrored`: id → how many censuses in a row have missed it already.

    A ticket becomes a suspect, to be read once by id, with the second census that misses it, or at once when somebody
    has `confirmed` that what is missing is gone.
    """
    listed = set(seen)
    missing = tuple(sorted(identity for identity in mirrored if identity not in listed))
    held = not confirmed and len(missing) * 2 >= len(mirrored) and len(mirrored) >= FEW
    suspects = () if held else tuple(identity for identity in missing if confirmed or mirrored[identity] + 1 >= 2)
    return Census(tuple(sorted(listed - mirrored.keys())), missing, suspects, held)
