"""A retrospective as documents: ours, and the customer's edition."""

from customers.models import Customer
from incidents.choices import ActionState, RetroState
from incidents.models import Incident, RetroAction, Retrospective
from incidents.queries.naming import names_in
from incidents.queries.retrospective import RetroPage
from incidents.rules.documents import Document, Section
from incidents.rules.public import without_others
from incidents.rules.retrospective import Facts, day_words, long_length, span_words


def internal_document(page: RetroPage) -> Document:
    """The whole retrospective, for us."""
    row, retro = page.incident, page.retro
    numbers = (*page.numbers, ("Cause", str(row.get_cause_display() or "not said yet")))
    people = tuple((one.name, ", ".join(one.roles) or "took part") for one in page.took_part)
    sections = [
        Section("", page.summary), Section("Root cause", retro.root_cause), Section("What was the issue", retro.issue),
        Section("What might improve outcomes next time", retro.improve),
        Section("What changes in process or documentation", retro.change),
        Section("Actions", lines=tuple((one.action.title, action_words(one.action)) for one in page.actions)),
        Section("Measured", lines=numbers),
        Section("Time in each status",
                lines=tuple((one.name, long_length(one.length)) for one in page.measured.statuses)),
        Section("Who took part", lines=people),
    ]
    return Document(
        title=f"Retrospective: {row.title}", about=_about(page, f"I-{row.pk} · Sev{row.severity}"),
        sections=tuple(one for one in sections if one.text.strip() or one.lines),
        foot=f"I-{row.pk} · internal{' · drill' if row.drill else ''}",
    )


def customer_document(page: RetroPage) -> Document:
    """The customer's edition as it stands, or as it is drafted, for all of its customers: of several none is named.
    Four queries."""
    theirs = [one.customer for one in page.incident.customers.select_related("customer")[:2]]
    names = names_in([page.incident.pk], theirs[0] if len(theirs) == 1 else None)
    return customer_edition(page.incident, page.retro, "", text=without_others(page.customer_text, names))


def edition_for(incident: Incident, retro: Retrospective, customer: Customer) -> Document:
    """The customer's edition as it leaves to one of its customers: the others are not named in it, as they are not in
    updates. Three queries."""
    text = without_others(retro.customer_text, names_in([incident.pk], customer))
    return customer_edition(incident, retro, customer.name, text=text)


def customer_edition(incident: Incident, retro: Retrospective, customer: str, *, text: str) -> Document:
    """The customer's edition with this text. `customer`: whose it is, "" where it stands for all of them. The title of
    the incident is ours: nobody reviewed it, and it may name others."""
    reviewed = retro.state in (RetroState.REVIEWED, RetroState.SENT)
    title = f"Incident report of {day_words(incident.began_at, incident.zone)}"
    about = " · ".join(part for part in (customer, "" if reviewed else "Draft, not reviewed") if part)
    return Document(title=title, about=about, sections=(Section("", text),),
                    foot=title if reviewed else "Draft, not reviewed")


def _about(page: RetroPage, more: str) -> str:
    row = page.incident
    said = span_words(Facts(row.title, row.zone, row.began_at, row.resolved_at, row.breaks))
    return " · ".join(part for part in (", ".join(page.customers), more, said[:1].upper() + said[1:]) if part)


def action_words(action: RetroAction) -> str:
    """Whose an action is, until when, and how it stands: "Joel Okafor, by 1 Dec 2026, MM-123, open"; a ticket's word
    stands with what is dropped: "dropped: Won't Do"."""
    parts = [action.owner.name if action.owner else "nobody yet",
             f"by {action.due_on.day} {action.due_on:%b %Y}" if action.due_on else "",
             action.ticket.key if action.ticket else "", str(action.get_state_display()).lower() + (
                 f": {action.closed_as}" if action.state == ActionState.DROPPED and action.closed_as else "")]
    return ", ".join(part for part in parts if part)
