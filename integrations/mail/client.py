"""A message to one address, through Django's mail. It never retries: who calls it decides.

A message whose answer was lost may be there twice: it has the same Message-ID at each try, by which most mail
programs show it once.
"""

import hashlib
import re
from collections.abc import Sequence
from smtplib import (
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPException,
    SMTPHeloError,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.core.validators import validate_email

from integrations.mail.faults import NO_ADDRESS, NOT_TAKEN, MailAway, MailFault, MailRefused

TIMEOUT = 20  # seconds for a connection, and for each answer
LONGEST_SUBJECT = 200  # characters
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
NO_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f]|[\ud800-\udfff]")


class File(NamedTuple):
    """What is attached to a message. `kind`: "application/pdf"."""

    name: str
    kind: str
    content: bytes


def send(
    *, to: str, subject: str, text: str, key: str, reply_to: str = "", unsubscribe: str = "", files: Sequence[File] = ()
) -> str:
    """Hand a plain message to the mail server; returns its Message-ID, which is the key's. `reply_to`: where its answer
    goes, and then it is somebody's letter and no notice of a machine. `unsubscribe`: the address to which a mail
    program posts when its reader wants no more of these (RFC 8058). Raises `MailFault`."""
    address, identity = to.strip(), message_id(key)
    try:
        validate_email(address)
    except ValidationError as error:
        raise MailRefused(f"{address or 'Nothing'} {NO_ADDRESS}.") from error
    # Programs that answer by themselves leave a message with these alone.
    notice = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
    headers = {"Message-ID": identity} | ({} if reply_to else notice)
    if unsubscribe:
        headers |= {"List-Unsubscribe": f"<{one_line(unsubscribe)}>",
                    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    message = EmailMessage(
        subject=one_line(subject), body=NO_TEXT.sub("", text.replace("\r\n", "\n")), to=[address], headers=headers,
        reply_to=[one_line(reply_to)] if reply_to else None,
        connection=get_connection(timeout=TIMEOUT), attachments=[(one.name, one.content, one.kind) for one in files],
    )
    try:
        message.send()
    except (SMTPException, OSError) as error:
        raise _fault(error, address) from error
    return identity


def message_id(key: str) -> str:
    """The Message-ID of the message with this key: the same at each try."""
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip(" >") or "localhost"
    return f"<set-{hashlib.sha256(key.encode()).hexdigest()[:32]}@{host}>"


def one_line(text: str) -> str:
    """A subject as a header takes it: one line, of a bearable length."""
    return " ".join(NO_TEXT.sub("", UNSEEN.sub(" ", text)).split())[:LONGEST_SUBJECT]


def _fault(error: Exception, address: str) -> MailFault:
    detail = f"{type(error).__name__}: {error}"
    match error:
        case SMTPRecipientsRefused():
            code, said = next(iter(error.recipients.values()), (550, b"no reason given"))
            return _refusal(f"{NOT_TAKEN} {address}", code, said)
        case SMTPAuthenticationError():
            return MailAway("The mail server refuses the sign-in: check EMAIL_URL.", detail=detail)
        case SMTPConnectError() | SMTPHeloError():
            # It is us whom it does not want to talk to, not this message.
            return MailAway(f"The mail server does not talk to the portal ({error.smtp_code}).", detail=detail)
        case SMTPSenderRefused():
            sender = settings.DEFAULT_FROM_EMAIL
            return _refusal(f"The mail server does not take mail from {sender}", error.smtp_code, error.smtp_error)
        case SMTPResponseException():
            return _refusal("The mail server did not take the message", error.smtp_code, error.smtp_error)
        case _:
            return MailAway("The mail server cannot be reached, or broke off.", detail=detail)


def _refusal(words: str, code: int, said: bytes | str) -> MailFault:
    reason = said.decode(errors="replace") if isinstance(said, bytes) else said
    kind = MailRefused if code >= 500 else MailAway
    return kind(f"{words} ({code}): {' '.join(reason.split())[:300]}", status=code)
