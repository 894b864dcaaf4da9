"""Mail. Payload of mail.send: to (one address), subject, text (plain), reply_to (an address, or none),
unsubscribe (a web address that ends such mails, or none), files (what is attached: name, kind, base64; or none).

At least once: what it cannot look for is sent again, with the same Message-ID.
"""

from base64 import b64decode

from integrations import mail
from integrations.outbox.actions import Sent
from integrations.outbox.models import Delivery
from portal.flows.senders.base import still_mine


def send(delivery: Delivery) -> Sent:
    """Hand it to the mail server."""
    told = delivery.payload
    still_mine(delivery)()
    identity = mail.send(to=told["to"], subject=told["subject"], text=told["text"], key=delivery.key,
                         reply_to=told.get("reply_to", ""), unsubscribe=told.get("unsubscribe", ""),
                         files=[mail.File(one["name"], one["kind"], b64decode(one["base64"]))
                                for one in told.get("files", ())])
    return Sent(identity[:80])
