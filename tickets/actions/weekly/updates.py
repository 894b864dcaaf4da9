"""The weekly update: drafted, edited, posted once, corrected with its earlier texts kept."""

from datetime import date, datetime

from django.db import IntegrityError, transaction

from integrations.outbox import actions as outbox
from integrations.outbox.choices import State, What
from integrations.outbox.models import Delivery
from people.models import Person
from portal.common.timers import cancel_timer, set_timer
from tickets.choices import UpdateState, UpdateWhat
from tickets.models import WeeklyUpdate, WeeklyUpdateEvent, WeeklyUpdateVersion
from tickets.queries.weekly.numbers import counted
from tickets.queries.weekly.text import draft_text
from tickets.rules.weekly.post import LIMIT, notes_of

POST, EDIT, PURPOSE, REMIND = "mattermost.post", "mattermost.edit", "weekly", "weekly.remind"


class Refused(Exception):
    """What was asked cannot be done with this update; `words` say why."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


def key_of(day: date, turn: int = 0) -> str:
    """The outbox's key of a meeting's post: there is one a day, unless the one before was taken back."""
    return f"weekly-{day.isoformat()}" + (f"-{turn}" if turn else "")


def draft_update(*, day: date, at: datetime, now: datetime, by: Person | None = None,
                 remind_at: datetime | None = None) -> tuple[WeeklyUpdate, bool]:
    """The update of a meeting's day, and whether this call drafted it; counted up to `at`.

    One is drafted once, whoever asks at the same time. `remind_at`: when the lead is reminded if it is not posted.
    """
    held = WeeklyUpdate.objects.filter(meeting_date=day).first()
    if held is not None:
        return held, False
    found = counted(at=at)
    text = draft_text(found, day=day, notes=[])
    try:
        with transaction.atomic():
            update = WeeklyUpdate.objects.create(
                meeting_date=day, at=at, numbers=found.numbers_json(), lists=found.lists_json(), text=text,
                drafted_at=now, saved_at=now,
            )
            _keep_version(update, by, now)
            _note(update, UpdateWhat.DRAFTED, now, by)
            if remind_at is not None:
                set_timer(kind=REMIND, key=day.isoformat(), due_at=remind_at)
    except IntegrityError:
        return WeeklyUpdate.objects.get(meeting_date=day), False
    return update, True


def redraft_update(*, update: WeeklyUpdate, at: datetime, now: datetime, by: Person) -> WeeklyUpdate:
    """Count again up to `at` and write the text anew; the notes stay as they were. Raises `Refused` once posted."""
    found = counted(at=at)
    with transaction.atomic():
        held = _draft(update)
        held.at, held.numbers, held.lists, held.drafted_at = at, found.numbers_json(), found.lists_json(), now
        text = draft_text(found, day=held.meeting_date, notes=notes_of(held.text))
        if text != held.text:
            _write(held, text, by, now)
        held.save()
        _note(held, UpdateWhat.REDRAFTED, now, by)
    return held


def save_text(*, update: WeeklyUpdate, text: str, seen: int, by: Person, now: datetime) -> WeeklyUpdate:
    """Keep a draft's text. `seen`: the version that was edited. Raises `Refused` when another was saved meanwhile, or
    when it is posted already."""
    text = _clean(text)
    with transaction.atomic():
        held = _draft(update)
        if text != held.text:
            _expect(held, seen)
            _write(held, text, by, now)
            held.save()
            _note(held, UpdateWhat.EDITED, now, by)
    return held


def post_update(*, update: WeeklyUpdate, channel: str, path: str, by: Person, now: datetime,
                text: str | None = None, seen: int = 0) -> tuple[WeeklyUpdate, Delivery | None]:
    """Put the post on its way, once: with whoever comes second nothing happens, and no delivery is returned.

    `text` of version `seen`: what stands in the editor and was not saved yet. Raises `Refused`.
    """
    with transaction.atomic():
        held = WeeklyUpdate.objects.select_for_update().get(id=update.id)
        taken_back = Delivery.objects.filter(key__startswith=key_of(held.meeting_date), topic=POST, state=State.DROPPED)
        turn = taken_back.count()
        if held.state == UpdateState.POSTED and Delivery.objects.filter(key=key_of(held.meeting_date, turn)).exists():
            return held, None
        if text is not None and _clean(text) != held.text:
            _expect(held, seen)
            _write(held, _clean(text), by, now)
        _fits(held.text)
        held.state, held.posted_at, held.posted_by = UpdateState.POSTED, now, by
        held.save()
        WeeklyUpdateVersion.objects.filter(update=held, number=held.version).update(posted=True)
        _note(held, UpdateWhat.POSTED, now, by)
        delivery = outbox.enqueue(
            topic=POST, scope=f"weekly:{held.meeting_date}", title=f"Weekly update of {held.meeting_date:%d %B}",
            payload={"channel": channel, "message": held.text, "root": ""}, at=now, by=by, path=path, purpose=PURPOSE,
            key=key_of(held.meeting_date, turn),
        )
    return held, delivery


def correct_update(*, update: WeeklyUpdate, text: str, seen: int, path: str, by: Person, now: datetime
                   ) -> tuple[WeeklyUpdate, Delivery | None]:
    """Give what was posted another text; its numbers and lists stay, and its earlier texts can be read.

    The post in the channel is edited; one that has not left yet is sent with the new text. Raises `Refused`.
    """
    text = _clean(text)
    with transaction.atomic():
        held = WeeklyUpdate.objects.select_for_update().get(id=update.id)
        post = post_of(held)
        if held.state != UpdateState.POSTED or post is None or post.state == State.DROPPED:
            raise Refused("This is not posted; edit the draft.")
        if text == held.text:
            return held, None
        _expect(held, seen)
        _fits(text)
        _write(held, text, by, now, posted=True)
        held.save()
        _note(held, UpdateWhat.CORRECTED, now, by)
        return held, _edit(held, post, path, by, now)


def post_of(update: WeeklyUpdate) -> Delivery | None:
    """The delivery of its post, the latest if one was taken back."""
    of_the_day = Delivery.objects.filter(topic=POST, key__startswith=key_of(update.meeting_date))
    return of_the_day.order_by("-id").first()


def settle_post(delivery: Delivery, at: datetime) -> None:
    """What became of an update's post: once it is in the channel nobody has to be reminded; one that was dropped is a
    draft again."""
    if delivery.topic != POST or delivery.state not in (State.SENT, State.DROPPED):
        return
    day = date.fromisoformat(delivery.scope.removeprefix("weekly:"))
    if delivery.state == State.SENT:
        cancel_timer(kind=REMIND, key=day.isoformat())
        return
    with transaction.atomic():
        held = WeeklyUpdate.objects.select_for_update().filter(meeting_date=day, state=UpdateState.POSTED).first()
        post = post_of(held) if held else None
        if held is None or post is None or post.state != State.DROPPED:
            return  # it was posted anew meanwhile
        dropped = post.events.filter(what=What.DROPPED).order_by("-id").first()
        held.state, held.posted_at, held.posted_by = UpdateState.DRAFT, None, None
        held.save(update_fields=["state", "posted_at", "posted_by"])
        held.versions.update(posted=False)
        _note(held, UpdateWhat.TAKEN_BACK, at, dropped.by if dropped else None)


def not_there(day: date) -> WeeklyUpdate | None:
    """The update of this day, if it is drafted and not in the channel: not posted, or its post has not arrived."""
    held = WeeklyUpdate.objects.filter(meeting_date=day).first()
    post = post_of(held) if held is not None and held.state == UpdateState.POSTED else None
    arrived = held is not None and held.state == UpdateState.POSTED and (post is None or post.state == State.SENT)
    return None if arrived else held


def reminded(update: WeeklyUpdate) -> set[int]:
    """Who was reminded of it: by their ids."""
    told = update.events.filter(what=UpdateWhat.REMINDED).values_list("to_value", flat=True)
    return {int(identity) for identity in told}


def note_reminded(*, update: WeeklyUpdate, person: Person, now: datetime) -> bool:
    """Note that somebody was reminded. False where that is noted already."""
    with transaction.atomic():
        WeeklyUpdate.objects.select_for_update().get(id=update.id)
        if person.pk in reminded(update):
            return False
        WeeklyUpdateEvent.objects.create(
            update=update, what=UpdateWhat.REMINDED, at=now, via="timer", to_value=str(person.pk)
        )
    return True


def _edit(update: WeeklyUpdate, post: Delivery, path: str, by: Person, now: datetime) -> Delivery:
    try:
        return outbox.amend(
            delivery=post, payload={**post.payload, "message": update.text}, by=by, at=now, words="with another text"
        )
    except outbox.NotOpen:
        return outbox.enqueue(
            topic=EDIT, scope=post.scope, title=f"Correction of the update of {update.meeting_date:%d %B}",
            payload={"of": post.key, "message": update.text}, at=now, by=by, path=path, purpose=PURPOSE,
            key=f"{post.key}-v{update.version}",
        )


def _draft(update: WeeklyUpdate) -> WeeklyUpdate:
    held = WeeklyUpdate.objects.select_for_update().get(id=update.id)
    if held.state != UpdateState.DRAFT:
        raise Refused("This is posted already: what is changed now is a correction of the post.")
    return held


def _expect(update: WeeklyUpdate, seen: int) -> None:
    if update.version != seen:
        raise Refused("Somebody saved another text meanwhile. Yours is still in the editor: compare, then save again.")


def _fits(text: str) -> None:
    if len(text) > LIMIT:
        raise Refused(f"The post has {len(text):,} characters; Mattermost takes {LIMIT:,}.")
    if not text.strip():
        raise Refused("There is no text to post.")


def _write(update: WeeklyUpdate, text: str, by: Person | None, now: datetime, *, posted: bool = False) -> None:
    update.text, update.saved_at, update.version = text, now, update.version + 1
    _keep_version(update, by, now, posted=posted)


def _keep_version(update: WeeklyUpdate, by: Person | None, now: datetime, *, posted: bool = False) -> None:
    WeeklyUpdateVersion.objects.create(
        update=update, number=update.version, text=update.text, by=by, at=now, posted=posted
    )


def _note(update: WeeklyUpdate, what: UpdateWhat, now: datetime, by: Person | None) -> None:
    WeeklyUpdateEvent.objects.create(
        update=update, what=what, at=now, by=by, via="page" if by else "timer", to_value=str(update.version)
    )


def _clean(text: str) -> str:
    """As it is kept: lines end in one way, and nothing stands in it that the database refuses."""
    return text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n").strip("\n")
