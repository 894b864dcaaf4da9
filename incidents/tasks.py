"""The worker's part of this room."""

from celery import shared_task

from portal.common import clock
from portal.flows.incidents.chat import read_chats as read


@shared_task(name="incidents.read_chats")
def read_chats() -> None:
    """What was marked in the channels of open incidents comes onto their timelines."""
    read(at=clock.now())
