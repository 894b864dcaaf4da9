"""The words of the outbox."""

from django.db import models


class State(models.TextChoices):
    """Where a delivery stands. The first three are on their way and keep later ones of their scope waiting."""

    WAITING = "waiting", "Waiting"
    SENDING = "sending", "Being sent"
    UNKNOWN = "unknown", "Sent, without an answer yet"
    ASKING = "asking", "Needs an answer"
    FAILED = "failed", "Failed"
    SENT = "sent", "Sent"
    DROPPED = "dropped", "Dropped"


ON_ITS_WAY = (State.WAITING, State.SENDING, State.UNKNOWN)
OPEN = (*ON_ITS_WAY, State.ASKING, State.FAILED)
STUCK = (State.ASKING, State.FAILED)


class What(models.TextChoices):
    """What a delivery's event says."""

    ENQUEUED = "enqueued", "put on its way"
    SENT = "sent", "sent"
    FOUND = "found", "found there already"
    UNANSWERED = "unanswered", "got no answer"
    POSTPONED = "postponed", "put off"
    ASKED = "asked", "needs an answer"
    ANSWERED = "answered", "answered"
    FAILED = "failed", "was refused"
    RETRIED = "retried", "tried again by hand"
    DROPPED = "dropped", "dropped"
