"""What the worker does for this room."""

from celery import shared_task

from portal.common import clock
from portal.flows.header import check_header


@shared_task(name="set_rotation.check_header")
def check_channel_header() -> None:
    """Somebody may have edited the channel's header by hand."""
    check_header(clock.now())
