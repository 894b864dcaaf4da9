"""The roster as its pages show it, and what a pasted sheet would do to it."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from people.models import FeatureTeam, Person
from set_rotation.models import Commitment, Member, Wish
from set_rotation.rules.roster import Line

DAY = timedelta(days=1)


@dataclass(frozen=True)
class TeamRow:
    """A team with how many of it are members today, and what it owes."""

    team: FeatureTeam
    members: int
    leads: int
    commitment: Commitment | None


@dataclass(frozen=True)
class RosterPage:
    """Members now and to come, those who have left, and the teams."""

    members: tuple[Member, ...]
    coming: int
    gone: tuple[Member, ...]
    teams: tuple[TeamRow, ...]
    leads: int
    skills: tuple[tuple[str, int], ...]


def roster_page(today: date) -> RosterPage:
    """The roster of a day. Four queries."""
    rows = list(Member.objects.select_related("person", "team").order_by("person__name", "joins_on"))
    here = [row for row in rows if row.leaves_on is None or row.leaves_on > today]
    now = [row for row in here if row.joins_on <= today]
    owed = {row.team_id: row for row in Commitment.objects.filter(starts_on__lte=today).exclude(ends_on__lte=today)}
    by_team: dict[int | None, list[Member]] = defaultdict(list)
    for row in here:
        by_team[row.team_id].append(row)
    teams = tuple(
        TeamRow(team, len(by_team[team.pk]), sum(row.leads for row in by_team[team.pk]), owed.get(team.pk))
        for team in FeatureTeam.objects.order_by("name") if by_team[team.pk] or team.pk in owed
    )
    skills = Counter(skill for row in here for skill in row.skills)
    return RosterPage(
        tuple(here), len(here) - len(now), tuple(row for row in rows if row not in here), teams,
        sum(row.leads for row in here), tuple(sorted(skills.items())),
    )


def last_day(row: Member) -> date | None:
    """The last day on which somebody is a member, as people say it."""
    return row.leaves_on - DAY if row.leaves_on else None


@dataclass(frozen=True)
class Coming:
    """What a line of a pasted sheet would do: `person` None is somebody new, `member` the membership it changes."""

    line: Line
    person: Person | None
    member: Member | None
    does: str
    new_team: bool


def preview(lines: Sequence[Line]) -> list[Coming]:
    """What a pasted sheet would do, line by line; what cannot be done has the reason among its line's errors.

    Three queries, however many lines.
    """
    emails = [line.email for line in lines if line.email]
    names = [line.name for line in lines if not line.email]
    by_email = {one.email.lower(): one for one in Person.objects.filter(email__in=emails)}
    by_name: dict[str, list[Person]] = defaultdict(list)
    for one in Person.objects.filter(name__in=names):
        by_name[one.name].append(one)
    teams = {name.lower() for name in FeatureTeam.objects.values_list("name", flat=True)}
    people = [*by_email.values(), *(one for found in by_name.values() for one in found)]
    members: dict[int, list[Member]] = defaultdict(list)
    for row in Member.objects.filter(person__in=people).select_related("team").order_by("joins_on"):
        members[row.person_id].append(row)
    return [_coming(line, by_email, by_name, members, teams) for line in lines]


def _coming(
    line: Line, by_email: dict[str, Person], by_name: dict[str, list[Person]], members: dict[int, list[Member]],
    teams: set[str],
) -> Coming:
    person = by_email.get(line.email) if line.email else None
    if not line.email and line.name:
        found = by_name[line.name]
        person = found[0] if len(found) == 1 else None
        if person is None:
            several = "Several people have this name: add the e-mail address."
            line = _wrong(line, several if found else "Nobody of this name is known: add the e-mail address.")
    if person is not None and not person.is_active:
        line = _wrong(line, f"{person.name} was switched off: bring them back on the page of people first.")
    member = _touching(line, members[person.pk]) if person else None
    new_team = bool(line.team) and line.team.lower() not in teams
    return Coming(line, person, member, _does(line, person, member), new_team)


def _touching(line: Line, rows: Sequence[Member]) -> Member | None:
    joins = line.joins_on or date.min
    return next((row for row in rows if (row.leaves_on is None or row.leaves_on >= joins)
                 and (line.leaves_on is None or row.joins_on < line.leaves_on)), None)


def _does(line: Line, person: Person | None, member: Member | None) -> str:
    if line.errors:
        return "wrong"
    if member is None:
        return "joins" if person else "new"
    same = (
        (member.team.name.lower() if member.team else "") == line.team.lower() and tuple(member.skills) == line.skills
        and (member.leads, member.engineers) == (line.leads, line.engineers)
        and member.leaves_on == line.leaves_on
    )
    return "same" if same else "changes"


def _wrong(line: Line, error: str) -> Line:
    return replace(line, errors=(*line.errors, error))


def wishes(person: Person | None, today: date) -> list[Wish]:
    """Wishes that are not over, of somebody or (None) of everybody. One query."""
    rows = Wish.objects.filter(ends_on__gt=today).select_related("person", "by")
    return list(rows.filter(person=person) if person else rows)
