"""How somebody is reached, and of what they are told: each person's own choices. An address is written nowhere else."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from integrations.outbox.choices import State
from people.models import Person
from set_rotation.actions.base import Refused, record
from set_rotation.choices import ContactKind, Urgency, What
from set_rotation.models import ContactMethod, ContactRule, NoticeChoice, Page, PageAttempt
from set_rotation.queries.contacts import own_ladder
from set_rotation.rules.addresses import masked
from set_rotation.rules.contacts import Rung, ladder_words, refusal_of

MOST_METHODS = 10
KEPT = timedelta(days=1)  # so long a removed address can be brought back; then it is forgotten
NOTICES = {
    "mattermost": "by Mattermost", "mail": "by mail", "week_before": "a week before", "day_before": "a day before",
    "at_start": "at the start", "at_end": "at the end", "look_at_questions": "to look at questions",
}


@transaction.atomic
def add_method(*, person: Person, label: str, address: str, by: Person, at: datetime) -> ContactMethod:
    """Give somebody another way to be reached: an address of Apprise that was checked before.

    Raises `Refused` for more than `MOST_METHODS`, and for an address or a name that they have already.
    """
    _take_turns(person)
    present = list(ContactMethod.objects.filter(person=person, kind=ContactKind.APPRISE, removed_at__isnull=True))
    if len(present) >= MOST_METHODS:
        raise Refused(f"{MOST_METHODS} are enough: remove one that you no longer use.")
    for other in present:
        if other.address == address.strip():
            raise Refused(f"That is the address of “{other.label}” already.")
        if other.label.casefold() == label.casefold():
            raise Refused(f"“{other.label}” is there already: choose another name.")
    made = ContactMethod.objects.create(person=person, kind=ContactKind.APPRISE, label=label, address=address.strip(),
                                        added_at=at)
    record(What.CONTACT_ADDED, at=at, by=by, person=person, to_value=_shown(made))
    return made


@transaction.atomic
def remove_method(*, method: ContactMethod, by: Person, at: datetime) -> None:
    """Reach somebody that way no longer, from now on. Raises `Refused` for Mattermost and mail, and for one removed."""
    _take_turns(method.person)
    if method.kind != ContactKind.APPRISE:
        raise Refused(f"{method.label} stays: it is where pages reach you when nothing else does.")
    removed = ContactMethod.objects.filter(pk=method.pk, removed_at__isnull=True).update(removed_at=at)
    if not removed:
        raise Refused(f"“{method.label}” was removed already.")
    record(What.CONTACT_REMOVED, at=at, by=by, person=method.person, from_value=_shown(method))


@transaction.atomic
def bring_back(*, method: ContactMethod, by: Person, at: datetime) -> None:
    """Take a removal back, with its steps. Raises `Refused` once its address is forgotten or there are too many."""
    _take_turns(method.person)
    stored = ContactMethod.objects.get(pk=method.pk)
    present = ContactMethod.objects.filter(person=stored.person_id, kind=ContactKind.APPRISE, removed_at__isnull=True)
    if stored.removed_at is None:
        raise Refused(f"“{stored.label}” is there.")
    if not stored.address:
        raise Refused(f"The address of “{stored.label}” was forgotten a day after it was removed: add it again.")
    if present.count() >= MOST_METHODS:
        raise Refused(f"{MOST_METHODS} are enough: remove one that you no longer use.")
    if present.filter(address=stored.address).exists():
        raise Refused(f"The address of “{stored.label}” was added again meanwhile.")
    stored.removed_at = None
    stored.save(update_fields=["removed_at"])
    record(What.CONTACT_BACK, at=at, by=by, person=stored.person, to_value=_shown(stored))


def forget_removed(*, at: datetime) -> int:
    """Forget the addresses that were removed more than `KEPT` ago. Returns how many."""
    old = ContactMethod.objects.filter(kind=ContactKind.APPRISE, removed_at__lt=at - KEPT).exclude(address="")
    return old.update(address="")


@transaction.atomic
def set_rules(*, person: Person, urgency: Urgency, rungs: Sequence[Rung], by: Person, at: datetime) -> None:
    """Reach somebody by these steps, and no others, when a page of this urgency comes to them. None: as everybody is
    reached who chose nothing. Raises `Refused` for a ladder that cannot be, and for a way that is not theirs."""
    _take_turns(person)
    refusal = refusal_of(rungs)
    if refusal:
        raise Refused(refusal)
    before = ladder_words(own_ladder(person.pk, urgency))
    present = {str(method.pk): method
               for method in ContactMethod.objects.filter(person=person, removed_at__isnull=True)}
    rows = [ContactRule(person=person, urgency=urgency, minutes=rung.minutes,
                        method=_method(person, rung.target, present, at)) for rung in rungs]
    # Those of a removed way stay, so that it comes back with its steps.
    ContactRule.objects.filter(person=person, urgency=urgency, method__removed_at__isnull=True).delete()
    ContactRule.objects.bulk_create(rows)
    after = ladder_words(own_ladder(person.pk, urgency))
    if before != after:
        record(What.RULES_CHANGED, at=at, by=by, person=person, from_value=f"{urgency.label}: {before}",
               to_value=f"{urgency.label}: {after}")


def _method(person: Person, target: str, present: Mapping[str, ContactMethod], at: datetime) -> ContactMethod:
    if target in {ContactKind.MATTERMOST, ContactKind.MAIL}:
        return plain_method(person=person, kind=ContactKind(target), at=at)
    if target not in present:
        raise Refused("One of these ways was removed meanwhile: look again.")
    return present[target]


def plain_method(*, person: Person, kind: ContactKind, at: datetime) -> ContactMethod:
    """Somebody's Mattermost or mail as a row: everybody has both, but most rows are never needed."""
    found, _ = ContactMethod.objects.get_or_create(
        person=person, kind=kind, removed_at=None, defaults={"label": kind.label, "added_at": at}
    )
    return found


@transaction.atomic
def choose_notices(*, person: Person, choices: Mapping[str, bool], by: Person, at: datetime) -> None:
    """Of what somebody is told, and by which way (`NOTICES`). Raises `Refused` for neither Mattermost nor mail."""
    _take_turns(person)
    if not (choices["mattermost"] or choices["mail"]):
        raise Refused("Choose Mattermost, mail or both: a duty that nobody tells you of is a duty missed.")
    stored = NoticeChoice.objects.filter(person=person).first() or NoticeChoice(person=person)
    before = _chosen(stored)
    for name in NOTICES:
        setattr(stored, name, choices[name])
    stored.save()
    if before != _chosen(stored):
        record(What.NOTICES_CHANGED, at=at, by=by, person=person, from_value=before, to_value=_chosen(stored))


@transaction.atomic
def verify_from(page: Page, person: Person, at: datetime) -> int:
    """Somebody acknowledged a test page that was meant for them: each way by which it had reached them is proven.
    Nothing happens for any other page. Returns how many ways it proved; call it in the acknowledgement's transaction.
    """
    if not page.test or page.only_to_id != person.pk:
        return 0
    attempts = PageAttempt.objects.filter(page=page, person=person, delivery__state=State.SENT).select_related("method")
    reached: dict[int, ContactMethod] = {}
    for attempt in attempts:
        method = attempt.method
        if method is None and attempt.kind in {ContactKind.MATTERMOST, ContactKind.MAIL}:
            method = plain_method(person=person, kind=ContactKind(attempt.kind), at=at)
        if method is not None and method.removed_at is None:
            reached[method.pk] = method
    new = [method for method in reached.values() if method.verified_at is None]
    ContactMethod.objects.filter(pk__in=reached).update(verified_at=at)
    if new:
        record(What.CONTACT_VERIFIED, at=at, by=person, person=person,
               to_value=", ".join(sorted(map(_shown, new))))
    return len(reached)


@transaction.atomic
def verify_late(page_id: int, at: datetime) -> int:
    """A message of this page is known to have left. Whoever is quick acknowledges a test page before that is noted: it
    proves its way all the same. Waits for an answer that is being written. Returns how many ways are proven."""
    page = Page.objects.select_for_update(no_key=True).filter(pk=page_id, test=True).first()
    if page is None or page.acknowledged_by_id is None or page.acknowledged_by_id != page.only_to_id:
        return 0
    return verify_from(page, Person.objects.get(pk=page.acknowledged_by_id), at)


def _take_turns(person: Person) -> None:
    """Two tabs of one person do it one after the other."""
    Person.objects.select_for_update(no_key=True).get(pk=person.pk)


def _shown(method: ContactMethod) -> str:
    return f"{method.label} ({masked(method.address)})" if method.address else method.label


def _chosen(choice: NoticeChoice) -> str:
    return ", ".join(words for name, words in NOTICES.items() if getattr(choice, name)) or "nothing"
