"""How much is measured: `s` in a few minutes, `m` between, `l` with the numbers that were promised."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    name: str
    issues: int  # of a first import
    runs: int
    mirrored: tuple[int, int]  # tickets, for a run that has little to do
    open: tuple[int, int, int]  # open tickets on a board
    requests: int  # of each page
    changes: int  # that go the way from Jira to an open board
    boards: tuple[int, ...]  # open at once
    starts: int


SIZES = {
    size.name: size
    for size in (
        Size("s", 1_500, 2, (1_000, 3_000), (1_000, 5_000, 20_000), 200, 100, (1_000,), 1),
        Size("m", 6_000, 2, (1_000, 20_000), (1_000, 5_000, 20_000), 300, 300, (1_000, 5_000), 2),
        Size("l", 6_000, 3, (1_000, 100_000), (1_000, 5_000, 20_000), 500, 500, (1_000, 5_000), 3),
    )
}
