"""Who has which part in an incident, and who else sees it. Handing a part over is a step that is written down."""

from datetime import datetime
from functools import partial

from django.core.cache import cache
from django.db import transaction

from incidents.actions.base import Refused, held, record
from incidents.actions.calling import end_own_page, end_page, reword_pages
from incidents.actions.news import topic_of
from incidents.actions.states import acknowledge
from incidents.choices import Role, State, What
from incidents.models import Incident, IncidentCustomer, IncidentRole, IncidentWatcher
from incidents.queries.addresses import path_of
from incidents.queries.open_ones import KEPT_AS
from incidents.queries.people import asks_brief
from incidents.queries.suggesting import may_have
from incidents.rules.hiding import keys_of
from incidents.rules.words import LONGEST_TEXT, clean_text
from people.models import Person
from portal.common import live
from set_rotation.actions.telling import tell
from set_rotation.choices import PageSource, PageState
from set_rotation.models import Page
from tickets.actions.priority import rename_source


@transaction.atomic
def hand_over(
    *, incident: Incident, role: Role, to: Person | None, brief: str = "", by: Person, at: datetime,
    seen: int | None = None,
) -> IncidentRole | None:
    """Give a part to somebody, or to nobody. `brief`: what whoever takes over has to know: command goes on with one
    from the moment somebody was on it, and whoever writes or talks to the customer is replaced with one from the first
    update on, unless whoever takes it over does so by themselves. Whoever gets it is told, unless they took it. `seen`:
    the row of whoever had it when the giver looked, 0 for nobody, None where nobody looked. Returns their row.

    Raises `Refused` where somebody else has it by now, for one that is over, for somebody who has left or may not have
    that part, for whoever has it, for a brief that is too long, and for an incident that nobody would lead. A deputy
    who takes command is deputy no more.
    """
    row, brief = held(incident), _whole(brief)
    _refuse_over(row)
    before = IncidentRole.objects.filter(incident=row, role=role, ends_at__isnull=True).select_related("person").first()
    _refuse_unseen(role, before, seen)
    _refuse(row, role, before, to, brief, at)
    if asks_brief(row, role, before) and not brief and (role == Role.COMMANDER or to not in (None, by)):
        raise Refused(BRIEF)
    if before is not None:
        before.ends_at = at
        before.save(update_fields=["ends_at"])
    record(What.ROLE, incident=row, at=at, by=by, text=brief, words=_words(role, before, to),
           from_value=before.person.name if before else "")
    if to is None:
        return None
    made = IncidentRole.objects.create(incident=row, role=role, person=to, starts_at=at, brief=brief, by=by)
    IncidentWatcher.objects.filter(incident=row, person=to, out_at__isnull=False).delete()
    if role == Role.COMMANDER:
        _no_longer_deputy(row, to, by, at)
    if to != by:
        tell_part(made, row, by=by, at=at)
    elif role == Role.COMMANDER:
        _on_it(row, by, at)
    return made


BRIEF = "Write a brief: where things stand, what comes next, what was promised."


def _refuse_unseen(role: Role, before: IncidentRole | None, seen: int | None) -> None:
    """Of two who hand over at once the second is shown the first: what they typed may be wrong by now."""
    if seen is not None and seen != (before.pk if before else 0):
        now = f"{before.person.name} has it by now" if before else "nobody has it any more"
        raise Refused(f"{role.label} was handed over meanwhile: {now}. Look, and send it again if it is still right.")


def _refuse(
    row: Incident, role: Role, before: IncidentRole | None, to: Person | None, brief: str, at: datetime
) -> None:
    if to is None and (before is None or role == Role.COMMANDER):
        raise Refused("Somebody has to lead it: hand command to somebody." if before else "Nobody has this part.")
    if to is not None and before is not None and before.person_id == to.pk:
        raise Refused(f"{to.name} has this part already.")
    if to is not None and role == Role.DEPUTY and _holds(row, Role.COMMANDER, to):
        raise Refused(f"{to.name} leads it: the deputy is somebody else.")
    if to is not None and not may_have(to, role, at):
        raise Refused(f"{to.name} may not take part in incidents: choose somebody else.")


def _whole(brief: str) -> str:
    """A brief as it was typed. What does not fit is refused and not cut: its end would be missed too late."""
    if len(brief) > LONGEST_TEXT:
        raise Refused(f"The brief is too long: {len(brief):,} characters of {LONGEST_TEXT:,}.")
    return clean_text(brief)


def _holds(row: Incident, role: Role, person: Person) -> bool:
    return IncidentRole.objects.filter(incident=row, role=role, person=person, ends_at__isnull=True).exists()


def _no_longer_deputy(row: Incident, person: Person, by: Person, at: datetime) -> None:
    """Whoever leads is not their own deputy: what nobody else has, somebody on duty is reminded of."""
    mine = IncidentRole.objects.filter(incident=row, role=Role.DEPUTY, person=person, ends_at__isnull=True)
    if mine.update(ends_at=at):
        record(What.ROLE, incident=row, at=at, by=by, from_value=person.name, words="Deputy: nobody any more")


def _words(role: Role, before: IncidentRole | None, to: Person | None) -> str:
    if to is None:
        return f"{role.label}: nobody any more"
    return f"{role.label}: {to.name}" + (f", after {before.person.name}" if before else "")


def _refuse_over(row: Incident) -> None:
    if row.state in (State.CLOSED, State.MERGED):
        raise Refused("It is over: open it again first.")


@transaction.atomic
def take_command(
    *, incident: Incident, brief: str = "", by: Person, at: datetime, seen: int | None = None
) -> Incident:
    """Whoever was named commander says that they are on it; anybody else takes command. What paged for it is answered.
    Raises `Refused` as `hand_over` does, and where they lead it already."""
    row = held(incident)
    if not _holds(row, Role.COMMANDER, by):
        hand_over(incident=row, role=Role.COMMANDER, to=by, brief=brief, by=by, at=at, seen=seen)
        return held(row)
    _refuse_over(row)
    if row.acknowledged_at is not None:
        raise Refused("You lead it already.")
    record(What.ROLE, incident=row, at=at, by=by, tone="green", words=f"{by.name} is on it")
    _on_it(row, by, at)
    return row


def _on_it(row: Incident, by: Person, at: datetime) -> None:
    """Somebody leads it: the clock to the acknowledgement stops, and nobody else is woken. The page that a drill was
    declared from rings on: it is about something that is so."""
    acknowledge(incident=row, at=at)
    (end_own_page if row.drill else end_page)(incident=row, by=by, at=at)


@transaction.atomic
def answer(*, incident: Incident, at: datetime) -> bool:
    """Its page was answered, or it is over. Whoever answered first leads it, where nobody was on it yet; the page is
    over. Returns whether there was something to do; the same again is nothing."""
    row = held(incident)
    page = Page.objects.filter(pk=row.page_id or 0).select_related("acknowledged_by").first()
    if page is None or (row.drill and page.source != PageSource.INCIDENT):
        return False  # a drill was declared from it: whoever answers it answers something that is so
    if page.resolved_at is not None and page.resolved_at < row.at:
        return False  # it was over before this was declared: whoever ended it knows nothing of this
    who, waits = page.acknowledged_by, row.acknowledged_at is None and row.state == State.OPEN
    if who is not None and waits and may_have(who, Role.COMMANDER, at):
        led = _holds(row, Role.COMMANDER, who)
        take_command(incident=row, by=who, at=max(page.acknowledged_at or at, row.at))
        if not led:  # they answered a page, and may not know of the incident that was declared from it
            tell_part(row.roles.get(role=Role.COMMANDER, ends_at=None), row, by=None, at=at)
        return True
    if page.state == PageState.ACKNOWLEDGED or row.state != State.OPEN:
        by = who or row.declared_by
        return by is not None and end_page(incident=row, by=by, at=at)
    return False


def tell_part(part: IncidentRole, row: Incident, *, by: Person | None, at: datetime) -> None:
    """Tell somebody which part they have now. In the caller's transaction."""
    role = Role(part.role)
    names = ", ".join(IncidentCustomer.objects.filter(incident=row).values_list("customer__name", flat=True))
    about = f"{row.get_severity_display()}, {names or 'our community server'}"
    lines = [f"{about}: {row.title}", f"Bridge: {row.bridge}" if row.bridge else "", part.brief]
    tell(part.person, key=f"incident-part-{part.pk}", subject=f"{row.called}: you are {role.label.lower()}",
         text="\n\n".join(filter(None, lines)), path=path_of(row.pk), at=at, by=by, purpose="incident")


# ---- Who sees it ----------------------------------------------------------------------


@transaction.atomic
def let_in(*, incident: Incident, person: Person, by: Person, at: datetime) -> bool:
    """Have somebody see a private incident, and be in the channel of any, without a part in it. Returns whether they
    did not before. Raises `Refused` for somebody who has left, or may see no incidents."""
    row = held(incident)
    if not may_have(person, Role.EXECUTIVE, at):
        raise Refused(f"{person.name} may not see incidents.")
    made = _watch(row, person, at)
    if made:
        word = "let in" if row.private else "added"
        line = record(What.WATCHER, incident=row, at=at, by=by, words=f"{person.name} was {word}")
        if person != by and line is not None:
            tell(person, key=f"incident-in-{line.pk}", subject=f"{row.called}: you were {word}",
                 text=row.title, path=path_of(row.pk), at=at, by=by, purpose="incident")
    return made


def _watch(row: Incident, person: Person, at: datetime) -> bool:
    """They see it from now on, if they were taken off too. Returns whether they did not by being let in."""
    there, made = IncidentWatcher.objects.get_or_create(incident=row, person=person, defaults={"at": at})
    if there.out_at is None:
        return made
    there.at, there.out_at = at, None
    there.save(update_fields=["at", "out_at"])
    return True


@transaction.atomic
def let_out(*, incident: Incident, person: Person, by: Person, at: datetime) -> bool:
    """They no longer see it, also by a part that they had, and leave the channel of a private one; whoever declared it
    or has a part does so all the same. Returns whether they were let in before, or had a part."""
    row = held(incident)
    parts = IncidentRole.objects.filter(incident=row, person=person)
    there = IncidentWatcher.objects.filter(incident=row, person=person)
    in_it, out = there.filter(out_at=None).exists(), there.filter(out_at__isnull=False).exists()
    if row.declared_by_id == person.pk or parts.filter(ends_at=None).exists():
        gone = there.filter(out_at=None).delete()[0] > 0
    else:
        gone = in_it or (parts.exists() and not out)
        if gone:
            IncidentWatcher.objects.update_or_create(incident=row, person=person, defaults={"out_at": at},
                                                     create_defaults={"at": at, "out_at": at})
    if gone:
        end_streams(row)
        record(What.WATCHER, incident=row, at=at, by=by, words=f"{person.name} was taken off those who see it")
    return gone


def end_streams(incident: Incident) -> None:
    """Fewer see it from now on: after the commit, and before anything more is told, the strip of each page forgets it,
    and every stream of its page ends. Whoever still sees it opens another by itself."""
    transaction.on_commit(partial(cache.delete, KEPT_AS), robust=True)
    transaction.on_commit(partial(live.publish, topic_of(incident.pk), live.OVER, ""), robust=True)


@transaction.atomic
def set_private(*, incident: Incident, private: bool, by: Person, at: datetime) -> bool:
    """Have only its people see it, or everybody. Whoever shuts the door stays inside. What was merged into it names it,
    and becomes private with it. Returns whether it changed. Raises `Refused` for one that was merged into another, of
    which as many see as see that one: each names the other."""
    row = held(incident)
    if row.private == private:
        return False
    if private and row.merged_into is not None and not row.merged_into.private:
        raise Refused(f"It was merged into {row.merged_into}, where everybody reads of it: make that one private.")
    if not private and row.merged_into is not None and row.merged_into.private:
        raise Refused("It was merged into another incident, which is private, and names it.")
    row.private = private
    row.save(update_fields=["private"])
    if private:
        end_streams(row)
        _watch(row, by, at)
    _call_otherwise(row, by=by, at=at)
    for one in Incident.objects.filter(merged_into=row, private=False) if private else ():
        set_private(incident=one, private=True, by=by, at=at)
    record(What.PRIVATE, incident=row, at=at, by=by,
           words="Private: only its people see it" if private else "Not private any more: everybody sees it")
    return True


def _call_otherwise(row: Incident, *, by: Person, at: datetime) -> None:
    """In other rooms, where more look than see it, it is called by nothing that says which it is, and back again."""
    reword_pages(incident=row, by=by, at=at, over=True)
    public, hidden = keys_of(row, row.submission)
    rename_source(source=public if row.private else hidden, to=hidden if row.private else public)
