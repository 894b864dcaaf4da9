"""The lines of the page: people, teams, and the chart."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from zoneinfo import ZoneInfo

from django.db.models import Q

from cadence.queries import team_zone
from people.models import FeatureTeam, Person
from people.queries.pages import Mark, mark
from portal.common.drawing import Chart, grid, labels, line, top_of
from set_rotation.choices import PlaceRole, Seat
from set_rotation.models import Commitment, Member, Place
from set_rotation.queries.fairness.reading import Asked
from set_rotation.rules.fairness import BUCKETS, Fair, Owes, TeamFair, edges, team_fairness
from set_rotation.rules.timewords import day_words

BAR = 200  # the width of a bar's drawing
OWES = ("team_id", "engineers", "leads", "per", "starts_on", "ends_on")


@dataclass(frozen=True)
class Row:
    """Somebody's line. `bar`, `norm_at`: widths of a drawing; `trend`: bars of its four quarters, x and height."""

    mark: Mark
    team: str
    fair: Fair
    bar: int
    norm_at: int
    weeks: str
    seats: tuple[str, str, str]
    share: str
    against: str
    tone: str
    trend: tuple[tuple[int, int, int], ...]
    trend_words: str
    note: str
    me: bool

    @property
    def seat_words(self) -> str:
        """`primary 1.0, lead 3.7`, for where there is no room for columns."""
        named = zip(("primary", "backup", "lead"), self.seats, strict=True)
        return ", ".join(f"{name} {weeks}" for name, weeks in named if weeks != "–")


@dataclass(frozen=True)
class TeamRow:
    """A team's line."""

    name: str
    fair: TeamFair
    owed: str
    lent: str
    against: str
    tone: str


@dataclass(frozen=True)
class Column:
    """A head that sorts."""

    label: str
    field: str
    sorted: str
    num: bool = True


def row_of(fair: Fair, person: Person, *, most: float, top: int, note: str, reader: Person, team: str) -> Row:
    """Somebody's line; `most` points are a whole bar, `top` points of a quarter the highest of the trend."""
    over = fair.over
    against = "even" if not over else f"{abs(over)} {'over' if over > 0 else 'under'}"
    tone = "amber" if over > 0 else "blue" if over < 0 else ""
    heights = [round(14 * part / top) for part in fair.quarters]
    before, after = sum(fair.quarters[:2]), sum(fair.quarters[2:])
    turn = "more" if after > before * 1.1 else "less" if after < before * 0.9 else "as much"
    return Row(
        mark(person), team or (person.team.name if person.team else ""), fair, round(BAR * fair.load.points / most),
        round(BAR * fair.norm / most), f"{fair.load.weeks:.1f}", _seats(fair), f"{fair.share * 100:.0f} %", against,
        tone, tuple((number * 9, 16 - height, height) for number, height in enumerate(heights)),
        f"{turn} in the second half: {', '.join(map(str, fair.quarters))} points by quarter", note,
        person.pk == reader.pk,
    )


def _seats(fair: Fair) -> tuple[str, str, str]:
    primary, backup, lead = (f"{fair.weeks[seat]:.1f}" if fair.weeks[seat] else "–"
                             for seat in (Seat.PRIMARY, Seat.BACKUP, Seat.LEAD))
    return primary, backup, lead


def notes(members: Iterable[Member], fair: Iterable[Fair], asked: Asked) -> dict[int, str]:
    """What explains a line: joined or left in the span, stood in, on no roster."""
    found: dict[int, list[str]] = defaultdict(list)
    rows = list(members)
    for row in rows:
        if asked.first < row.joins_on < asked.until:
            found[row.person_id].append(f"joined in {row.joins_on:%B}, norm is shared out")
        if row.leaves_on and asked.first < row.leaves_on < asked.until:
            found[row.person_id].append(f"left in {row.leaves_on:%B}, norm is shared out")
    for one in fair:
        if one.stood_in >= 0.05:
            found[one.person].append(f"stood in for {one.stood_in:.1f} weeks")
        if rows and not one.days:
            found[one.person].append("not on the roster")
    return {person: "; ".join(words) for person, words in found.items()}


def team_of(members: Iterable[Member], person: int) -> str:
    """The feature team that lends somebody in the span; "" for none."""
    return next((row.team.name for row in members if row.person_id == person and row.team), "")


def columns(sort: str) -> tuple[Column, ...]:
    """The heads, with how the people stand now."""
    def column(label: str, field: str, *, num: bool = True) -> Column:
        up = "ascending" if sort == field else "descending" if sort == f"-{field}" else ""
        return Column(label, field, up, num)

    return (
        column("Person", "name", num=False), column("Load; the line is the norm", "load", num=False),
        column("Weeks", "weeks"), column("Primary", "primary"), column("Backup", "backup"), column("Lead", "lead"),
        column("Nights", "nights"), column("Weekend days", "weekends"), column("Holidays", "holidays"),
        column("Pages", "pages"), column("On call", "share"), column("Against the norm", "over", num=False),
        Column("Trend", "", "", False), Column("Note", "", "", False),
    )


def in_order(rows: list[Row], sort: str) -> list[Row]:
    """The people as the address asks for; where they are the same, by name."""
    field = sort.removeprefix("-")

    def key(row: Row) -> float:
        fair, load = row.fair, row.fair.load
        return {
            "load": load.points, "weeks": load.weeks, "primary": fair.weeks[Seat.PRIMARY],
            "backup": fair.weeks[Seat.BACKUP], "lead": fair.weeks[Seat.LEAD], "nights": load.nights,
            "weekends": load.weekend_days, "holidays": load.holidays, "pages": load.pages, "share": fair.share,
            "over": fair.load.points - fair.norm,
        }[field]

    by_name = sorted(rows, key=lambda row: (row.mark.name.casefold(), row.mark.id), reverse=sort == "-name")
    return by_name if field == "name" else sorted(by_name, key=key, reverse=sort.startswith("-"))


# ---- Teams ------------------------------------------------------------------------------


def teams(asked: Asked, start: datetime, end: datetime, members: Iterable[Member]) -> tuple[TeamRow, ...]:
    """What each team owed and lent, of rotations that began in the span. Three queries."""
    zone = ZoneInfo(team_zone())
    places = list(Place.objects.filter(rotation__starts_at__gte=start, rotation__starts_at__lt=end)
                  .values_list("rotation__starts_at", "person_id", "role"))
    begins = sorted({starts for starts, _, _ in places})
    commitments = Commitment.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=asked.first),
                                            starts_on__lt=asked.until)
    owes = [Owes(*row) for row in commitments.values_list(*OWES)]
    team_at: dict[int, list[Member]] = defaultdict(list)
    for row in members:
        team_at[row.person_id].append(row)
    lent = []
    for starts, person, role in places:
        day = starts.astimezone(zone).date()
        team = next((row.team_id for row in team_at.get(person or 0, ())
                     if row.joins_on <= day and (row.leaves_on is None or day < row.leaves_on)), None)
        if team is not None:
            lent.append((team, role == PlaceRole.LEAD))
    names = dict(FeatureTeam.objects.values_list("pk", "name"))
    found = team_fairness([at.astimezone(zone).date() for at in begins], owes, lent)
    return tuple(sorted((_team_row(one, names[one.team]) for one in found), key=lambda row: row.name.casefold()))


def _team_row(fair: TeamFair, name: str) -> TeamRow:
    more = fair.more
    return TeamRow(
        name, fair, f"{fair.owed_engineers:.1f} + {fair.owed_leads:.1f}", f"{fair.engineers} + {fair.leads}",
        "even" if not more else f"{abs(more)} {'more' if more > 0 else 'fewer'} than owed",
        "" if not more else "blue" if more > 0 else "amber",
    )


def spread(fair: list[Fair], start: datetime, end: datetime) -> Chart | None:
    """How far apart the most and the least loaded are as time goes on."""
    longest = max((one.days for one in fair), default=0)
    whole = [one for one in fair if one.days and one.days >= longest - 1]
    if len(whole) < 2 or not any(one.load.points for one in whole):
        return None
    zone = ZoneInfo(team_zone())
    texts = [day_words(at.astimezone(zone).date()) for at in edges(start, end)[1:]]
    running = [[sum(one.parts[:number]) for one in whole] for number in range(1, BUCKETS + 1)]
    ways = [[float(how(now)) for now in running] for how in (max, median, min)]
    top = top_of([value for column in ways for value in column])
    shown = (("most loaded", "amber", ways[0]), ("in the middle", "grey", ways[1]), ("least loaded", "blue", ways[2]))
    return Chart(
        id="spread", title="Load since the beginning of the span",
        desc="Points gathered by whoever has most, by the one in the middle and by whoever has least.",
        series=tuple(line(name, values, top, tone=tone, dashed=tone == "grey") for name, tone, values in shown),
        across=labels(texts), up=grid(top), heads=("until", *(name for name, _, _ in shown)),
        rows=tuple((text, *(f"{column[place]:g}" for column in ways)) for place, text in enumerate(texts)),
        csv_url="", note="Points, among those who were on the roster longest.",
    )
