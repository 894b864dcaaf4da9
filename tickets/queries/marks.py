"""People as Jira knows them, drawn as the portal draws people."""

from dataclasses import dataclass

from people.rules import initials
from tickets.models import JiraUser


@dataclass(frozen=True)
class JiraMark:
    """See templates/parts/person.html; `id` is Jira's account id, by which the reader's own are ringed."""

    id: str
    name: str
    initials: str
    title: str


def jira_mark(user: JiraUser | None) -> JiraMark | None:
    return mark_of(user.account_id, user.display_name, active=user.active) if user else None


def mark_of(account_id: str, name: str | None, *, active: bool = True) -> JiraMark:
    shown = name or account_id
    return JiraMark(account_id, shown, initials(shown), shown if active else f"{shown} · no longer in Jira")
