"""What an escalation's page shows: the conversation with what befell it, for who may read which part of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Prefetch, Q, QuerySet
from django.utils.safestring import SafeString

from escalations.choices import Author, Status, What
from escalations.models import Escalation, EscalationEvent, Message, MessageDelivery, ReplyDraft
from escalations.rules import markdown
from integrations.outbox.queries import Receipt, receipt
from people.models import Person
from people.rules import initials
from tickets.models import JiraUser
from tickets.rules import wiki
from tickets.rules.wiki_inline import mentioned

SHOWN = 80  # lines of a thread that are drawn at first; the earlier ones by a link
MOST = 1000
WRITING = 20  # seconds for which somebody who typed counts as writing

# What befell an escalation, as its reporter reads it; the rest is how we work.
FOR_ALL = (
    What.RAISED, What.ACCEPTED, What.MOVED, What.LEVEL, What.OWNER, What.CHANGED, What.CUSTOMER_CHANGED,
    What.WORKAROUND, What.RELEASE, What.TOLD, What.MERGED, What.REOPENED, What.CONFIDENTIAL, What.FILE_ADDED,
    What.FILE_CHECKED, What.FILE_MASKED, What.FILE_RELEASED, What.FILE_REMOVED, What.TICKET_LINKED, What.RATED,
)
# What a partner does behind their link, where nobody is signed in.
PARTNERS = frozenset({What.RAISED, What.FILE_ADDED, What.FILE_MASKED, What.FILE_REMOVED})
ICONS = {
    What.RAISED: "escalation", What.LEVEL: "flag", What.OWNER: "person", What.MERGED: "link", What.REOPENED: "undo",
    What.FILE_ADDED: "clip", What.FILE_CHECKED: "shield", What.FILE_MASKED: "shield", What.FILE_RELEASED: "shield",
    What.TICKET_LINKED: "link", What.WORKAROUND: "edit", What.RELEASE: "calendar", What.CONFIDENTIAL: "lock",
    What.CLOCK: "clock", What.PAGED: "bell", What.TOLD: "send", What.CHANGED: "edit",
}
SIDES = {Author.REPORTER: "reporter", Author.US: "SET", Author.NOTE: "internal note", Author.JIRA: "in Jira"}


@dataclass(frozen=True)
class Line:
    """A line of the thread: a message (`what` is "") or an event. `internal`: the reporter does not see it."""

    id: int
    at: datetime
    name: str
    initials: str
    what: str = ""
    icon: str = ""
    side: str = ""
    author: str = ""
    html: SafeString | str = ""
    template: str = ""
    internal: bool = False
    asks: bool = False
    can_publish: bool = False
    customer: str = ""
    receipts: tuple[tuple[str, Receipt], ...] = field(default=())


@dataclass(frozen=True)
class Thread:
    """`last`: the newest message, by which it is seen that another came meanwhile. `earlier`: how many lines are not
    drawn. `said`: how many messages there are, with what was asked. `sent`: what became of the last reply, way by
    way."""

    lines: tuple[Line, ...]
    said: int
    earlier: int
    last: int
    sent: tuple[tuple[str, Receipt], ...]


def thread_of(escalation: Escalation, person: Person, *, notes: bool, everything: bool = False) -> Thread:
    """The thread as this person reads it (`notes`: internal parts too), oldest first, in a constant number of
    queries."""
    messages = list(readable(escalation, person, notes=notes).order_by("-at", "-pk")[:MOST])
    events = list(_events(escalation, notes=notes).order_by("-at", "-pk")[:MOST])
    names = _names(message.text for message in messages if message.author == Author.JIRA)
    said = [_said(message, escalation, names, notes=notes) for message in messages]
    partner = "" if escalation.reporter_id else escalation.reporter_name
    befell = [_befell(event, partner) for event in events]
    lines = sorted([*said, *befell], key=lambda line: (line.at, bool(line.what), line.id))
    earlier = 0 if everything else max(len(lines) - SHOWN, 0)
    sent = next((line.receipts for line in said if line.author == Author.US and line.receipts), ())
    return Thread(tuple(lines[earlier:]), len(said) + 1, earlier, max((line.id for line in said), default=0), sent)


def readable(escalation: Escalation, person: Person, *, notes: bool) -> QuerySet[Message]:
    """The messages of a thread that somebody may read: without the right to read notes the public ones, and of what
    was written to other customers only what was written to them."""
    ways = Prefetch("deliveries", MessageDelivery.objects.select_related("delivery"))
    found = Message.objects.filter(escalation=escalation).select_related(
        "by", "template__template", "affected__customer"
    ).prefetch_related(ways)
    if notes:
        return found
    theirs = Q(affected__isnull=True) | Q(affected__customer=escalation.customer_id) | Q(affected__reporter=person)
    return found.filter(theirs, public=True)


def writing(escalation: Escalation, person: Person, at: datetime, *, notes: bool) -> tuple[str, ...]:
    """The names of those who typed in this thread a moment ago; who reads no notes is not told who of us writes."""
    rows = ReplyDraft.objects.filter(escalation=escalation).exclude(person=person).exclude(text="")
    found = [row for row in rows.select_related("person").order_by("person__name")
             if (at - row.updated_at).total_seconds() < WRITING]
    return tuple(row.person.name for row in found) if notes else ()


def draft_of(escalation: Escalation, person: Person) -> ReplyDraft | None:
    """What this person has begun to write here."""
    return ReplyDraft.objects.filter(escalation=escalation, person=person).first()


def _events(escalation: Escalation, *, notes: bool) -> QuerySet[EscalationEvent]:
    found = EscalationEvent.objects.filter(escalation=escalation).select_related("by")
    return found if notes else found.filter(internal=False, what__in=FOR_ALL)


def _said(message: Message, escalation: Escalation, names: Mapping[str, str], *, notes: bool) -> Line:
    jira = message.author == Author.JIRA
    other = message.affected and message.affected.customer_id != escalation.customer_id
    ways = tuple((way.label, receipt(way.delivery)) for way in message.deliveries.all())
    return Line(
        id=message.pk, at=message.at, name=message.by_name, initials=initials(message.by_name),
        side=SIDES[Author(message.author)], author=message.author,
        html=wiki.render(message.text, names) if jira else markdown.html(message.text),
        template=str(message.template.template) if message.template and notes else "", internal=not message.public,
        asks=message.asks and escalation.status == Status.REPORTER, can_publish=jira, receipts=ways if notes else (),
        customer=message.affected.customer.name if message.affected and other else "",
    )


def _befell(event: EscalationEvent, partner: str) -> Line:
    name = event.by.name if event.by else partner if event.what in PARTNERS else ""
    return Line(
        id=event.pk, at=event.at, name=name, initials=initials(name), what=words_of(event, partner),
        icon=ICONS.get(What(event.what), "info"), internal=event.internal,
    )


def words_of(event: EscalationEvent, partner: str = "") -> str:
    """What befell it, in words: what it was, and what it is now. `partner`: who raised it, if nobody here did."""
    if event.what == What.WORKAROUND:  # it stands on top, as it is drawn
        return f"{event.by.name if event.by else 'The portal'} {What.WORKAROUND.label}"
    if event.what == What.CLOCK and event.to_value:  # it names its clock, and whom it told
        return event.to_value
    other = partner if event.what in PARTNERS and partner else "The portal"
    told = f"{event.by.name if event.by else other} {What(event.what).label}"
    if event.from_value and event.to_value:
        return f"{told}: {event.from_value} → {event.to_value}"
    return f"{told}: {event.to_value or event.from_value}" if event.to_value or event.from_value else told


def _names(texts: Iterable[str]) -> dict[str, str]:
    accounts: set[str] = set().union(*(mentioned(text) for text in texts))
    if not accounts:
        return {}
    return dict(JiraUser.objects.filter(account_id__in=accounts).values_list("account_id", "display_name"))
