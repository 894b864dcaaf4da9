"""What is to leave, and what became of it."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.expressions import RawSQL

from integrations.outbox.choices import ON_ITS_WAY, OPEN, STUCK, State, What
from integrations.outbox.rules import DEADLY
from portal.common import locks
from portal.common.models import Event
from portal.common.set_back import BACK

_NOBODY_HOLDS_IT = """NOT EXISTS (
    SELECT 1 FROM pg_locks
    WHERE locktype = 'advisory' AND classid::bigint = %s AND objid::bigint = outbox_delivery.id %% 2147483648
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
)"""


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def open(self) -> Self:
        """Neither sent nor dropped."""
        return self.filter(state__in=OPEN)

    def stuck(self) -> Self:
        """Those that wait for a person."""
        return self.filter(state__in=STUCK)

    def due(self, at: datetime) -> Self:
        """Those that may be claimed: their time has come, no worker holds them, none before them of their scope is
        still on its way, what they come after is through, and their door has not asked to wait."""
        earlier = Delivery.objects.filter(scope=OuterRef("scope"), state__in=ON_ITS_WAY, id__lt=OuterRef("id"))
        before = Delivery.objects.filter(id=OuterRef("after_id"), state__in=OPEN)
        free = Q(state__in=[State.WAITING, State.UNKNOWN]) | Q(state=State.SENDING, claimed_until__lte=at)
        found = self.filter(free, due_at__lte=at).exclude(Exists(earlier)).exclude(Exists(before))
        for door in DoorHold.objects.filter(until__gt=at, at__lte=at + BACK).values_list("door", flat=True):
            found = found.exclude(topic__startswith=f"{door}.")
        return found

    def orphans(self, at: datetime) -> Self:
        """Those whose worker is gone though its claim is not over: whoever sends holds a lock of the database meanwhile
        (`locks.DELIVERIES`), and lets go of it only once the row says what became of it."""
        held = self.filter(state=State.SENDING, claimed_until__gt=at, attempts__lt=DEADLY)
        nobody = RawSQL(_NOBODY_HOLDS_IT, [locks.DELIVERIES], models.BooleanField())  # noqa: S611  (a constant)
        return held.filter(nobody)

    def noted_ahead(self, at: datetime) -> Self:
        """Those that wait since a moment which has not come yet: a clock was ahead, and was set back."""
        soon = at + BACK
        return self.filter(state__in=[State.WAITING, State.UNKNOWN], due_at__gt=soon, noted_at__gt=soon)

    def untold(self, at: datetime) -> Self:
        """Those whose rooms have not been told what became of them: whoever had to do it is gone."""
        return self.filter(tell_at__lte=at)


class DoorHold(models.Model):
    """Another system asked everybody to wait, at this time: nothing is asked of it before `until`. One that was asked
    for at a time which has not come yet counts for nothing: a clock was ahead, and was set back."""

    door = models.CharField(primary_key=True, max_length=40)
    at = models.DateTimeField()
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.door} until {self.until:%H:%M:%S}"


class Delivery(models.Model):
    """One write to another system. Those of one `scope` leave one after the other, in the order of their ids.

    `key` is the marker by which a write whose answer was lost is found again over there; it is never used twice.
    """

    key = models.CharField(max_length=64, unique=True)
    topic = models.CharField(max_length=40)  # which sender: "jira.change", "mattermost.post"
    purpose = models.CharField(max_length=40, blank=True)  # whose it is: told when its state changes
    scope = models.CharField(max_length=120)
    title = models.CharField(max_length=300)  # in words: "Move MM-12 to Submitted"
    path = models.CharField(max_length=300, blank=True)  # the page of the portal that it belongs to
    payload = models.JSONField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    question = models.JSONField(null=True)  # what a person has to answer first
    # Not sent while this one is open: a bug is not closed before the comment that says why.
    after = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    noted_at = models.DateTimeField()  # when it was last put on its way, or off
    attempts = models.IntegerField(default=0)
    own_faults = models.IntegerField(default=0)
    looks = models.IntegerField(default=0)  # how often it was looked for and not found since `unanswered_at`
    unanswered_at = models.DateTimeField(null=True)  # since then it may have taken effect, and nobody knows
    claimed_until = models.DateTimeField(null=True)
    claim = models.CharField(max_length=32, blank=True)
    sent_at = models.DateTimeField(null=True)
    # Its state has changed and its room is being told; the tick tells it from then on. Null: told.
    tell_at = models.DateTimeField(null=True)
    remote_id = models.CharField(max_length=80, blank=True)
    remote_url = models.CharField(max_length=500, blank=True)
    fault = models.TextField(blank=True)  # in words, for whoever looks at the page
    detail = models.TextField(blank=True)  # for whoever mends it

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=State.SENDING) | Q(claimed_until__isnull=False), name="what_is_being_sent_is_claimed"
            ),
            models.CheckConstraint(
                condition=~Q(state=State.ASKING) | Q(question__isnull=False), name="what_asks_has_a_question"
            ),
            models.CheckConstraint(
                condition=~Q(state=State.SENT) | Q(sent_at__isnull=False), name="what_is_sent_says_when"
            ),
        ]
        indexes = [
            # What is open is a handful among all that was ever sent.
            models.Index(fields=["due_at"], condition=Q(state__in=ON_ITS_WAY), name="deliveries_on_their_way"),
            models.Index(fields=["scope", "id"], condition=Q(state__in=ON_ITS_WAY), name="deliveries_of_a_scope"),
            models.Index(fields=["-id"], condition=Q(state__in=OPEN), name="deliveries_open"),
            models.Index(fields=["tell_at"], condition=Q(tell_at__isnull=False), name="deliveries_to_tell"),
            models.Index(fields=["purpose", "-id"], name="deliveries_of_a_purpose"),
            # By how a path begins; the index that every column could have knows the whole path alone.
            models.Index(OpClass("path", name="varchar_pattern_ops"), name="deliveries_of_a_path"),
            models.Index(F("sent_at").desc(), condition=Q(state=State.SENT), name="deliveries_sent"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def door(self) -> str:
        """The other system: "jira" or "mattermost"."""
        return self.topic.partition(".")[0]


class DeliveryEvent(Event):
    """What befell a delivery. `to_value` holds the words that the page shows."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="events")
    what = models.CharField(max_length=60, choices=What.choices)

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["delivery", "at"], name="events_of_a_delivery")]
