"""The tabs that stand on every page of a room."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.urls import reverse

Right = TypeVar("Right")


@dataclass(frozen=True)
class TabOf(Generic[Right]):
    """A page of a room: its key, its words, its URL name, and the right it needs."""

    key: str
    label: str
    name: str
    right: Right


@dataclass(frozen=True)
class Tab:
    """See templates/parts/room_tabs.html."""

    label: str
    url: str
    current: bool


@dataclass(frozen=True)
class CountedTab(Tab):
    """A part of a list, with how many stand there."""

    count: int | None = None
    tone: str = ""


def tabs_of(pages: Sequence[TabOf[Right]], *, here: str, may: Callable[[Right], bool]) -> list[Tab]:
    """The pages that the reader may open; `here` is the key of the one they are on."""
    return [Tab(page.label, reverse(page.name), page.key == here) for page in pages if may(page.right)]
