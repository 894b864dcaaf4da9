"""The page of the weekly update: numbers, text, preview, what moved, and the updates before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.urls import reverse
from django.utils.safestring import SafeString

from integrations.outbox.models import Delivery
from integrations.outbox.queries import Receipt, receipt
from tickets.choices import Column, UpdateState
from tickets.models import ApartResolution, BugType, WeeklyUpdate, WeeklyUpdateEvent, WeeklyUpdateVersion
from tickets.queries.addresses import ticket_url
from tickets.queries.sync import mirror_state
from tickets.queries.weekly.dates import due_now, due_on
from tickets.queries.weekly.numbers import counted
from tickets.queries.weekly.text import draft_text
from tickets.rules.freshness import Stamp, Trouble
from tickets.rules.weekly import post
from tickets.rules.weekly.dates import Due
from tickets.rules.weekly.frozen import LISTS, Counted, Moved, moved, thaw
from tickets.rules.weekly.numbers import BACKLOG, IN_PROGRESS, QUEUE, RESOLVED, Line, customers
from tickets.rules.weekly.shown import shown
from tickets.rules.weekly.words import DEFINITIONS, LABELS

EARLIER = 6
MOVED_SHOWN = 6
SAME_DAY = timedelta(hours=12)
OWED = timedelta(days=7)
ROWS = 52  # updates of a page: a year


@dataclass(frozen=True)
class NumberRow:
    """A number, what it was the week before, and the address of the list behind it. `moved`: what it would be now."""

    name: str
    label: str
    value: int
    previous: int | None
    parts: tuple[tuple[str, str], ...]  # words with a part of the number, and the address of that part of the list
    url: str
    moved: str


@dataclass(frozen=True)
class ListMoves:
    """Which tickets entered and left a list since the update before; `more`: how many are not named."""

    label: str
    entered: tuple[tuple[str, str], ...]
    left: tuple[tuple[str, str], ...]
    more: int


@dataclass(frozen=True)
class Editor:
    """The text and what is to be said of it."""

    day: str
    text: str
    version: int
    saved_at: datetime | None
    faults: tuple[str, ...]
    preview: SafeString
    may_edit: bool
    carried: tuple[str, ...]  # the notes of the update before that are not in this text


@dataclass(frozen=True)
class Post:
    """What left for the channel: the post and its corrections, newest first."""

    receipts: tuple[tuple[str, Receipt], ...]
    can_post: bool
    posted: bool
    arrived: bool  # the post stands in the channel; a correction may still be on its way
    by: str
    at: datetime | None


@dataclass(frozen=True)
class WeeklyPage:
    """See templates/tickets/weekly/update.html. `state`: draft, posted, or moment (nothing is kept of it)."""

    state: str
    day: date
    at: datetime
    since: datetime
    due: Due
    late: bool
    rows: tuple[NumberRow, ...]
    moves: tuple[ListMoves, ...]
    moves_since: date | None
    editor: Editor
    post: Post
    versions: tuple[WeeklyUpdateVersion, ...]
    events: tuple[WeeklyUpdateEvent, ...]
    earlier: tuple[WeeklyUpdate, ...]
    stamp: Stamp
    trouble: Trouble | None
    drafted_at: datetime | None
    drifted: int
    definitions: tuple[tuple[str, str], ...]
    bug_types: str
    apart: str


def this_weeks(now: datetime) -> WeeklyUpdate | None:
    """The update of this week's meeting, if it is drafted."""
    return WeeklyUpdate.objects.filter(meeting_date=due_now(now).day).first()


@dataclass(frozen=True)
class Owed:
    """An update that is not in the channel; `refused`: it was posted, and Mattermost said no."""

    due: Due
    refused: bool


def owed_update(now: datetime) -> Owed | None:
    """The latest update that is drafted and not posted, or whose post was refused, if its meeting was in the last
    seven days or is to come."""
    newest = WeeklyUpdate.objects.only("meeting_date", "state").first()
    refused = newest is not None and newest.state == UpdateState.POSTED and _refused(newest)
    if newest is None or (newest.state == UpdateState.POSTED and not refused):
        return None
    due = due_on(newest.meeting_date)
    return Owed(due, refused) if now - due.meeting_at < OWED else None


def _refused(update: WeeklyUpdate) -> bool:
    posts = Delivery.objects.stuck().filter(scope=f"weekly:{update.meeting_date}", purpose="weekly")
    return posts.filter(topic="mattermost.post").exists()


def weekly_page(*, update: WeeklyUpdate | None, moment: datetime | None, now: datetime, may_post: bool) -> WeeklyPage:
    """The page of an update, or of any moment (of now, where none is named and nothing is drafted yet)."""
    due = due_on(update.meeting_date) if update else due_now(moment or now)
    found = frozen(update) if update else counted(at=moment or now)
    before = _before(due.day)
    old = frozen(before) if before else None
    drift = _drift(update, found, now)
    state = mirror_state(now)
    is_draft = update is not None and update.state == UpdateState.DRAFT
    return WeeklyPage(
        state=update.state if update else "moment", day=due.day, at=found.at, since=found.since, due=due,
        late=is_draft and now > due.remind_at, rows=_rows(found, old, drift, update),
        moves=_moves(old, found), moves_since=before.meeting_date if before else None,
        editor=_editor(update, found, due.day, before, may_post=may_post), post=_post(update, may_post=may_post),
        versions=tuple(update.versions.select_related("by")) if update else (),
        events=tuple(update.events.select_related("by").order_by("-at", "-id")[:20]) if update else (),
        earlier=tuple(WeeklyUpdate.objects.filter(meeting_date__lt=due.day).defer("lists")[:EARLIER]),
        stamp=state.stamp, trouble=state.trouble, drafted_at=update.drafted_at if update else None,
        drifted=len(drift), definitions=DEFINITIONS,
        bug_types=", ".join(BugType.objects.filter(counts=True).values_list("name", flat=True)),
        apart=", ".join(ApartResolution.objects.filter(counts=True).values_list("name", flat=True)),
    )


def frozen(update: WeeklyUpdate) -> Counted:
    """What an update was written from."""
    return thaw(at=update.at, numbers=update.numbers, lists=update.lists)


def list_of(found: Counted, name: str, part: Mapping[str, str]) -> tuple[Line, ...]:
    """One of the five lists; of the queue, what the post names and what comes after. `part` picks some of its tickets:
    `customer`, `column`, `apart`."""
    column, apart = part.get("column"), part.get("apart")
    return tuple(
        line for line in found.lists[name]
        if (not part.get("customer") or line.customer) and (not column or line.column == column)
        and (not apart or line.apart == apart)
    )


def search_updates(text: str, page: str) -> "Page[WeeklyUpdate]":
    """A page of all updates, newest first; with words, of those whose text holds all of them. A page beyond the last
    one is the last one."""
    found = WeeklyUpdate.objects.select_related("posted_by").defer("lists", "text", "words")
    for word in text.split()[:12]:
        found = found.filter(Q(words=word) | Q(text__icontains=word))
    return Paginator(found, ROWS).get_page(page)


def list_url(name: str, update: WeeklyUpdate | None, at: datetime, **part: str) -> str:
    """The address of the list behind a number, or of a part of it."""
    if update:
        path, query = reverse("tickets:weekly_list_of", args=[update.meeting_date.isoformat(), name]), part
    else:
        path, query = reverse("tickets:weekly_list", args=[name]), {"at": at.isoformat(), **part}
    return path + (f"?{urlencode(query)}" if query else "")


def _before(day: date) -> WeeklyUpdate | None:
    return WeeklyUpdate.objects.filter(meeting_date__lt=day, state=UpdateState.POSTED).first()


def _drift(update: WeeklyUpdate | None, found: Counted, now: datetime) -> Mapping[str, Moved]:
    """What a draft's lists would be if they were counted now."""
    if update is None or update.state != UpdateState.DRAFT:
        return {}
    # A draft that is days old is not held against another week, only against the same one counted again.
    at = now if now - update.at < SAME_DAY else update.at
    return {name: one for name, one in moved(found, counted(at=at)).items() if one}


def _rows(
    found: Counted, old: Counted | None, drift: Mapping[str, Moved], update: WeeklyUpdate | None
) -> tuple[NumberRow, ...]:
    figures, before = found.figures, old.figures if old else {}
    return tuple(
        NumberRow(
            name, LABELS[name], figures[name], before.get(name),
            tuple((words, list_url(name, update, found.at, **part)) for words, part in _parts(name, found)),
            list_url(name, update, found.at), _in_words(drift.get(name), figures[name]),
        ) for name in LISTS
    )


def _parts(name: str, found: Counted) -> list[tuple[str, dict[str, str]]]:
    """The parts of a number in words, each with what picks its tickets out of the list."""
    if name == QUEUE:
        return [(f"of {found.todo} in To do", {})]
    if name == BACKLOG:
        return [(f"{found.backlog[column]} {column.label}", {"column": column.value})
                for column in Column if column in found.backlog]
    if name == IN_PROGRESS:
        return []
    apart = found.apart if name == RESOLVED else {}
    return [(f"{customers(found.lists[name])} reported by customers", {"customer": "1"}),
            *((f"{count} {resolution}", {"apart": resolution}) for resolution, count in apart.items())]


def _in_words(one: Moved | None, value: int) -> str:
    if one is None:
        return ""
    keys = [f"+{line.key}" for line in one.entered[:2]] + [f"−{line.key}" for line in one.left[:2]]
    more = len(one.entered) + len(one.left) - len(keys)
    words = ", ".join(keys) + (f" and {more} more" if more else "")
    return f"{value} in the draft, {value + len(one.entered) - len(one.left)} now: {words}"


def _moves(old: Counted | None, found: Counted) -> tuple[ListMoves, ...]:
    """Of the standing lists; those of a week are new each week."""
    if old is None:
        return ()
    changes = moved(old, found)
    return tuple(
        ListMoves(
            LABELS[name], _named(changes[name].entered), _named(changes[name].left),
            max(len(changes[name].entered) - MOVED_SHOWN, 0) + max(len(changes[name].left) - MOVED_SHOWN, 0),
        ) for name in (IN_PROGRESS, QUEUE, BACKLOG) if changes[name]
    )


def _named(lines: Sequence[Line]) -> tuple[tuple[str, str], ...]:
    return tuple((line.key, ticket_url(line.key)) for line in lines[:MOVED_SHOWN])


def _editor(
    update: WeeklyUpdate | None, found: Counted, day: date, before: WeeklyUpdate | None, *, may_post: bool
) -> Editor:
    text = update.text if update else draft_text(found, day=day, notes=[])
    notes = post.notes_of(before.text) if before and update else []
    own = post.notes_of(text)
    return Editor(
        day=day.isoformat(), text=text, version=update.version if update else 0,
        saved_at=update.saved_at if update else None, faults=tuple(post.faults(text, day)), preview=shown(text),
        may_edit=may_post and update is not None, carried=tuple(line for line in notes if line and line not in own),
    )


def _post(update: WeeklyUpdate | None, *, may_post: bool) -> Post:
    if update is None:
        return Post((), can_post=False, posted=False, arrived=False, by="", at=None)
    sent = list(Delivery.objects.filter(scope=f"weekly:{update.meeting_date}", purpose="weekly").order_by("-id"))
    posts = [delivery for delivery in sent if delivery.topic == "mattermost.post"]
    taken_back = bool(posts) and posts[0].state == "dropped"
    posted = update.state == UpdateState.POSTED
    return Post(
        receipts=tuple((delivery.title, receipt(delivery)) for delivery in sent),
        can_post=may_post and (not posted or taken_back), posted=posted and not taken_back,
        # An old delivery is forgotten after a year; it had arrived, or somebody would have dropped it.
        arrived=posted and (not posts or posts[0].state == "sent"),
        by=update.posted_by.name if update.posted_by else "", at=update.posted_at,
    )
