"""An escalation, those whom it concerns, and what befell it."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import F, Q

from customers.models import Customer
from escalations.choices import (
    OPEN,
    Category,
    Cloud,
    Database,
    Deployment,
    Fix,
    Kind,
    Level,
    Outcome,
    Route,
    Source,
    Status,
    TicketState,
    What,
)
from integrations.outbox.models import Delivery
from people.models import Component, FeatureTeam, Person
from portal.common.models import Event
from tickets.models import Ticket


class EscalationQuerySet(models.QuerySet["Escalation"]):
    def open(self) -> "EscalationQuerySet":
        """Those about which somebody still owes something to somebody."""
        return self.filter(status__in=OPEN)


class Escalation(models.Model):
    """Something a customer's helpers cannot solve. Outside it is called E-12, by its id.

    `reporter` asks: somebody here, or (`reporter` None) a partner by name and address. `submission`: the same form sent
    twice is one escalation. What follows from other rows is kept here for lists: `next_due_at` (the soonest running
    clock), `paused` (a clock stands still), `customers` (how many are affected).
    """

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="escalations")
    title = models.CharField(max_length=200)
    level = models.PositiveSmallIntegerField(choices=Level.choices)
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.PROBLEM)
    category = models.CharField(max_length=20, choices=Category.choices, blank=True)
    area = models.ForeignKey(Component, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    source = models.CharField(max_length=20, choices=Source.choices)
    support_ticket = models.CharField(max_length=40, blank=True)  # its number in the support system
    support_mail = models.EmailField(max_length=254, blank=True)  # mail to it lands in that ticket
    server_version = models.CharField(max_length=40, blank=True)
    mobile_version = models.CharField(max_length=40, blank=True)
    deployment = models.CharField(max_length=20, choices=Deployment.choices, blank=True)
    database = models.CharField(max_length=20, choices=Database.choices, blank=True)
    database_version = models.CharField(max_length=40, blank=True)
    cloud = models.CharField(max_length=20, choices=Cloud.choices, blank=True)
    hosting = models.CharField(max_length=200, blank=True)  # nodes, what stands in front of them
    affected_people = models.CharField(max_length=80, blank=True)
    happened = models.TextField(blank=True)
    expected = models.TextField(blank=True)
    steps = models.TextField(blank=True)
    tried = models.TextField(blank=True)
    logs = models.TextField(blank=True)  # lines of a log, pasted
    began_at = models.DateTimeField("when it began", null=True, blank=True)
    began_on = models.DateField("when it began", null=True, blank=True)  # the day, where no time of it was said
    asking = models.PositiveIntegerField(null=True, blank=True)  # how many customers ask, for a feature
    confidential = models.BooleanField(default=False)
    submission = models.UUIDField(unique=True)

    reporter = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="raised_escalations")
    reporter_name = models.CharField(max_length=120)
    reporter_email = models.EmailField(max_length=254, blank=True)
    at = models.DateTimeField()  # raised

    status = models.CharField(max_length=20, choices=Status.choices, default=Status.NEW)
    status_since = models.DateTimeField()
    owner = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    route = models.CharField(max_length=20, choices=Route.choices, blank=True)
    route_reason = models.TextField(blank=True)
    team = models.ForeignKey(FeatureTeam, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    accepted_at = models.DateTimeField(null=True, blank=True)
    fix = models.CharField(max_length=20, choices=Fix.choices, blank=True)
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)
    workaround = models.TextField(blank=True)
    expected_release = models.CharField(max_length=120, blank=True)
    expected_on = models.DateField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)  # its ticket was done, or the version was released
    solved_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged")

    ticket = models.ForeignKey(Ticket, null=True, blank=True, on_delete=models.PROTECT, related_name="escalations")
    ticket_state = models.CharField(max_length=10, choices=TicketState.choices, blank=True, default="")
    ticket_delivery = models.ForeignKey(Delivery, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    first_reply_at = models.DateTimeField(null=True, blank=True)
    last_reply_at = models.DateTimeField(null=True, blank=True)  # of ours, to the reporter
    last_asked_at = models.DateTimeField(null=True, blank=True)  # of the reporter's, to us
    next_due_at = models.DateTimeField(null=True, blank=True)
    paused = models.BooleanField(default=False)
    customers = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField()
    words = models.GeneratedField(
        expression=SearchVector("title", "happened", config="english"), output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = EscalationQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="an_escalation_has_a_title"),
            models.CheckConstraint(condition=Q(level__gte=1, level__lte=4), name="an_escalation_has_a_level"),
            models.CheckConstraint(condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
                                   name="an_escalation_is_not_merged_into_itself"),
            models.CheckConstraint(
                condition=~Q(ticket_state=TicketState.LINKED) | Q(ticket__isnull=False),
                name="a_linked_ticket_is_there",
            ),
        ]
        indexes = [
            models.Index(F("next_due_at").asc(nulls_last=True), F("level"), F("id"),
                         condition=Q(status__in=OPEN), name="open_escalations_by_clock"),
            models.Index(fields=["status", "-updated_at"], name="escalations_by_status"),
            models.Index(fields=["customer", "-at"], name="escalations_of_a_customer"),
            models.Index(fields=["reporter", "-at"], name="escalations_of_a_reporter"),
            models.Index(fields=["owner", "status"], name="escalations_of_an_owner"),
            models.Index(fields=["-at"], name="escalations_by_time"),
            GinIndex(fields=["words"], name="escalations_by_word"),
        ]

    def __str__(self) -> str:
        return f"E-{self.pk}"


class Affected(models.Model):
    """A customer whom an escalation concerns, and whom to tell: the first is the escalation's own; others were added
    by "this customer too". Each is told once when the fix is out."""

    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, related_name="affected")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="affected")
    reporter = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    reporter_name = models.CharField(max_length=120)
    reporter_email = models.EmailField(max_length=254, blank=True)
    support_ticket = models.CharField(max_length=40, blank=True)
    support_mail = models.EmailField(max_length=254, blank=True)
    added_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["escalation", "customer"], name="a_customer_is_affected_once"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} by E-{self.escalation_id}"


class Follower(models.Model):
    """Somebody who wants to hear of it; of a confidential one, somebody who may see it."""

    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, related_name="followers")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["escalation", "person"], name="somebody_follows_once")]


class EscalationEvent(Event):
    """What befell an escalation. `internal`: no line of it is for the reporter."""

    what = models.CharField(max_length=60, choices=What.choices)
    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, related_name="events")
    internal = models.BooleanField(default=False)

    class Meta:
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["escalation", "at"], name="events_of_an_escalation")]


class IntakeDraft(models.Model):
    """A form that somebody has begun; `key` becomes the escalation's `submission`."""

    key = models.UUIDField(unique=True)
    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="+")
    link = models.ForeignKey("FormLink", null=True, on_delete=models.CASCADE, related_name="drafts")
    values = models.JSONField(default=dict)
    at = models.DateTimeField()
    updated_at = models.DateTimeField()
    discarded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-updated_at"]
        indexes = [models.Index(fields=["person", "-updated_at"], name="drafts_of_a_person")]


class FormLink(models.Model):
    """The address of a form for a partner: a 256-bit token, stored hashed. It may name the customer."""

    name = models.CharField(max_length=120)
    token_hash = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    customer = models.ForeignKey(Customer, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    made_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    ends_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    used = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return self.name
