"""Posts to Mattermost.

Payloads:
  mattermost.post    channel (name), message, root (post id, or ""), incident (its number, or none: into its channel,
                     whatever that is named by now)
  mattermost.direct  username and email (either may be ""), message: a direct message of the bot
  mattermost.edit    post (its id) or of (the key of the delivery that posted it), message; channel (and incident), or
                     none: where it is posted if somebody has deleted that post
"""

import contextlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q

from incidents.models import Incident
from integrations.mattermost import MattermostClient, MattermostMissing, MattermostRefused, Post
from integrations.outbox.actions import Sent
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from portal.flows.senders.base import still_mine

# Mattermost's clock and ours may differ; what was posted an hour before is looked through too.
CLOCKS_DIFFER = timedelta(hours=1)


def post(delivery: Delivery) -> Sent:
    """Post, marked with the delivery's key."""
    told = delivery.payload
    with _client() as client:
        channel = _channel(client, told)
        client.me()  # whatever has to be asked first is asked before the claim is renewed
        still_mine(delivery)()
        made = client.post(channel, told["message"], key=delivery.key, root=told.get("root", ""))
    return Sent(made.id, made.url)


def find_post(delivery: Delivery) -> Sent | None:
    """The post that an earlier request made."""
    with _client() as client:
        channel = _channel(client, delivery.payload)
        found = client.find(channel, delivery.key, delivery.created_at - CLOCKS_DIFFER)
    return Sent(found.id, found.url, found=True) if found else None


def _channel(client: MattermostClient, told: Mapping[str, Any]) -> str:
    """The id of the channel. Raises `MattermostRefused` for an archived one."""
    known = Incident.objects.filter(pk=int(told["incident"])).first() if told.get("incident") else None
    if known is not None and known.channel_id and known.channel == told["channel"]:
        with contextlib.suppress(MattermostMissing):
            found = client.channel_by_id(known.channel_id)
            if found.archived:
                raise MattermostRefused(f"The channel ~{found.name} is archived. Restore it, then try again.")
            return found.id
    return client.channel(told["channel"])


def direct(delivery: Delivery) -> Sent:
    """Write to somebody alone, marked with the delivery's key."""
    with _client() as client:
        channel = _direct(client, delivery)
        still_mine(delivery)()
        made = client.post(channel, delivery.payload["message"], key=delivery.key)
    return Sent(made.id, made.url)


def find_direct(delivery: Delivery) -> Sent | None:
    """The message that an earlier request wrote."""
    with _client() as client:
        found = client.find(_direct(client, delivery), delivery.key, delivery.created_at - CLOCKS_DIFFER)
    return Sent(found.id, found.url, found=True) if found else None


def _direct(client: MattermostClient, delivery: Delivery) -> str:
    return client.direct(delivery.payload.get("username", ""), delivery.payload.get("email", ""))


def edit(delivery: Delivery) -> Sent:
    """Give a post another text; twice does no harm. One that a newer text has overtaken is over without a word."""
    with _client() as client:
        post_id = _post_id(delivery)
        newer = Delivery.objects.filter(scope=delivery.scope, id__gt=delivery.id, state=State.SENT)
        same = newer.filter(topic=delivery.topic, payload__of=delivery.payload.get("of"))
        if delivery.payload.get("of") and same.exists():
            return Sent(post_id, found=True, note="a newer text is there")
        still_mine(delivery)()
        try:
            made = client.edit(post_id, delivery.payload["message"])
        except MattermostMissing:
            if not delivery.payload.get("channel"):
                raise
            made = _posted_anew(client, delivery)
    return Sent(made.id, made.url)


def _posted_anew(client: MattermostClient, delivery: Delivery) -> Post:
    """The post that was to be edited is gone: the text is posted, unless an earlier request has done so."""
    channel = _channel(client, delivery.payload)
    found = client.find(channel, delivery.key, delivery.created_at - CLOCKS_DIFFER)
    still_mine(delivery)()
    return found or client.post(channel, delivery.payload["message"], key=delivery.key)


def _post_id(delivery: Delivery) -> str:
    told = delivery.payload
    # The newest of those that wrote it: where the post was deleted, an earlier correction is another post.
    wrote = Delivery.objects.filter(Q(key=told.get("of")) | Q(topic="mattermost.edit", payload__of=told.get("of")),
                                    state=State.SENT, id__lt=delivery.id) if told.get("of") else Delivery.objects.none()
    found = told.get("post") or wrote.order_by("-id").values_list("remote_id", flat=True).first()
    if not found:
        raise MattermostRefused("The post that this corrects has not arrived itself. Mend that first, then try again.")
    return str(found)


def _client() -> MattermostClient:
    if not settings.ENV.mattermost.base_url:
        raise MattermostRefused("No Mattermost is configured: set MATTERMOST_BASE_URL and its token.")
    return MattermostClient(settings.ENV.mattermost)
