"""The composer: a text to answer with, what is filled in and what is open, and where it can go."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db.models import Max
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from escalations.choices import FileState, Outcome, TicketState
from escalations.models import Escalation, Message, ReplyDraft, ResponseTemplate, TemplateVersion
from escalations.queries.responses import Hint, Known, known_values, known_values_of_ticket, newest, offered
from escalations.queries.ways import asker_of, places_of
from escalations.rules import markdown
from escalations.rules.composing import OPENED, SHUT, Typed, clean_value, open_marks, unmarked, why_not
from escalations.rules.given import Given, given
from escalations.rules.responses import Filled, Part, fill, placeholders
from escalations.rules.ways import Asker, Way
from people.models import Person
from tickets.models import Ticket


@dataclass(frozen=True)
class Field:
    """What is asked for a placeholder. `source`: whence the value comes, "" where it was typed or is open."""

    key: str
    name: str
    value: str
    optional: bool
    many: bool
    missing: bool
    left_out: bool
    source: str = ""
    hint: Hint | None = None


@dataclass(frozen=True)
class Door:
    """A way by which it can go. `why`: why it cannot, "" where it can."""

    way: str
    label: str
    chosen: bool
    why: str = ""


@dataclass(frozen=True)
class Composer:
    """See templates/escalations/responses/composer.html. `about`: what it belongs to, in words; `version`: of the
    template it was begun with."""

    action: str
    about: str
    templates: tuple[ResponseTemplate, ...]
    template: ResponseTemplate | None
    version: TemplateVersion | None
    text: str
    filled: Filled
    fields: tuple[Field, ...]
    doors: tuple[Door, ...]
    key: str
    seen: int | None
    asks: bool
    kind: str = ""
    why: str = ""
    sends: bool = True
    remind: Hint | None = None
    given: Given | None = None
    missed: tuple[Message, ...] = field(default=())

    @property
    def edited(self) -> bool:
        """Whether the text is no longer the template's."""
        return self.version is not None and self.text != self.version.body

    @property
    def plain(self) -> bool:
        """Whether nothing in it is a placeholder."""
        return not self.fields

    @property
    def parts(self) -> tuple[Part, ...]:
        """The text in pieces, for chips."""
        return self.filled.parts

    @property
    def preview(self) -> SafeString:
        """As it will be read, with what is open marked."""
        return preview_of(self.text, {one.key: one.value for one in self.fields},
                          frozenset(one.key for one in self.fields if one.left_out))


def preview_of(text: str, values: Mapping[str, str], left_out: frozenset[str] = frozenset()) -> SafeString:
    """Safe HTML of a text with its values; what is open is marked."""
    text, values = unmarked(text), {key: unmarked(value) for key, value in values.items()}
    filled = fill(text, values, left_out)
    marked = fill(text, {**values, **open_marks(filled)}, left_out) if filled.missing else filled
    html = str(markdown.html(marked.text))
    html = html.replace(OPENED, '<mark class="slot" data-tone="amber">').replace(SHUT, "</mark>")
    return mark_safe(html)  # noqa: S308  (cleaned in rules.markdown; the marks stand in no text that came in)


def for_escalation(
    escalation: Escalation, person: Person, *, at: datetime, typed: Typed | None = None, kind: str = "",
    missed: tuple[Message, ...] = (),
) -> Composer:
    """The composer at the foot of a thread. Without `typed` it holds the draft that this person has begun there, if
    any. Eight queries at most."""
    known = known_values(escalation, at=at)
    begun = typed if typed is not None else _begun(escalation, person)
    drawn = _drawn(begun, known)
    last = Message.objects.filter(escalation=escalation).aggregate(last=Max("pk"))["last"]
    return Composer(
        action=reverse("escalations:compose", args=[escalation.pk]), about=f"E-{escalation.pk}",
        doors=_doors(escalation, begun), seen=begun.seen if begun.seen is not None else last or 0, kind=kind,
        remind=_reminder(escalation, drawn.template), missed=missed,
        given=_given(escalation) if drawn.template and drawn.template.asks else None,
        **vars(drawn),
    )


def for_ticket(ticket: Ticket, *, at: datetime, typed: Typed, may_comment: bool) -> Composer:
    """The composer about a ticket alone: copied, or posted to the ticket in Jira. Four queries at most."""
    drawn = _drawn(typed, known_values_of_ticket(ticket, at=at))
    why = "" if may_comment else "You may not work on tickets."
    if not settings.ENV.jira.base_url:
        why = "No Jira is configured."
    door = Door(Way.JIRA, f"Comment on {ticket.key} in Jira", not why, why)
    return Composer(
        action=f"{reverse('escalations:compose_any')}?ticket={ticket.key}", about=ticket.key, doors=(door,), seen=None,
        sends=not why, **vars(drawn),
    )


def for_nobody(*, typed: Typed) -> Composer:
    """A text to copy, about nothing that the portal knows. Two queries."""
    drawn = _drawn(typed, Known())
    action = reverse("escalations:compose_any")
    return Composer(action=action, about="", doors=(), seen=None, sends=False, **vars(drawn))


@dataclass(frozen=True)
class _Drawn:
    """What all composers have in common; the names are those of `Composer`."""

    templates: tuple[ResponseTemplate, ...]
    template: ResponseTemplate | None
    version: TemplateVersion | None
    text: str
    filled: Filled
    fields: tuple[Field, ...]
    key: str
    asks: bool
    why: str


def _drawn(typed: Typed, known: Known) -> _Drawn:
    version = _version(typed)
    template = version.template if version else None
    text = typed.text if typed.text is not None else version.body if version else ""
    filled = typed.filled(text, known.values)
    return _Drawn(
        templates=tuple(offered()), template=template, version=version, text=text, filled=filled,
        fields=_fields(text, typed, known, filled), key=typed.key or uuid.uuid4().hex, why=why_not(filled.missing),
        asks=typed.asks if typed.asks is not None else bool(template and template.asks),
    )


def _version(typed: Typed) -> TemplateVersion | None:
    """The version that it was begun with, as long as that is one of the chosen template's; else its newest."""
    if not typed.template:
        return None
    if typed.version is not None:
        begun = TemplateVersion.objects.filter(pk=typed.version, template__slug=typed.template)
        found = begun.select_related("template").first()
        if found is not None:
            return found
    return newest(typed.template)


def _fields(text: str, typed: Typed, known: Known, filled: Filled) -> tuple[Field, ...]:
    """A field for each placeholder: what is open stands first."""
    values = {**known.values, **typed.values}
    missing = {name.casefold() for name in filled.missing}
    found = [
        Field(
            key=one.key, name=one.name, value=values.get(one.key, ""), optional=one.optional, many=one.many,
            missing=one.key in missing, left_out=one.optional and one.key in typed.left_out,
            source=known.sources.get(one.key, "") if values.get(one.key) == known.values.get(one.key) else "",
            hint=known.hints.get(one.key) if not values.get(one.key) else None,
        )
        for one in placeholders(text)
    ]
    return tuple(sorted(found, key=lambda one: bool(one.source)))


def _begun(escalation: Escalation, person: Person) -> Typed:
    """What this person has begun to write in the thread, as they left it."""
    draft = ReplyDraft.objects.filter(escalation=escalation, person=person).first()
    if draft is None:
        return Typed()
    kept = draft.values if isinstance(draft.values, dict) else {}
    values = kept.get("values")
    version, ways, asks = kept.get("version"), kept.get("ways"), kept.get("asks")
    return Typed(
        template=str(kept.get("template") or ""), version=version if isinstance(version, int) else None,
        text=draft.text or None, left_out=frozenset(map(str, kept.get("left_out") or [])),
        values={str(key): clean_value(str(value)) for key, value in values.items()} if isinstance(values, dict) else {},
        ways=tuple(map(str, ways)) if isinstance(ways, list) else None, asks=asks if isinstance(asks, bool) else None,
    )


def kept(typed: Typed) -> dict[str, object]:
    """What of it is kept with a draft, beside its text."""
    return {
        "template": typed.template, "version": typed.version, "values": dict(typed.values), "asks": typed.asks,
        "left_out": sorted(typed.left_out), "ways": None if typed.ways is None else list(typed.ways),
    }


def _doors(escalation: Escalation, typed: Typed) -> tuple[Door, ...]:
    """All ways in the same order, those that are shut with the reason why."""
    open_, asker = {place.way: place for place in places_of(escalation)}, asker_of(escalation)
    doors = []
    for way in Way:
        place = open_.get(way)
        if place is None:
            doors.append(Door(way, *_shut(way, asker, escalation)))
        else:
            chosen = place.usual if typed.ways is None else way in typed.ways
            doors.append(Door(way, place.label, chosen))
    return tuple(doors)


def _shut(way: Way, asker: Asker, escalation: Escalation) -> tuple[str, bool, str]:
    match way:
        case Way.SUPPORT:
            return "Support ticket", False, "no mail address of a support ticket was given"
        case Way.MAIL:
            return f"Mail to {asker.name}", False, "no mail address of theirs is known"
        case Way.MATTERMOST:
            chat = bool(settings.ENV.mattermost.base_url)
            return "Mattermost", False, "their username is not known" if chat else "no Mattermost is configured"
        case _:
            pending = escalation.ticket_state == TicketState.PENDING
            return "Comment in Jira", False, "the ticket is being created" if pending else "no ticket is linked"


def _given(escalation: Escalation) -> Given:
    """What the reporter has said of that for which the templates ask."""
    cloud = [escalation.get_cloud_display(), escalation.hosting]
    database = [escalation.get_database_display(), escalation.database_version]
    kept = escalation.files.exclude(state__in=[FileState.REFUSED, FileState.REMOVED])
    return given({
        "server version": escalation.server_version, "database": " ".join(filter(None, database)),
        "cloud or hosting": ", ".join(filter(None, cloud)),
    }, {
        "logs": bool(escalation.logs.strip()), "files": kept.exists(), "steps": bool(escalation.steps.strip()),
        "what was tried": bool(escalation.tried.strip()),
    })


def _reminder(escalation: Escalation, template: ResponseTemplate | None) -> Hint | None:
    """Whoever says that it looks like a bug has accepted it: then there is a ticket."""
    if template is None or template.outcome != Outcome.BUG or escalation.ticket_id:
        return None
    if escalation.ticket_state == TicketState.PENDING:
        return Hint("Its ticket is on its way to Jira; the link fills itself in once it is there.")
    return Hint("This answer says that a ticket tracks it, and there is none yet.",
                reverse("escalations:route", args=[escalation.pk]), "Decide")
