"""Letters to those who follow a customer's private page: asked once more before they leave, and ended where nobody is.
"""

import contextlib
from datetime import datetime

from incidents.actions.subscribing import note_unreachable, still_asked, still_wanted
from integrations.mail import nobody_there
from integrations.outbox import actions as outbox
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from portal.common import clock


def needless_letter(delivery: Delivery) -> str:
    """Why a letter about an update is not to leave any more: its reader left, or the page was revoked or is over
    meanwhile; or ""."""
    return "" if still_wanted(delivery.key, clock.now()) else "whoever it goes to does not follow any more"


def needless_question(delivery: Delivery) -> str:
    """Why somebody is not to be asked any more whether they want letters: there is nothing to follow meanwhile; or "".
    """
    return "" if still_asked(delivery.key, clock.now()) else "there is no page to follow any more"


def tell_letter(delivery: Delivery, at: datetime) -> None:
    """A letter, or the question whether somebody wants them, has changed its state. Where the mail server says that
    nobody is there, its reader is written to no more, and nobody is asked to try again; another refusal waits for a
    person."""
    if delivery.state != State.FAILED or not nobody_there(delivery.fault):
        return
    note_unreachable(key=delivery.key, at=at)
    with contextlib.suppress(outbox.NotOpen):  # somebody tries it again at this moment: it is told again
        outbox.drop(delivery=delivery, by=None, at=at, words="nobody is there, says the mail server")
        delivery.refresh_from_db(fields=["state"])
