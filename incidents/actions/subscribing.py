"""Following a private page by mail: asked for, confirmed, left; and the letters. Nothing but the question leaves before
somebody has confirmed it."""

import secrets
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.crypto import salted_hmac

from incidents.actions.base import Refused, held, record
from incidents.choices import What
from incidents.models import IncidentCustomer, StatusLink, Subscriber, UpdateVersion
from incidents.queries.merged import merged_with
from incidents.queries.naming import names_in
from incidents.queries.public import (
    followed,
    following,
    holding,
    name_of,
    reading_of,
    released,
    token_hash,
)
from incidents.rules.follower_letters import Letter, already_letter, confirm_letter, update_letter
from incidents.rules.outage import lasted_words
from incidents.rules.public import full_words, moment_words
from incidents.rules.updates.times import hours_words, zone_at, zone_of
from integrations.outbox import actions as outbox
from integrations.outbox.models import Delivery

PURPOSE = "incident.follower"  # of letters about updates; the outbox asks before each whether it is still wanted
QUESTION = "incident.follow"  # of the letter that asks whether somebody wants them
QUESTION_KEY = "inc-follow-"
SALT = "incidents.follow"
MOST = 200  # addresses of one page
MOST_LETTERS = 6  # that somebody's asking sends to one address of a page in a day: others can type it too
CONFIRM_WITHIN = timedelta(days=3)
TRIED_AGAIN = timedelta(days=1)  # so long nobody is written to where there was nobody


@transaction.atomic
def ask_to_follow(*, link: StatusLink, email: str, at: datetime) -> Delivery | None:
    """Ask an address, by mail, whether it wants the updates; one that follows already is told so. Returns the letter;
    None where nobody was there today: it is not tried again, and whoever asked is not told who can be reached. Raises
    `Refused` when too many follow this page, and when this address was asked often today; that is counted here and not
    in the cache alone, which forgets."""
    StatusLink.objects.select_for_update(of=("self",)).get(pk=link.pk)  # the same address twice at once is one
    row = Subscriber.objects.filter(link=link, email__iexact=email).first()
    name = name_of(link.customer)
    if row is not None and _letters_today(row, at) >= MOST_LETTERS:
        raise Refused("That was asked too often today: look into the mail box, and try again tomorrow.")
    if row is not None and row.confirmed_at is not None and row.left_at is None:
        return _question(row, already_letter(name, url_of("leave", row.leave_token)), at)
    if row is not None and row.unreachable_at is not None and at - row.unreachable_at < TRIED_AGAIN:
        return None
    if _others(link, row, at) >= MOST:
        raise Refused("Too many addresses follow this page already: share the page itself.")
    if row is None or row.left_at is not None or at - row.at > CONFIRM_WITHIN:
        row = _asked(row or Subscriber(link=link, email=email, leave_token=secrets.token_urlsafe(32)), at)
    return _question(row, confirm_letter(name, url_of("confirm", _token(row)), CONFIRM_WITHIN.days), at)


def _others(link: StatusLink, row: Subscriber | None, at: datetime) -> int:
    """How many other addresses take a place on a page: who follows, and who was asked within a day. Places of those who
    never answered or have left are free again, so that nobody can fill a page for good."""
    follows = Q(confirmed_at__isnull=False, left_at=None)
    rows = Subscriber.objects.filter(follows | Q(at__gt=at - timedelta(days=1)), link=link)
    return (rows if row is None else rows.exclude(pk=row.pk)).count()


def _letters_today(row: Subscriber, at: datetime) -> int:
    asked = Delivery.objects.filter(purpose=QUESTION, key__startswith=f"{QUESTION_KEY}{row.pk}-")
    return asked.filter(created_at__gt=at - timedelta(days=1)).count()


def _asked(row: Subscriber, at: datetime) -> Subscriber:
    row.at, row.confirmed_at, row.left_at, row.unreachable_at = at, None, None, None
    row.confirm_hash = token_hash(_token(row))
    row.save()
    return row


def _token(row: Subscriber) -> str:
    """256 bits that nobody can guess who does not hold the portal's secret, made anew from what is stored: who presses
    twice gets two letters, and either one opens."""
    whom = f"{row.link_id}:{row.email.lower()}:{row.at.astimezone(UTC).isoformat()}"
    made = salted_hmac(SALT, whom, secret=settings.SECRET_KEY, algorithm="sha256").digest()
    return urlsafe_b64encode(made).decode().rstrip("=")


def open_question(row: Subscriber, at: datetime) -> bool:
    """Whether somebody can still say yes: they were asked lately, and the page holds. One query."""
    return at - row.at <= CONFIRM_WITHIN and StatusLink.objects.filter(holding(at), pk=row.link_id).exists()


@transaction.atomic
def confirm(*, subscriber: Subscriber, at: datetime) -> bool:
    """They want the updates, from now on. False: the question was asked too long ago, its page is gone, or full by now.
    """
    StatusLink.objects.select_for_update(of=("self",)).get(pk=subscriber.link_id)  # many at once are counted
    row = Subscriber.objects.select_for_update(of=("self",)).get(pk=subscriber.pk)
    if row.confirm_hash != subscriber.confirm_hash or not open_question(row, at):
        return False
    follow = Subscriber.objects.filter(link=row.link_id, confirmed_at__isnull=False, left_at=None)
    if follow.exclude(pk=row.pk).count() >= MOST:
        return False
    if row.left_at is None:
        Subscriber.objects.filter(pk=row.pk, confirmed_at=None).update(confirmed_at=at)
    return row.left_at is None


def leave(*, token: str, at: datetime) -> bool:
    """They want no more, by the token of any letter. Returns whether it is one; the same again is nothing new."""
    rows = Subscriber.objects.filter(leave_token=token)
    rows.filter(left_at=None).update(left_at=at)
    return rows.exists()


@transaction.atomic
def note_unreachable(*, key: str, at: datetime) -> bool:
    """The mail server says for good that nobody is there, of a letter with this key: who followed does not any more,
    and the incident says that somebody is told no longer. Who it is stands there no more than who follows. Returns
    whether that is new."""
    row = Subscriber.objects.select_for_update(of=("self",)).select_related("link__customer", "link__incident").filter(
        pk=int(key.split("-")[2]), unreachable_at=None).first()
    if row is None:
        return False
    followed_till_now = row.confirmed_at is not None and row.left_at is None
    Subscriber.objects.filter(pk=row.pk).update(unreachable_at=at, left_at=row.left_at or at)
    if followed_till_now:
        record(What.FAILED, incident=held(row.link.incident), at=at, by=None, tone="amber",
               words=f"Somebody who follows {name_of(row.link.customer)}'s page by mail cannot be reached any more",
               text="The mail server says that there is no such mail box: nothing more is sent there.")
    return True


def subscribers_of(version: UpdateVersion, at: datetime) -> list[Subscriber]:
    """Who gets this version by mail: confirmed, not left, on a page that holds and shows this incident: its own, or
    that of one that was merged into it, as far as the update is their customer's to read. Three queries, and one for
    each page of a merged one."""
    number, shown = version.of.incident_id, dict[int, bool]()
    readers = {None, *IncidentCustomer.objects.filter(
        incident=number, told_after__lt=version.of.number).values_list("customer", flat=True)}
    rows = following(at).filter(link__incident__in=merged_with(number)).order_by("pk")
    found = []
    for row in rows:
        if row.link_id not in shown:
            shown[row.link_id] = row.link.customer_id in readers and (
                number in followed(row.link.incident, row.link.customer)[1])
        found += [row] if shown[row.link_id] else []
    return found


@transaction.atomic
def mail_subscribers(version: UpdateVersion, at: datetime) -> list[Delivery]:
    """Write to those who follow the pages of this version's incident, once its customer's reading is released to the
    status page; nothing before. The same again writes nothing new. Returns the letters. To be called in the release."""
    out = UpdateVersion.objects.filter(released(), pk=version.pk).select_related("of__status", "of__incident").first()
    if out is None or out.of.incident.drill:
        return []
    before = UpdateVersion.objects.filter(released(), of=out.of_id, number__lt=out.number).order_by("number").last()
    letters: dict[int, Letter | None] = {}  # by page; none where a correction is of what others read
    posted: list[outbox.Letter] = []
    for row in subscribers_of(out, at):
        if row.link_id not in letters:
            same = before is not None and _reads_as(out, before, row.link)
            letters[row.link_id] = None if same else _letter(out, row.link)
        letter = letters[row.link_id]
        if letter is None:
            continue
        one = letter.left_by(url_of("leave", row.leave_token))
        posted.append(_posted(row, one, PURPOSE, f"inc-follower-{row.pk}-{out.pk}"))
    return list(outbox.enqueue_many(posted, at=at).values())


def _reads_as(version: UpdateVersion, before: UpdateVersion, link: StatusLink) -> bool:
    names = names_in((version.of.incident_id, link.incident_id), link.customer)
    return version.status_name == before.status_name and reading_of(version, names) == reading_of(before, names)


def _letter(version: UpdateVersion, link: StatusLink) -> Letter:
    row = version.of.incident
    zone = zone_of(row.zone)
    at, next_at = version.of.at.astimezone(zone), version.of.next_at
    ended = row.resolved_at if version.of.status.resolves and row.resolved_at else version.of.at
    return update_letter(
        name=name_of(link.customer), status=version.status_name, words=version.of.status.words,
        at=f"{moment_words(at, at)} {zone_at(at, row.zone)}",
        since=f"{full_words(row.began_at.astimezone(zone))} {zone_at(row.began_at, row.zone)}",
        lasted=lasted_words(row.breaks, row.began_at, ended, hours_words),
        next_at=f"{moment_words(next_at.astimezone(zone), at)} {zone_at(next_at, row.zone)}" if next_at else "",
        parts=reading_of(version, names_in((row.pk, link.incident_id), link.customer)),
        corrected=version.number > 1,
    )


def _question(row: Subscriber, letter: Letter, at: datetime) -> Delivery:
    one = _posted(row, letter, QUESTION, f"{QUESTION_KEY}{row.pk}-{int(at.timestamp())}")
    return outbox.enqueue_many([one], at=at)[one.key]


def _posted(row: Subscriber, letter: Letter, purpose: str, key: str) -> outbox.Letter:
    number, payload = row.link.incident_id, {"to": row.email, "subject": letter.subject, "text": letter.text}
    return outbox.Letter(
        key=key, topic="mail.send", scope=f"incident:follower:{row.pk}", purpose=purpose,
        title=f"I-{number}: mail to somebody who follows it", path=reverse("incidents:incident", args=[number]),
        payload=payload | ({"unsubscribe": letter.leave} if letter.leave else {}),
    )


def url_of(what: str, token: str) -> str:
    """The address that stands in a letter; `what`: confirm or leave."""
    return settings.PORTAL_BASE_URL + reverse(f"incidents:public_{what}", args=[token])


def still_wanted(key: str, at: datetime) -> bool:
    """Whether a letter about an update, by its key, may still leave: its reader follows, and the page holds. One
    query."""
    return following(at).filter(pk=int(key.split("-")[2])).exists()


def still_asked(key: str, at: datetime) -> bool:
    """Whether the question of a letter, by its key, may still leave: its page holds. One query."""
    return StatusLink.objects.filter(holding(at), subscribers=int(key.split("-")[2])).exists()
