"""Pages (the paging kind), the policy they follow, and how each person is reached."""

from django.db import models
from django.db.models import Q

from integrations.outbox.models import Delivery
from people.models import Person
from portal.common.models import Event, Shipped
from set_rotation.choices import ContactKind, PageSource, PageState, Seat, Urgency


class PagePolicy(Shipped):
    """Who is paged when, for an urgency. `steps`: a list of {"seat", "minutes"}: `minutes` after the step before (the
    first: after the page). After the last step it goes on from the top after `again` minutes, `rounds` times at most.
    An acknowledged page that is neither resolved nor touched for `stale` minutes pages again (0: never)."""

    urgency = models.CharField(max_length=10, choices=Urgency.choices, unique=True)
    steps = models.JSONField()
    again = models.PositiveSmallIntegerField(default=10)
    rounds = models.PositiveSmallIntegerField(default=3)
    stale = models.PositiveSmallIntegerField(default=30)

    class Meta:
        ordering = ["-urgency"]
        verbose_name_plural = "page policies"

    def __str__(self) -> str:
        return Urgency(self.urgency).label


class PageQuerySet(models.QuerySet["Page"]):
    def unresolved(self) -> "PageQuerySet":
        """Those that somebody still has to do something about."""
        return self.exclude(state=PageState.RESOLVED)


class Page(models.Model):
    """Somebody is needed now. `key` is unique: the same reason twice is one page. `policy` is as it was at the moment
    of paging; who holds a seat is looked up at each step.

    The ladder stands at `round` and `step`, which is done at `due_at`; `token` changes with each answer: a timer that
    was set before it is nothing.
    """

    key = models.CharField(max_length=120, unique=True)
    urgency = models.CharField(max_length=10, choices=Urgency.choices)
    reason = models.CharField(max_length=200)
    details = models.TextField(blank=True)
    path = models.CharField(max_length=500, blank=True)  # where it came from: a page of the portal, or an address
    source = models.CharField(max_length=12, choices=PageSource.choices)
    state = models.CharField(max_length=14, choices=PageState.choices, default=PageState.OPEN)
    policy = models.JSONField()
    round = models.PositiveSmallIntegerField(default=1)
    step = models.PositiveSmallIntegerField(default=0)  # the next step to do, from 0
    token = models.CharField(max_length=32)
    due_at = models.DateTimeField(null=True, blank=True)  # when that step is due; null: the ladder stands still
    # A test page, or one that was reassigned, goes to this person and to no seat.
    only_to = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    from_whom = models.CharField(max_length=200, blank=True)  # a sender outside the portal
    at = models.DateTimeField()
    acknowledged_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    acknowledged_at = models.DateTimeField(null=True, blank=True)  # the first time
    resolved_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    resolved_at = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    test = models.BooleanField(default=False)

    objects = PageQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=PageState.RESOLVED) | Q(resolved_at__isnull=False),
                name="a_resolved_page_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(state=PageState.SNOOZED) | Q(snoozed_until__isnull=False),
                name="a_snoozed_page_says_until_when",
            ),
        ]
        indexes = [
            models.Index(fields=["-at"], condition=~Q(state=PageState.RESOLVED), name="pages_unresolved"),
            models.Index(fields=["-at"], name="pages_by_time"),
            models.Index(fields=["acknowledged_by", "acknowledged_at"], name="pages_answered"),
            models.Index(fields=["due_at"], condition=Q(state=PageState.OPEN), name="pages_by_next_step"),
        ]

    def __str__(self) -> str:
        return f"page {self.pk}"


class ContactMethod(models.Model):
    """A way to reach a person. `address` (of Apprise) is a secret; Mattermost and mail are where the person is."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="contact_methods")
    kind = models.CharField(max_length=12, choices=ContactKind.choices)
    label = models.CharField(max_length=60)
    address = models.CharField(max_length=1000, blank=True)
    added_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["kind", "label", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "kind"], condition=Q(removed_at__isnull=True) & ~Q(kind=ContactKind.APPRISE),
                name="one_mattermost_and_one_mail_a_person",
            ),
        ]

    def __str__(self) -> str:
        return self.label


class ContactRule(models.Model):
    """When a page of this urgency reaches a person, use this method so many minutes later (unless answered by then)."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="contact_rules")
    urgency = models.CharField(max_length=10, choices=Urgency.choices)
    method = models.ForeignKey(ContactMethod, on_delete=models.CASCADE, related_name="rules")
    minutes = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["urgency", "minutes", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["urgency", "method", "minutes"], name="a_rule_stands_once"),
            models.CheckConstraint(condition=Q(minutes__lte=120), name="a_rule_waits_two_hours_at_most"),
        ]

    def __str__(self) -> str:
        return f"after {self.minutes} min"


class PageAttempt(models.Model):
    """One try to reach one person by one method; its result is its delivery's. `words`: why there is none."""

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="attempts")
    round = models.PositiveSmallIntegerField()
    step = models.PositiveSmallIntegerField()
    seat = models.CharField(max_length=10, choices=Seat.choices, blank=True)  # blank: the person themself was meant
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="page_attempts")
    kind = models.CharField(max_length=12, choices=ContactKind.choices, blank=True)
    method = models.ForeignKey(ContactMethod, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    key = models.CharField(max_length=120, unique=True)
    delivery = models.ForeignKey(Delivery, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    due_at = models.DateTimeField()  # when it should have been, by the policy
    words = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["page", "at"], name="attempts_of_a_page")]

    def __str__(self) -> str:
        return self.key


class PageEvent(Event):
    """What befell a page."""

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="events")

    class Meta:
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["page", "at"], name="events_of_a_page")]
