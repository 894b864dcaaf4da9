"""The demo's rota: half a year that was and is to come, made by the verbs that a real one is made by."""

from collections import Counter
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction

from people.choices import Role
from people.models import FeatureTeam, Person
from people.rules import DEMO_DOMAIN
from set_rotation.actions.base import Refused
from set_rotation.actions.contacts import plain_method
from set_rotation.actions.cycle import tick_item
from set_rotation.actions.overrides import make_override
from set_rotation.actions.paging import acknowledge, raise_page, resolve
from set_rotation.actions.rotations import NewRotation, make_rotations
from set_rotation.choices import ContactKind, CyclePhase, PageSource, Seat, Urgency
from set_rotation.models import Away, ChecklistItem, Commitment, ContactMethod, Duty, Member, Rotation
from set_rotation.queries import begins, holder, schedule

PAST, AHEAD = 6, 6  # rotations before and after the present one
WEEK = timedelta(weeks=1)
# Who leads now comes first: the demo's lead signs in and finds that it is them.
LEADS = ("ines.okafor", "anouk.vermeiren", "tariq.benhaddou", "juno.whitfield", "kwabena.adjei")
# How many days ago the primary was paged, the minutes until they answered, and why.
NIGHTS = (
    (33, 4, "Community server: messages fail to post"), (19, 2, "Push proxy: error rate above 5 %"),
    (5, 7, "Community server: database connections used up"),
)
SKILLS = {"Mobile": "mobile", "Enterprise": "ldap", "Server Platform": "database", "Channels": "webapp",
          "Integrations": "plugins"}


@transaction.atomic
def load_demo_rotations(*, at: datetime) -> int:
    """Load the demo's roster and thirteen rotations around `at`. Returns how many; 0 where there are some already.

    Raises `Refused` where the demo is off.
    """
    if not settings.ENV.demo:
        raise Refused("The demo is off here.")
    if Rotation.objects.exists():
        return 0
    when = begins(schedule())
    monday = when.on_or_after(when.day_of(at) - timedelta(days=6)) - WEEK  # in its second week
    people = _roster(monday - PAST * 2 * WEEK)
    made = _rotations(people, monday, at)
    _exceptions(made, people, at)
    _cycle(made, at)
    _pages(made, at)
    return len(made)


def _roster(first: date) -> list[Person]:
    served = Person.objects.filter(email__endswith=f"@{DEMO_DOMAIN}", team__name__in=SKILLS)
    served = served.filter(groups__name__in=[Role.LEAD.value, Role.ENGINEER.value])
    people = list(served.select_related("team").distinct().order_by("pk"))
    for person in people:
        name = person.team.name if person.team else ""
        Member.objects.get_or_create(person=person, defaults={
            "team": person.team, "skills": [SKILLS[name]], "joins_on": first,
            "leads": person.email.partition("@")[0] in LEADS,
        })
    for team in FeatureTeam.objects.filter(name__in=SKILLS):
        Commitment.objects.get_or_create(
            team=team, defaults={"engineers": 4, "leads": 1, "per": 5, "starts_on": first}
        )
    return people


def _rotations(people: list[Person], monday: date, at: datetime) -> list[Rotation]:
    """Whoever served least comes next, nobody twice in a row; the last two are not planned in full yet."""
    by_name = {person.email.partition("@")[0]: person for person in people}
    leads = [by_name[name] for name in LEADS if name in by_name]
    served: Counter[int] = Counter()
    before: set[int] = set()
    row, made = schedule(), list[Rotation]()
    when = begins(row)
    for number in range(-PAST, AHEAD + 1):
        lead = leads[number % len(leads)]
        following = leads[(number + 1) % len(leads)]  # rests now, to lead then
        free = [each for each in people if each.pk not in before and each not in (lead, following)]
        crew = sorted(free, key=lambda each: (served[each.pk], each.pk))[:4]
        places = {0: lead, **dict(enumerate(crew, 1))}
        if number == AHEAD:
            del places[4]
        first = monday + number * 2 * WEEK
        asked = min(when.moment(first) - 2 * WEEK, at)
        made += make_rotations(asked=[NewRotation(first, places)], pattern=row.pattern, by=None, at=asked,
                               tells=False).rotations
        before = {each.pk for each in places.values()}
        served.update(before)
    return made


def _exceptions(made: list[Rotation], people: list[Person], at: datetime) -> None:
    """A dentist's morning that somebody took over, and a week of leave that nobody has seen to yet."""
    past = Duty.objects.held().filter(rotation=made[PAST - 1], seat=Seat.PRIMARY).order_by("starts_at").first()
    ahead = Duty.objects.held().filter(rotation=made[PAST + 2], seat=Seat.BACKUP).order_by("starts_at").first()
    if past is None or ahead is None:
        return
    busy = set(Duty.objects.held().overlapping(past.starts_at, past.ends_at).values_list("person_id", flat=True))
    stand_in = next(person for person in people if person.pk not in busy)
    begin = past.starts_at + timedelta(days=2)
    make_override(seat=Seat.PRIMARY, person=stand_in, starts_at=begin, ends_at=begin + timedelta(hours=3), by=None,
                  at=begin, reason="dentist", tells=False)
    Away.objects.create(
        person=ahead.person, starts_at=ahead.starts_at + timedelta(days=1), ends_at=ahead.starts_at + timedelta(days=5),
        note="walking holiday", made_at=at,
    )


def _cycle(made: list[Rotation], at: datetime) -> None:
    """The last two rotations did all that their checklist asks; of the next one some have begun with theirs."""
    items = list(ChecklistItem.objects.filter(retired=False).exclude(phase=CyclePhase.HAND_OVER))
    for rotation in made[PAST - 1:PAST + 1]:
        crew, lead = _crew(rotation)
        for item in items:
            done_at = rotation.starts_at - timedelta(days=3) if item.each else rotation.starts_at + timedelta(hours=2)
            for person in crew if item.each else [None]:
                tick_item(item=item, rotation=rotation, person=person, by=person or lead, at=done_at)
    following, _ = _crew(made[PAST + 1])
    for item in items:
        for person in following[:3] if item.each else []:
            tick_item(item=item, rotation=made[PAST + 1], person=person, by=person, at=at - timedelta(days=1))


def _pages(made: list[Rotation], at: datetime) -> None:
    """Three nights of the past weeks, and the test pages of those who serve and of most who serve next."""
    ready = [*_crew(made[PAST])[0], *_crew(made[PAST + 1])[0][:3]]
    for person in ready:
        sent_at = at - timedelta(days=20)
        page, _ = raise_page(key=f"demo-test-{person.pk}", urgency=Urgency.URGENT, reason="Test page", only_to=person,
                             source=PageSource.TEST, by=person, test=True, at=sent_at)
        acknowledge(page=page, by=person, at=sent_at + timedelta(minutes=1))
        for kind in (ContactKind.MATTERMOST, ContactKind.MAIL):
            method = plain_method(person=person, kind=kind, at=sent_at)
            ContactMethod.objects.filter(pk=method.pk).update(verified_at=sent_at + timedelta(minutes=1))
    for days, minutes, reason in NIGHTS:
        paged_at = at - timedelta(days=days)
        primary = holder(Seat.PRIMARY, paged_at)
        if primary is None:
            continue
        page, _ = raise_page(key=f"demo-{days}", urgency=Urgency.URGENT, reason=reason, source=PageSource.MAIL,
                             from_whom="monitoring@example.test", at=paged_at)
        acknowledge(page=page, by=primary, at=paged_at + timedelta(minutes=minutes))
        resolve(page=page, by=primary, at=paged_at + timedelta(minutes=minutes + 50))


def _crew(rotation: Rotation) -> tuple[list[Person], Person]:
    """Everybody of a rotation in the order of their places, and its lead."""
    people = [place.person for place in rotation.places.select_related("person").order_by("number") if place.person]
    return people, people[0]
