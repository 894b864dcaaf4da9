"""What stands on a customer's private page, in its feed and in its calendar. Everything that leaves is taken from here:
texts from the customer's reading of updates that were released to the status page, and that were published since the
incident concerned this customer; nothing else that anybody wrote.
Constant numbers of queries."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from html import unescape
from uuid import NAMESPACE_URL, uuid5

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe

from customers.models import Customer
from escalations.rules import markdown
from incidents.choices import HELD_BACK, READ, Kind, Phase, PromiseState, State, TargetKind
from incidents.models import (
    Incident,
    IncidentCustomer,
    IncidentStatus,
    Promise,
    StatusLink,
    Subscriber,
    Update,
    UpdateDelivery,
    UpdateVersion,
)
from incidents.queries.naming import names_in
from incidents.queries.promises import awaited, awaited_at
from incidents.rules import public
from incidents.rules.followed import Promised
from incidents.rules.outage import lasted_words
from incidents.rules.updates.times import hours_words, zone_at, zone_of, zone_word

AT_FIRST, MOST = 4, 200  # updates on the page before "show more"; and with all of them
OURS = "Community server"  # whose page it is where no customer's production is down
DOWN = {Kind.CUSTOMER: "We are working on a problem in your production system.",
        Kind.COMMUNITY: "We are working on a problem of the community server."}
OVER = "The problem is solved."


def token_hash(token: str) -> str:
    """What is stored of an address. It has 256 random bits, so a plain SHA-256 is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def holding(at: datetime) -> Q:
    """Links that open their page now: not over, not revoked, of no drill, and of a customer whom it still concerns."""
    concerned = IncidentCustomer.objects.filter(incident=OuterRef("incident"), customer=OuterRef("customer"))
    theirs = Q(customer=None) | Q(Exists(concerned))
    return Q(revoked_at=None, ends_at__gt=at, incident__drill=False) & theirs


def link_of(token: str, at: datetime) -> StatusLink | None:
    """The link at an address, with its incident and customer. None for one that is wrong, revoked or over. One query.
    """
    rows = StatusLink.objects.select_related("customer", "incident__status", "incident__merged_into__status")
    return rows.filter(holding(at), token_hash=token_hash(token)).first()


@dataclass(frozen=True)
class Told:
    """An update as the customer reads it. `number` counts those that are theirs; `key` is always the same, and tells
    nothing."""

    number: int
    key: str
    at: datetime
    when: str
    status: str
    summary: SafeString
    impact: SafeString
    notes: SafeString
    closing: SafeString
    changed_at: datetime
    corrected: str

    @property
    def html(self) -> SafeString:
        """All of its text, the promise too."""
        texts = (self.summary, self.closing, self.impact, self.notes)
        return mark_safe("".join(one for one in texts if one))  # noqa: S308  (each is safe)


@dataclass(frozen=True)
class PublicPage:
    """A customer's page. Times are words in the incident's zone, which is called `zone`."""

    name: str
    status: IncidentStatus
    headline: str
    since: datetime
    since_words: str
    lasted: str
    over: bool
    next_at: datetime | None
    next_words: str
    next_zone: str
    next_in: str
    late: bool
    zone: str
    steps: tuple[public.Step, ...]
    told: tuple[Told, ...]
    changed_at: datetime
    at: datetime
    as_of: str

    @property
    def done(self) -> bool:
        """Nothing more is to come."""
        return self.over and self.next_at is None

    @property
    def number(self) -> int:
        """How many updates there are, also those that are too long ago for the page."""
        return self.told[0].number if self.told else 0


def name_of(customer: Customer | None) -> str:
    """Whose page it is."""
    return customer.name if customer else OURS


def page_of(incident: Incident, customer: Customer | None, at: datetime) -> PublicPage:
    """What this customer may read of an incident. Six queries; two more while the newest update is held back."""
    row, ids = followed(incident, customer)
    zone, names, (texts, theirs) = zone_of(row.zone), names_in(ids, customer), _texts(ids, customer)
    told = tuple(_told(one, number, names, zone, at) for number, one in [*enumerate(theirs, start=1)][-MOST:])
    status, held = _status(row, texts)
    over = status.phase == Phase.RESOLVED and row.resolved_at is not None
    ended = row.resolved_at if over and row.resolved_at else at
    local, next_at = at.astimezone(zone), awaited_at(row, _kept_for(customer))
    impacts = [] if over else [unescape(strip_tags(one.impact)) for one in reversed(told)]
    return PublicPage(
        name=name_of(customer), status=status, over=over, zone=zone_word(at, row.zone),
        headline=public.headline(impacts, OVER if over else DOWN[Kind(row.kind)]), since=row.began_at,
        since_words=public.full_words(row.began_at.astimezone(zone), year=row.began_at.year != at.year),
        lasted=lasted_words(row.breaks, row.began_at, ended, hours_words), next_at=next_at,
        next_words=public.moment_words(next_at.astimezone(zone), local) if next_at else "",
        next_zone=zone_at(next_at, row.zone) if next_at else "",
        next_in=public.due_words(next_at, at) if next_at else "",
        late=next_at is not None and (at - next_at).total_seconds() >= 60,
        steps=public.line_of(status.phase), told=tuple(reversed(told)), at=at, as_of=public.moment_words(local, local),
        changed_at=max([row.began_at, *(one.changed_at for one in told), *([] if held else [row.status_since])]),
    )


def followed(incident: Incident, customer: Customer | None) -> tuple[Incident, tuple[int, ...]]:
    """The incident that a customer's page follows, and those whose updates stand on it: of one that was merged also
    the one in which it goes on, however often that was merged in its turn, as far as it is this customer's too. One
    query for a merged one, three for each further merge."""
    row, ids = incident, [incident.pk]
    while row.state == State.MERGED and row.merged_into is not None and row.merged_into_id not in ids:
        into = row.merged_into
        if into.drill or not _concerns(into, customer):
            break
        row = into
        ids.append(into.pk)
    return row, tuple(ids)


def _concerns(incident: Incident, customer: Customer | None) -> bool:
    if customer is None:
        return incident.kind == Kind.COMMUNITY
    return IncidentCustomer.objects.filter(incident=incident, customer=customer).exists()


def released() -> Q:
    """Versions whose customer's reading may leave: a second person let it (or somebody overrode them), and it went to
    the status page. When that was is not asked: a clock that was ahead and is set back takes nothing from the page."""
    shown = UpdateDelivery.objects.filter(version=OuterRef("pk"), target__kind=TargetKind.STATUS_PAGE, waits=False,
                                          done_at__isnull=False)
    return Q(Exists(shown), approval__state__in=READ) & ~Q(customer="")


def concerned(customer: Customer, *, incident: str, number: str) -> Exists:
    """Whether an update was published since its incident concerned this customer, by the names of its fields. What came
    before was written, and read by a second person, for others: it stays theirs, corrected or not."""
    return Exists(IncidentCustomer.objects.filter(incident=OuterRef(incident), customer=customer,
                                                  told_after__lt=OuterRef(number)))


def _kept_for(customer: Customer | None) -> Q:
    """Promises whose update was sent since the incident concerns this customer: older ones were made to others."""
    return Q(concerned(customer, incident="incident", number="kept_by__number")) if customer else Q()


def _texts(ids: Sequence[int], customer: Customer | None) -> tuple[list[UpdateVersion], list[UpdateVersion]]:
    """The newest released version of each update, in their order: all of them, and those that are this customer's."""
    theirs = concerned(customer, incident="of__incident", number="of__number") if customer else Value(True)
    rows = UpdateVersion.objects.filter(released(), of__incident__in=ids).select_related("of__status")
    newest = {row.of_id: row for row in rows.annotate(theirs=theirs).order_by("number")}
    found = sorted(newest.values(), key=lambda row: (row.of.at, row.of_id))
    return [*found], [row for row in found if row.theirs]


def _told(row: UpdateVersion, number: int, names: public.Names, zone: tzinfo, at: datetime) -> Told:
    texts, here, now = reading_of(row, names), row.of.at.astimezone(zone), at.astimezone(zone)
    return Told(
        number=number, key=f"update-{uuid5(NAMESPACE_URL, row.of.key).hex[:16]}", at=row.of.at,
        when=public.moment_words(here, now), status=row.status_name, summary=markdown.html(texts.summary),
        impact=markdown.html(texts.impact), notes=markdown.html(texts.notes), closing=markdown.html(texts.closing),
        changed_at=row.at, corrected=public.moment_words(row.at.astimezone(zone), now) if row.number > 1 else "",
    )


def reading_of(version: UpdateVersion, names: public.Names) -> public.Parts:
    """The texts of a version's customer's reading, for one customer: others are not named in it."""
    return public.parts_of(public.without_others(version.customer, names))


def _status(row: Incident, texts: Sequence[UpdateVersion]) -> tuple[IncidentStatus, bool]:
    """What the page says of where things stand, and whether more is known here: while the newest update waits for a
    second person, or was kept among us, the page says what the customer was told last. That it is over is told where
    nobody holds it back."""
    newest = Update.objects.filter(incident=row).order_by("-number").first()
    if newest is None or newest.status_id != row.status_id or any(one.of_id == newest.pk for one in texts):
        return row.status, False
    if row.state != State.OPEN and not _waits(newest):
        return row.status, False
    return (texts[-1].of.status if texts else IncidentStatus.objects.earliest("position")), True


def _waits(update: Update) -> bool:
    page = UpdateDelivery.objects.filter(version=OuterRef("pk"), target__kind=TargetKind.STATUS_PAGE, waits=True)
    held = Q(approval__state__in=HELD_BACK) | Exists(page)
    return UpdateVersion.objects.filter(held, of=update).exists()


def promised_to(link: StatusLink, at: datetime) -> list[Promised]:
    """The moments for which updates were promised: those awaited, and those of the past that were kept. Two queries."""
    _, ids = followed(link.incident, link.customer)
    theirs = _kept_for(link.customer)
    kept = Q(state__in=(PromiseState.KEPT, PromiseState.LATE), kept_by__isnull=False, due_at__lte=at) & theirs
    rows = Promise.objects.filter(kept | awaited(theirs), incident__in=ids).order_by("-due_at")[:MOST]
    return [Promised(key_of(link, f"promise-{row.pk}"), row.due_at, row.at) for row in rows]


def key_of(link: StatusLink, name: str) -> str:
    """What programs know something of a page by: it tells nothing, and is the same each time."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'{link.token_hash}:{name}')}"


def subscriber_of(hashed: str) -> Subscriber | None:
    """Who asked to be told, by the hash in their letter, with their page. One query."""
    return Subscriber.objects.select_related("link__customer", "link__incident").filter(confirm_hash=hashed).first()


def following(at: datetime) -> QuerySet[Subscriber]:
    """Those who get letters now, with their pages: confirmed, not left, on a page that holds."""
    pages = StatusLink.objects.filter(holding(at))
    rows = Subscriber.objects.filter(confirmed_at__isnull=False, left_at=None, link__in=pages)
    return rows.select_related("link__customer", "link__incident__merged_into")


def leaving_of(token: str) -> Subscriber | None:
    """Whose letters end at this address, by the token in each of them; signs that no token has are nobody's. One query.
    """
    if not (token.isascii() and token.isprintable()):
        return None
    return Subscriber.objects.select_related("link__customer").filter(leave_token=token[:64]).first()
