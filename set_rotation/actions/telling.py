"""Telling people of their duty, by Mattermost message and mail as each has chosen. Everything leaves by the outbox."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from integrations.outbox import actions as outbox
from integrations.outbox.bulk import enqueue_all
from people.models import Person
from portal.common.many import among
from set_rotation.models import NoticeChoice
from set_rotation.rules.duty import Moved
from set_rotation.rules.words import duty_words


@dataclass(frozen=True)
class Told:
    """A message to somebody, as `tell` takes it."""

    person: Person
    key: str
    subject: str
    text: str
    path: str

    def letters(self, choice: NoticeChoice, purpose: str) -> Iterator[outbox.Letter]:
        """One for each way that this person chose; by mail where there is no other."""
        link, title = settings.PORTAL_BASE_URL + self.path, f"Tell {self.person.name}: {self.subject}"
        chat = bool(choice.mattermost and settings.ENV.mattermost.base_url and self.person.mattermost_name)
        # Whose name over there is not known here is told by mail alone: guessing leaves a failed message each time.
        if chat:
            payload = {"username": self.person.mattermost_name, "email": self.person.email,
                       "message": f"**{self.subject}**\n{self.text}\n[Open it in the portal]({link})"}
            yield outbox.Letter(key=f"{self.key}-chat", topic="mattermost.direct", title=title, payload=payload,
                                scope=f"tell:mattermost:{self.person.pk}", path=self.path, purpose=purpose)
        if choice.mail or not chat:
            mail = {"to": self.person.email, "subject": self.subject, "text": f"{self.text}\n\n{link}\n"}
            yield outbox.Letter(key=f"{self.key}-mail", topic="mail.send", title=title, payload=mail,
                                scope=f"tell:mail:{self.person.pk}", path=self.path, purpose=purpose)


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
    letters = list(Told(person, key, subject, text, path).letters(choice, purpose))
    for letter in letters:
        outbox.enqueue(topic=letter.topic, scope=letter.scope, key=letter.key, at=at, by=by, title=letter.title,
                       payload=letter.payload, path=path, purpose=purpose, due_at=due_at)
    return len(letters)


def tell_many(told: Sequence[Told], *, at: datetime, purpose: str) -> int:
    """As `tell`, for many messages in two statements. Returns how many letters they are."""
    people = {one.person.pk for one in told}
    choices = {row.person_id: row for row in NoticeChoice.objects.filter(person_id__in=among(people))}
    anything = NoticeChoice()
    letters = [
        letter for one in told if one.person.is_active
        for letter in one.letters(choices.get(one.person.pk, anything), purpose)
    ]
    enqueue_all(letters, at=at)
    return len(letters)


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
