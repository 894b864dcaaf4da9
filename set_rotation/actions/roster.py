"""The roster: who joins and leaves, what teams owe, and what people wish."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from people import actions as people
from people.models import FeatureTeam, Person
from set_rotation.actions.base import Refused, record
from set_rotation.choices import What, WishKind
from set_rotation.models import Commitment, Member, Wish
from set_rotation.queries.roster import Coming

FIELDS = ("team_id", "skills", "engineers", "leads", "joins_on", "leaves_on", "note")
TWICE = "{name} would be a member twice at the same time."


@transaction.atomic
def add_member(
    *, person: Person, team: FeatureTeam | None, skills: Sequence[str], leads: bool, engineers: bool, joins_on: date,
    leaves_on: date | None, by: Person | None, at: datetime, note: str = "",
) -> Member:
    """Put somebody on the roster from a day on; `leaves_on` is the first day they are gone. Raises `Refused`."""
    made = Member(person=person, team=team, skills=list(skills), leads=leads, engineers=engineers, joins_on=joins_on,
                  leaves_on=leaves_on, note=note)
    _save(made)
    record(What.MEMBER_ADDED, at=at, by=by, person=person, to_value=_words(made))
    return made


@transaction.atomic
def change_member(*, member: Member, changes: Mapping[str, Any], by: Person | None, at: datetime) -> Member:
    """Change team, skills, roles or days of a membership. Duty that is planned already stays. Raises `Refused`."""
    stored = Member.objects.select_for_update().prefetch_related("person", "team").get(pk=member.pk)
    before = _words(stored)
    for name, value in changes.items():
        setattr(stored, name, value)
    _save(stored)
    ended = stored.leaves_on is not None and "leaves_on" in changes and len(changes) == 1
    if before != _words(stored):
        record(What.MEMBER_LEFT if ended else What.MEMBER_CHANGED, at=at, by=by, person=stored.person,
               from_value=before, to_value=_words(stored))
    return stored


def _save(row: Member) -> None:
    if row.leaves_on is not None and row.leaves_on <= row.joins_on:
        raise Refused("The last day is before the first one.")
    if not row.leads and not row.engineers:
        raise Refused("A member serves as an engineer, as a lead, or as both.")
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Refused(TWICE.format(name=row.person.name)) from error


def was(member: Member) -> dict[str, Any]:
    """A membership as it is now, for Undo."""
    values = {name: getattr(member, name) for name in FIELDS}
    return {"pk": member.pk, **{name: value.isoformat() if isinstance(value, date) else value
                                for name, value in values.items()}}


@transaction.atomic
def undo_roster(*, made: Sequence[int], were: Sequence[Mapping[str, Any]], by: Person, at: datetime) -> int:
    """Take back what was just done: those who were added leave again, those who were changed are as before.

    People who were added to the portal stay there, without access. Returns how many memberships; raises `Refused`.
    """
    gone = Member.objects.filter(pk__in=made).select_related("person", "team")
    for row in gone:
        record(What.MEMBER_LEFT, at=at, by=by, person=row.person, from_value=_words(row))
    count = gone.count()
    gone.delete()
    for before in were:
        stored = Member.objects.filter(pk=before["pk"]).select_related("person").first()
        if stored is None:
            continue
        days = {name: date.fromisoformat(before[name]) if before[name] else None for name in ("joins_on", "leaves_on")}
        change_member(member=stored, changes={**{name: before[name] for name in FIELDS}, **days}, by=by, at=at)
        count += 1
    return count


@dataclass(frozen=True)
class Imported:
    """What a pasted sheet did: memberships made, those changed as they were before, people and teams added."""

    made: tuple[int, ...]
    were: tuple[dict[str, Any], ...]
    people: int
    teams: int


@transaction.atomic
def import_roster(*, rows: Sequence[Coming], by: Person, at: datetime) -> Imported:
    """Do what a preview says, all of it or nothing. Who is not in the portal yet is added without access; a team that
    is missing is made. Raises `Refused` with the line where something stands against it.
    """
    made, were, new_people = list[int](), list[dict[str, Any]](), 0
    teams = {team.name.lower(): team for team in FeatureTeam.objects.all()}
    known = len(teams)
    for row in rows:
        line = row.line
        try:
            if line.errors:
                raise Refused(line.errors[0])
            team = _team(line.team, teams, by, at)
            person = row.person
            if person is None:
                person = people.create_person(email=line.email, name=line.name, roles=(), at=at, by=by, team=team)
                new_people += 1
            values: dict[str, Any] = {
                "team": team, "skills": list(line.skills), "leads": line.leads, "engineers": line.engineers,
                "leaves_on": line.leaves_on,
            }
            if row.member is None:
                joins = line.joins_on or at.date()
                made.append(add_member(person=person, joins_on=joins, by=by, at=at, **values).pk)
            elif row.does == "changes":
                were.append(was(row.member))
                change_member(member=row.member, changes=values, by=by, at=at)
        except (Refused, people.Refused) as error:
            raise Refused(f"Line {line.number}: {error}") from error
    return Imported(tuple(made), tuple(were), new_people, len(teams) - known)


def _team(name: str, teams: dict[str, FeatureTeam], by: Person, at: datetime) -> FeatureTeam | None:
    if not name:
        return None
    if name.lower() not in teams:
        teams[name.lower()] = people.save_team(team=None, changes={"name": name}, by=by, at=at)
    return teams[name.lower()]


@transaction.atomic
def set_commitment(
    *, team: FeatureTeam, engineers: int, leads: int, per: int, today: date, by: Person, at: datetime,
) -> bool:
    """What a team owes in every `per` rotations from today on; nothing ends what it owed. Whether it changed."""
    held = Commitment.objects.select_for_update().filter(team=team, starts_on__lte=today).exclude(ends_on__lte=today)
    now = held.first()
    if (now is None and not engineers and not leads) or (
        now is not None and (now.engineers, now.leads, now.per) == (engineers, leads, per)
    ):
        return False
    before = _owed(now)
    if now is not None and now.starts_on == today:
        now.delete()
    elif now is not None:
        now.ends_on = today
        now.save(update_fields=["ends_on"])
    Commitment.objects.filter(team=team, starts_on__gte=today).delete()
    made = None
    if engineers or leads:
        made = Commitment.objects.create(team=team, engineers=engineers, leads=leads, per=per, starts_on=today)
    record(What.COMMITMENT_CHANGED, at=at, by=by, from_value=before and f"{team}: {before}",
           to_value=f"{team}: {_owed(made) or 'nothing'}")
    return True


@transaction.atomic
def set_commitments(
    *, owed: Mapping[FeatureTeam, Mapping[str, int]], today: date, by: Person, at: datetime
) -> list[FeatureTeam]:
    """What several teams owe from today on (`engineers`, `leads`, `per` of each), all or none. Those that changed."""
    # One at a time: two who save the same team at once would both find nothing to end.
    list(FeatureTeam.objects.select_for_update().filter(pk__in=[team.pk for team in owed]).order_by("pk"))
    return [team for team, values in owed.items()
            if set_commitment(team=team, engineers=values["engineers"], leads=values["leads"], per=values["per"],
                              today=today, by=by, at=at)]


def make_wish(
    *, person: Person, kind: WishKind, starts_on: date, ends_on: date, by: Person, at: datetime, note: str = ""
) -> Wish:
    """Note a wish for the days `[starts_on, ends_on)`. Raises `Refused` for one that ends before it starts."""
    if ends_on <= starts_on:
        raise Refused("The last day is before the first one.")
    return Wish.objects.create(person=person, kind=kind, starts_on=starts_on, ends_on=ends_on, note=note, by=by,
                               made_at=at)


def _words(row: Member) -> str:
    until = f" to {row.leaves_on:%d %b %Y}" if row.leaves_on else ""
    roles = " and ".join(filter(None, ["engineer" if row.engineers else "", "lead" if row.leads else ""]))
    team = row.team.name if row.team else "no team"
    skills = f", {', '.join(row.skills)}" if row.skills else ""
    return f"{team}, {roles}{skills}, from {row.joins_on:%d %b %Y}{until}"


def _owed(row: Commitment | None) -> str:
    return f"{row.engineers} engineers and {row.leads} leads in every {row.per}" if row else ""
