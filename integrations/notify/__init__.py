"""The door to phones, SMS, push and pager products, through the library Apprise."""

from integrations.notify.client import check, send
from integrations.notify.faults import NotifyAway, NotifyFault, NotifyRefused

__all__ = ["NotifyAway", "NotifyFault", "NotifyRefused", "check", "send"]
