"""By which ways a reply can leave, and where to. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Way(StrEnum):
    SUPPORT = "support"  # mail to the support ticket's own address
    MAIL = "mail"  # mail to whoever asked
    MATTERMOST = "mattermost"  # a direct message to whoever asked
    JIRA = "jira"  # a comment on the linked ticket


@dataclass(frozen=True)
class Asker:
    """Whom a reply is for, and what is known of them. `ticket`: the key of the linked ticket, or ""."""

    name: str
    mail: str = ""
    username: str = ""  # in Mattermost
    support_ticket: str = ""
    support_mail: str = ""
    ticket: str = ""


@dataclass(frozen=True)
class Place:
    """A way that is open: `label` says where to; `usual`: it is chosen unless somebody chooses otherwise."""

    way: Way
    label: str
    usual: bool


def places(asker: Asker, *, chat: bool) -> tuple[Place, ...]:
    """The ways that are open. The support ticket's address goes before their own; Jira is never chosen by itself, since
    the whole project reads it. `chat`: a Mattermost is configured."""
    found = []
    if asker.support_mail:
        number = f" {asker.support_ticket}" if asker.support_ticket else ""
        found.append(Place(Way.SUPPORT, f"Support ticket{number}, {asker.support_mail}", True))
    if asker.mail:
        found.append(Place(Way.MAIL, f"Mail to {asker.name}, {asker.mail}", not asker.support_mail))
    if chat and asker.username:
        found.append(Place(Way.MATTERMOST, f"Mattermost, @{asker.username}", False))
    if asker.ticket:
        found.append(Place(Way.JIRA, f"Comment on {asker.ticket} in Jira", False))
    return tuple(found)


def subject(*, number: int, title: str, support_ticket: str) -> str:
    """A mail's subject: by the number in it the support system finds its ticket, by E-12 people find ours."""
    known = f"[#{support_ticket}] " if support_ticket else ""
    return f"{known}[E-{number}] {title}"
