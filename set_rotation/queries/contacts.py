"""How people are reached when they are paged."""

from collections import defaultdict
from collections.abc import Collection

from django.conf import settings

from set_rotation.choices import ContactKind, Urgency
from set_rotation.models import ContactMethod, ContactRule
from set_rotation.rules.addresses import channel_of
from set_rotation.rules.contacts import ContactStep, RuleFact, ladder_words, steps_of

CHANNELS = {"chat": "Mattermost", "mail": "mail", "push": "push", "sms": "SMS", "call": "call"}


def contacts_of(
    people: Collection[int], urgency: Urgency, *, every: bool = False
) -> dict[int, tuple[ContactStep, ...]]:
    """By person's id, the steps by which each is reached when a page of this urgency comes to them, sorted by minutes.

    Everybody who was asked for is in the answer, with one step at least. `every`: each way that they have, at once;
    that is how a test page comes, which is to prove all of them. One query.
    """
    facts = _every_way(people) if every else _rules(people, urgency)
    return {person: steps_of(facts[person], chat=has_chat()) for person in people}


def _rules(people: Collection[int], urgency: Urgency) -> defaultdict[int, list[RuleFact]]:
    facts: defaultdict[int, list[RuleFact]] = defaultdict(list)
    rows = ContactRule.objects.filter(person__in=people, urgency=urgency, method__removed_at__isnull=True).values_list(
        "person_id", "minutes", "method__kind", "method_id", "method__label", "method__verified_at"
    )
    for person, minutes, kind, method, label, verified_at in rows:
        facts[person].append(RuleFact(minutes, ContactKind(kind), method, label, verified_at is not None))
    return facts


def _every_way(people: Collection[int]) -> defaultdict[int, list[RuleFact]]:
    """Each method as a rule of no minutes; Mattermost and mail also where nobody has set them up."""
    facts: defaultdict[int, list[RuleFact]] = defaultdict(list)
    for method in ContactMethod.objects.filter(person__in=people, removed_at__isnull=True):
        fact = RuleFact(0, ContactKind(method.kind), method.pk, method.label, method.verified_at is not None)
        facts[method.person_id].append(fact)
    for person in people:
        present = {fact.kind for fact in facts[person]}
        facts[person] += [RuleFact(0, kind, None, str(kind.label), True)
                          for kind in (ContactKind.MATTERMOST, ContactKind.MAIL) if kind not in present]
    return facts


def reach_words(people: Collection[int], urgency: Urgency = Urgency.URGENT) -> dict[int, str]:
    """How each is reached by a page, for everybody's eyes: "Mattermost at once, SMS after 5 min". One query."""
    facts: defaultdict[int, list[RuleFact]] = defaultdict(list)
    rows = ContactRule.objects.filter(person__in=people, urgency=urgency, method__removed_at__isnull=True)
    for rule in rows.select_related("method"):
        facts[rule.person_id].append(RuleFact(
            rule.minutes, ContactKind(rule.method.kind), rule.method_id, way_word(rule.method),
            rule.method.verified_at is not None,
        ))
    return {person: ladder_words(steps_of(facts[person], chat=has_chat())) for person in people}


def way_word(method: ContactMethod) -> str:
    """A way for everybody's eyes: by what it does, and not by what its owner calls it, which may be a number."""
    kind = ContactKind(method.kind)
    # The address of one that was removed long ago is forgotten.
    known = kind == ContactKind.APPRISE and bool(method.address)
    return CHANNELS[channel_of(method.address)] if known else str(kind.label)


def has_chat() -> bool:
    """Whether a Mattermost is configured."""
    return bool(settings.ENV.mattermost.base_url)


def own_ladder(person: int, urgency: Urgency) -> tuple[ContactStep, ...]:
    """What somebody chose, or what everybody gets who chose nothing, as it is shown to them. One query."""
    return contacts_of([person], urgency)[person]


def method_to_send(method: int) -> ContactMethod | None:
    """A way to reach somebody with its person, removed or not; None where there is none. One query."""
    return ContactMethod.objects.select_related("person").filter(pk=method).first()
