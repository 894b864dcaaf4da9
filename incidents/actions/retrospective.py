"""The retrospective: written, held, drafted; the customer's edition reviewed by a second person, and sent."""

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from cadence.queries.facts import holidays, team_day
from cadence.rules.days import next_business_day
from incidents.actions.after import DEADLINE, morning, tick_step
from incidents.actions.base import Refused, held, record
from incidents.choices import Cause, RetroState, State, What
from incidents.models import Incident, Retrospective
from incidents.rules.words import LONGEST_TEXT, clean_text
from people.models import Person
from portal.common.timers import set_timer

TEXTS = ("summary", "issue", "improve", "change", "root_cause")
NAMES = {"summary": "the summary", "issue": "what was the issue", "improve": "what might improve", "change":
         "what changes", "root_cause": "the root cause", "customer_text": "the customer's edition"}
OPEN_LONG = "It is open: a retrospective is written once it is resolved."


class Meanwhile(Refused):
    """Somebody else changed the retrospective since the writer looked. `row` is how it stands now."""

    def __init__(self, row: Retrospective) -> None:
        super().__init__("Somebody changed it meanwhile. What they wrote stands below; what you typed is kept: look, "
                         "and save yours again if it is still right.")
        self.row = row


def locked(incident: Incident) -> tuple[Incident, Retrospective]:
    """The incident and its retrospective, both held. Raises `Refused` where there is none yet."""
    row = held(incident)
    found = Retrospective.objects.select_for_update().filter(incident=row).first()
    if found is None or row.state in (State.OPEN, State.MERGED):
        raise Refused(OPEN_LONG)
    return row, found


@transaction.atomic
def save_texts(
    *, incident: Incident, texts: Mapping[str, str], cause: str, seen: int, by: Person, at: datetime
) -> Retrospective:
    """Keep what was written for us: summary, the three questions, the root cause; and the cause, for the figures.

    `seen`: the version that the writer began with. Raises `Meanwhile` where there is a newer one, `Refused` for a text
    of more than 16,000 characters.
    """
    row, retro = locked(incident)
    if retro.version != seen:
        raise Meanwhile(retro)
    changed = _take(retro, {name: texts.get(name, "") for name in TEXTS})
    if cause in {"", *Cause.values} and cause != row.cause:
        row.cause = cause
        row.save(update_fields=["cause"])
        changed.append("the cause")
    if changed:
        _kept(row, retro, f"Wrote {_listed(changed)}", by, at)
    return retro


@transaction.atomic
def save_customer_text(*, incident: Incident, text: str, seen: int, by: Person, at: datetime) -> Retrospective:
    """Keep the customer's edition. One that was reviewed, or sent, is to be read by a second person again; one that was
    sent is to be with the customer by the next business day, and people are reminded of that. Raises as `save_texts`.
    """
    row, retro = locked(incident)
    if retro.version != seen:
        raise Meanwhile(retro)
    if _take(retro, {"customer_text": text}):
        if retro.state == RetroState.SENT:
            retro.send_by = max(retro.send_by, next_business_day(team_day(at), holidays()))
            set_timer(kind=DEADLINE, key=str(row.pk), due_at=morning(retro.send_by))
        if retro.state in (RetroState.REVIEWED, RetroState.SENT):
            retro.state = RetroState.DRAFTED
        retro.reviewed_by, retro.reviewed_at, retro.edited_by = None, None, by
        _kept(row, retro, "Wrote the customer's edition", by, at)
    return retro


def _take(retro: Retrospective, texts: Mapping[str, str]) -> list[str]:
    changed = []
    for name, given in texts.items():
        if len(given) > LONGEST_TEXT:
            raise Refused(f"{NAMES[name].capitalize()} is too long: {len(given):,} characters of {LONGEST_TEXT:,}.")
        text = clean_text(given)
        if text != getattr(retro, name):
            setattr(retro, name, text)
            changed.append(NAMES[name])
    return changed


def _kept(row: Incident, retro: Retrospective, words: str, by: Person, at: datetime) -> None:
    retro.version += 1
    retro.save()
    record(What.RETRO, incident=row, at=at, by=by, words=words)


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


@transaction.atomic
def hold_retro(*, incident: Incident, on: date, by: Person, at: datetime) -> None:
    """It was held on this day, as the team or whoever says so counts days. Raises `Refused` for a day that lies ahead
    or before the incident."""
    row, retro = locked(incident)
    if on > max(_days(at, by)) or on < min(_days(row.began_at, by)):
        raise Refused("Choose the day on which it was held: not one ahead, and none before the incident.")
    retro.held_on = on
    if retro.state == RetroState.WAITING:
        retro.state = RetroState.HELD
    _kept(row, retro, f"The retrospective was held on {on:%a %-d %b}", by, at)
    tick_step(row=row, key="held", by=by, at=at)


def _days(at: datetime, by: Person) -> tuple[date, date]:
    """Which day it is for the team, and for somebody elsewhere."""
    return team_day(at), at.astimezone(ZoneInfo(by.zone)).date()


@transaction.atomic
def draft_retro(*, incident: Incident, by: Person, at: datetime) -> None:
    """The summary is drafted: the customer's edition is next. Raises `Refused` while the summary or the root cause is
    empty, or before it was held."""
    row, retro = locked(incident)
    if retro.state == RetroState.WAITING:
        raise Refused("Say first when the retrospective was held.")
    lacking = [NAMES[name] for name in ("summary", "root_cause") if not getattr(retro, name)]
    if lacking:
        raise Refused(f"Write and save {_listed(lacking)} first.")
    if retro.state == RetroState.HELD:
        retro.state, retro.drafted_at = RetroState.DRAFTED, at
        _kept(row, retro, "The summary analysis is drafted", by, at)
        tick_step(row=row, key="analysis", by=by, at=at)


@transaction.atomic
def review_customer_text(*, incident: Incident, fine: bool, why: str, seen: int, by: Person, at: datetime) -> None:
    """A second person has read the customer's edition: it may leave, or it goes back with a reason. Raises `Refused`
    for whoever wrote it, without a text, and without a reason to send it back; `Meanwhile` for another version."""
    row, retro = locked(incident)
    if retro.version != seen:
        raise Meanwhile(retro)
    if retro.state not in (RetroState.DRAFTED, RetroState.REVIEWED) or not retro.customer_text:
        raise Refused("There is no customer's edition to review: draft the summary, then write it.")
    if retro.edited_by_id == by.pk:
        raise Refused("You wrote it last: somebody else has to read it before it leaves.")
    why = clean_text(why, 300)
    if not fine and not why:
        raise Refused("Say what is to be changed.")
    retro.state = RetroState.REVIEWED if fine else RetroState.DRAFTED
    retro.reviewed_by, retro.reviewed_at = (by, at) if fine else (None, None)
    words = "Reviewed the customer's edition" if fine else "Sent the customer's edition back"
    retro.version += 1
    retro.save()
    record(What.RETRO, incident=row, at=at, by=by, words=words, text=why, tone="green" if fine else "amber")


def note_sent(*, row: Incident, retro: Retrospective, to: str, by: Person, at: datetime) -> None:
    """It is on its way to the customer; both rows are held. In the caller's transaction."""
    retro.state, retro.sent_at, retro.sent_by = RetroState.SENT, at, by
    retro.version += 1
    retro.save()
    record(What.RETRO_SENT, incident=row, at=at, by=by, tone="green", words=f"Sent the retrospective to {to}")
    tick_step(row=row, key="sent", by=by, at=at)


def refuse_to_send(row: Incident, retro: Retrospective) -> None:
    """Raises `Refused` for what may not leave: a drill's, one that nobody reviewed, one that was sent as it is."""
    if row.drill:
        raise Refused("This is a drill: nothing of it reaches a customer.")
    if retro.state == RetroState.SENT:
        raise Refused("It was sent already. Change it, have it reviewed, and send the new one.")
    if retro.state != RetroState.REVIEWED:
        raise Refused("A second person has to review it before it leaves.")


@transaction.atomic
def close(*, incident: Incident, cause: str, why: str, by: Person, at: datetime) -> None:
    """Nothing is left to do: it fills the next Monday's review. Raises `Refused` without a cause, and, unless `why`
    says why it is closed all the same, while it is not confirmed or its retrospective is not sent (a drill's and the
    community server's: drafted)."""
    row, retro = locked(incident)
    if row.state == State.CLOSED:
        raise Refused("It is closed already.")
    if cause not in Cause.values:
        raise Refused("Choose what the cause was: the figures count by it.")
    lacking, why = what_lacks(row, retro), clean_text(why, 300)
    if lacking and not why:
        raise Refused(f"{' '.join(lacking)} Say why it is closed all the same.")
    row.cause, row.state, row.closed_at = cause, State.CLOSED, at
    row.save(update_fields=["cause", "state", "closed_at"])
    record(What.CLOSED, incident=row, at=at, by=by, text=why, words=f"Closed: {Cause(cause).label.lower()}")


def what_lacks(row: Incident, retro: Retrospective) -> list[str]:
    """What is still to be done before it is closed, a sentence each."""
    inside = row.drill or not row.customers.exists()
    ready = (RetroState.DRAFTED, RetroState.REVIEWED, RetroState.SENT) if inside else (RetroState.SENT,)
    return [
        *([] if row.confirmed_at else ["Nobody has confirmed yet that it is well."]),
        *([] if retro.state in ready else [
            "The summary is not drafted yet." if inside else "The customer has not got the retrospective yet."]),
    ]
