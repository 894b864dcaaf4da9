"""The header of SET's channel is kept right: at each change of duty, and looked at now and then for what people did."""

from datetime import datetime

import structlog
from django.conf import settings
from django.urls import reverse

from integrations.mattermost import MattermostClient, MattermostFault
from integrations.outbox import actions as outbox
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from portal.flows.senders.header import look_at
from set_rotation.queries.header import any_rotation

log = structlog.get_logger(__name__)
TOPIC, SCOPE = "mattermost.header", "mattermost:header"


def header_changed(at: datetime) -> Delivery | None:
    """Put the header on its way: duty has changed. None: no Mattermost is configured, or one is on its way that will
    see what holds by then."""
    if not settings.ENV.mattermost.base_url:
        return None
    mine = Delivery.objects.filter(scope=SCOPE)
    if mine.filter(state__in=[State.WAITING, State.UNKNOWN]).exists():
        return None
    for failed in mine.filter(state=State.FAILED, unanswered_at__isnull=True):
        outbox.drop(delivery=failed, by=None, at=at, words="a newer one is on its way")
    return outbox.enqueue(
        topic=TOPIC, scope=SCOPE, key=f"header-{at:%Y%m%d%H%M%S%f}", at=at, payload={},
        title=f"Say in the header of ~{settings.ENV.mattermost.set_channel} who is on SET",
        path=reverse("set_rotation:on_call"),
    )


def check_header(at: datetime) -> bool:
    """Look whether the header still says who is on duty; if not, put it on its way. Returns whether it was right."""
    if not settings.ENV.mattermost.base_url or not any_rotation():
        return True
    try:
        with MattermostClient(settings.ENV.mattermost) as client:
            look = look_at(client, at)
    except MattermostFault as fault:
        log.info("the channel's header was not looked at", reason=fault.words)
        return False
    if not look.right and look.wanted.text:
        header_changed(at)
    return look.right
