"""How people are reached when they are paged."""

from collections import defaultdict
from collections.abc import Collection

from django.conf import settings

from set_rotation.choices import ContactKind, Urgency
from set_rotation.models import ContactMethod, ContactRule
from set_rotation.rules.contacts import ContactStep, RuleFact, steps_of


def contacts_of(people: Collection[int], urgency: Urgency) -> dict[int, tuple[ContactStep, ...]]:
    """By person's id, the steps by which each is reached when a page of this urgency comes to them, sorted by minutes.

    Everybody who was asked for is in the answer, with one step at least. One query.
    """
    facts: defaultdict[int, list[RuleFact]] = defaultdict(list)
    rows = ContactRule.objects.filter(person__in=people, urgency=urgency, method__removed_at__isnull=True).values_list(
        "person_id", "minutes", "method__kind", "method_id", "method__label", "method__verified_at"
    )
    for person, minutes, kind, method, label, verified_at in rows:
        facts[person].append(RuleFact(minutes, ContactKind(kind), method, label, verified_at is not None))
    return {person: steps_of(facts[person], chat=has_chat()) for person in people}


def has_chat() -> bool:
    """Whether a Mattermost is configured."""
    return bool(settings.ENV.mattermost.base_url)


def method_to_send(method: int) -> ContactMethod | None:
    """A way to reach somebody with its person, removed or not; None where there is none. One query."""
    return ContactMethod.objects.select_related("person").filter(pk=method).first()
