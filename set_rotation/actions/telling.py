"""Telling people of their duty, by Mattermost message and mail as each has chosen. Everything leaves by the outbox."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from integrations.outbox import actions as outbox
from people.models import Person
from set_rotation.models import NoticeChoice
from set_rotation.rules.duty import Moved
from set_rotation.rules.words import duty_words


def tell(
    person: Person, *, key: str, subject: str, text: str, path: str, at: datetime, by: Person | None = None,
    purpose: str = "duty", due_at: datetime | None = None,
) -> int:
    """Put a message to somebody on its way, by each way they chose; `text` is Markdown, `path` the portal's page.

    `key` (57 characters at most) makes it one message however often it is asked for. Returns how many ways: none to
    somebody who has left.
    """
    if not person.is_active:
        return 0
    choice = NoticeChoice.objects.filter(person=person).first() or NoticeChoice(person=person)
    link = settings.PORTAL_BASE_URL + path
    ways = 0
    # Whose name over there is not known here is told by mail alone: guessing leaves a failed message with each edit.
    if choice.mattermost and settings.ENV.mattermost.base_url and person.mattermost_name:
        payload = {"username": person.mattermost_name, "email": person.email,
                   "message": f"**{subject}**\n{text}\n[Open it in the portal]({link})"}
        outbox.enqueue(topic="mattermost.direct", scope=f"tell:mattermost:{person.pk}", key=f"{key}-chat", at=at, by=by,
                       title=f"Tell {person.name}: {subject}", payload=payload, path=path, purpose=purpose,
                       due_at=due_at)
        ways += 1
    if choice.mail or not ways:
        mail = {"to": person.email, "subject": subject, "text": f"{text}\n\n{link}\n"}
        outbox.enqueue(topic="mail.send", scope=f"tell:mail:{person.pk}", key=f"{key}-mail", at=at, by=by,
                       title=f"Tell {person.name}: {subject}", payload=mail, path=path, purpose=purpose, due_at=due_at)
        ways += 1
    return ways


def tell_moved(changes: Iterable[Moved], *, key: str, why: str, at: datetime, by: Person | None) -> int:
    """Tell everybody whose future duty moved what they lose and gain, in their own zone. Returns of how many.

    `key` (40 characters at most) names the edit, `why` says in a sentence what was done.
    """
    found = [change for change in changes if change.lost or change.gained]
    people: Mapping[int, Person] = Person.objects.in_bulk([change.person for change in found])
    for change in found:
        person = people[change.person]
        lines = [f"- no longer: {duty_words(span, person.zone)}" for span in change.lost]
        lines += [f"- now yours: {duty_words(span, person.zone)}" for span in change.gained]
        tell(person, key=f"{key}-{person.pk}", subject="Your SET duty has changed", text="\n".join([why, "", *lines]),
             path=reverse("set_rotation:on_call"), at=at, by=by)
    return len(found)
