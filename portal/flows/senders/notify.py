"""Phones, SMS, push and pager products. Payload of notify.send: method (id of a ContactMethod), title, body.

At least once: what was not answered is sent again. The address is a secret. It is read from the method at the moment of
sending, stands in no payload, and is taken out of every word that comes back.
"""

from integrations import notify
from integrations.notify import NotifyRefused
from integrations.outbox.actions import Sent
from integrations.outbox.models import Delivery
from portal.flows.senders.base import still_mine
from set_rotation.queries.contacts import method_to_send
from set_rotation.rules.addresses import without_secrets


def send(delivery: Delivery) -> Sent:
    """Hand it to the service behind the address."""
    told = delivery.payload
    method = method_to_send(int(told["method"]))
    if method is None:
        raise NotifyRefused("This way to reach somebody is gone: nothing was sent.")
    if method.removed_at is not None:
        raise NotifyRefused(f"{method.person.name} removed this way to reach them meanwhile: nothing was sent.")
    if not method.address:
        raise NotifyRefused("This way to reach somebody has no address: nothing was sent.")
    still_mine(delivery)()
    try:
        service = notify.send(method.address, str(told["title"]), str(told["body"]))
    except notify.NotifyFault as fault:
        words, detail = (without_secrets(text, method.address) for text in (fault.words, fault.detail))
        raise type(fault)(words, detail=detail) from None
    return Sent(note=f"taken by {service}"[:200])
