"""A word in the SET channel: who is on SET next, and where the hand-over can be read."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from integrations.outbox import actions as outbox
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from people.models import Person
from portal.flows.delivery import queue_delivery
from set_rotation.actions import Refused
from set_rotation.choices import PlaceRole
from set_rotation.models import HandOver, HandOverTicket, Rotation
from set_rotation.queries.hand_over import crews
from tickets.rules.posts import plain


def posts_of(rotation: Rotation) -> list[Delivery]:
    """The posts about a rotation's hand-over, the latest first. One query."""
    return list(Delivery.objects.filter(key__startswith=f"hand-over-post-{rotation.pk}-").order_by("-id"))


def post_hand_over(*, hand_over: HandOver, by: Person, at: datetime) -> bool:
    """Say in the SET channel who is on SET next, once; again only when the first one was taken back. Raises `Refused`
    before it was given, and without a Mattermost."""
    if hand_over.given_at is None:
        raise Refused("It is not handed over yet.")
    if not settings.ENV.mattermost.base_url:
        raise Refused("No Mattermost is set, so there is no channel to post to.")
    rotation = hand_over.rotation
    with transaction.atomic():
        HandOver.objects.select_for_update().get(pk=hand_over.pk)
        earlier = posts_of(rotation)
        if any(one.state != State.DROPPED for one in earlier):
            return False
        path = reverse("hand_over", args=[rotation.number])
        queue_delivery(outbox.enqueue(
            topic="mattermost.post", scope=f"hand-over:{rotation.pk}", title=f"Hand-over of {rotation}", at=at, by=by,
            path=path, key=f"hand-over-post-{rotation.pk}-{len(earlier)}", purpose="hand_over",
            payload={"channel": settings.ENV.mattermost.set_channel, "message": _words(hand_over, path), "root": ""},
        ))
    return True


def _words(hand_over: HandOver, path: str) -> str:
    both = crews(hand_over.rotation)
    engineers = [place.person.name for place in both.incoming if place.person and place.role == PlaceRole.ENGINEER]
    lead = next((place.person.name for place in both.incoming if place.person and place.role == PlaceRole.LEAD), "")
    given = HandOverTicket.objects.filter(hand_over=hand_over, write__isnull=False).count()
    lines = [
        f"**{hand_over.rotation} has handed over.** " + " ".join(filter(None, [
            f"SET next: {plain(', '.join(engineers))}." if engineers else "", f"Lead: {plain(lead)}." if lead else "",
        ])),
        f"{given} open ticket{' has its' if given == 1 else 's have their'} new owner. "
        f"[Read the hand-over]({settings.PORTAL_BASE_URL}{path})",
    ]
    return "\n".join(lines)
