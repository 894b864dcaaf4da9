"""What was said in an incident's channel and marked with the chosen emoji stands on the timeline."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from incidents.actions.base import held, record
from incidents.choices import LIVE, What
from incidents.models import Incident, IncidentEvent
from incidents.rules.words import clean_line, clean_text
from people.models import Person
from portal.common.set_back import BACK

EVERY = timedelta(seconds=10)
AGAIN = timedelta(seconds=30)  # after Mattermost was away, or said no


@dataclass(frozen=True)
class Marked:
    """A post that somebody marked. `username` and `name`: of whoever wrote it, in Mattermost."""

    id: str
    at: datetime
    username: str
    name: str
    message: str
    url: str


def claim_chats(*, at: datetime, limit: int = 50) -> list[Incident]:
    """The incidents whose channel is to be read now, the longest waiting first; each is this caller's for a while."""
    now = Q(chat_look_at__lte=at) | Q(chat_look_at__gt=at + BACK)
    due = Incident.objects.filter(now, state__in=LIVE).exclude(channel_id="")
    found = []
    for row in due.order_by("chat_look_at")[:limit]:
        mine = Incident.objects.filter(pk=row.pk, chat_look_at=row.chat_look_at).update(chat_look_at=at + EVERY)
        found += [row] if mine else []
    return found


def look_again(*, incident: Incident, at: datetime) -> None:
    """It could not be read: a while later."""
    Incident.objects.filter(pk=incident.pk, chat_look_at__isnull=False).update(chat_look_at=at + AGAIN)


def not_told(incident: Incident, ids: Collection[str]) -> set[str]:
    """Those of these posts that the timeline does not have yet. One query, none where there are none."""
    sources = {f"post:{one}": one for one in ids}
    rows = IncidentEvent.objects.filter(incident=incident, source__in=sources) if ids else IncidentEvent.objects.none()
    there = set(rows.values_list("source", flat=True))
    return {one for source, one in sources.items() if source not in there}


@transaction.atomic
def take_marked(*, incident: Incident, posts: Sequence[Marked], seen: datetime | None, at: datetime) -> int:
    """Write marked posts into the timeline, at the time at which they were said; each once. `seen`: up to when the
    channel was read, by Mattermost's clock. Returns how many are new."""
    if seen is not None:
        Incident.objects.filter(Q(chat_seen_at__isnull=True) | Q(chat_seen_at__lt=seen), pk=incident.pk).update(
            chat_seen_at=seen)
    if not posts:
        return 0
    row, people = held(incident), _people(posts)
    made = 0
    for post in posts:
        words = clean_line(post.message.strip().partition("\n")[0] or "(a file)")
        person = people.get(post.username.lower())
        event = record(
            What.CHAT, incident=row, at=min(post.at, at), written_at=at, by=person, url=post.url,
            by_name="" if person else (post.name or f"@{post.username}"), words=words,
            text=clean_text(post.message) if post.message.strip() != words else "", source=f"post:{post.id}",
        )
        made += event is not None
    return made


def _people(posts: Sequence[Marked]) -> dict[str, Person]:
    names = {post.username.lower() for post in posts if post.username}
    rows = Person.objects.filter(mattermost_name__in=names)
    return {person.mattermost_name.lower(): person for person in rows}
