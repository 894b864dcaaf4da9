"""The door to the mail server: the one place that hands it a message."""

from integrations.mail.client import File, message_id, send
from integrations.mail.faults import MailAway, MailFault, MailRefused, nobody_there

__all__ = ["File", "MailAway", "MailFault", "MailRefused", "message_id", "nobody_there", "send"]
