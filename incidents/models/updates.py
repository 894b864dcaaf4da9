"""Status updates: drafts, versions, who approved them, where they went; and what was promised."""

from django.db import models
from django.db.models import Q

from customers.models import Customer
from incidents.choices import ApprovalState, PromiseState, Reading, TargetKind
from incidents.models.incident import Incident
from incidents.models.settings import IncidentStatus
from integrations.outbox.models import Delivery
from people.models import Person


class UpdateDraft(models.Model):
    """What somebody is writing, kept as typed. Each person has their own: two who write do not overwrite each other.
    `values`: the composer's fields by name, and the key of the form that wrote them; `seen`: the number of the last
    update that they started from."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="drafts")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    values = models.JSONField(default=dict)
    seen = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "person"], name="somebody_has_one_draft_of_an_update"),
        ]

    @property
    def stamp(self) -> str:
        """Which state of it this is, as a form that is drawn from it says."""
        return self.updated_at.isoformat()

    def goes_on(self, *, key: str, stamp: str) -> bool:
        """Whether a form may write on: it wrote this, or was drawn from it as it stands."""
        return self.values.get("key") == key or self.stamp == stamp


class Update(models.Model):
    """A published status update. `number` from 1; `at` is when it was published. What it says is its newest version's.

    `late_by`: seconds after what was promised, 0 when it was in time or nothing was promised; of one that goes to the
    customer, when they got it.
    """

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="published")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    status = models.ForeignKey(IncidentStatus, on_delete=models.PROTECT, related_name="+")
    next_at = models.DateTimeField(null=True, blank=True)
    late_by = models.PositiveIntegerField(default=0)
    version = models.PositiveSmallIntegerField(default=1)
    key = models.CharField(max_length=64, unique=True)  # of the form: sent twice it is one

    class Meta:
        ordering = ["incident", "number"]
        constraints = [models.UniqueConstraint(fields=["incident", "number"], name="an_update_has_its_number")]

    def __str__(self) -> str:
        return f"update {self.number} of I-{self.incident_id}"


class UpdateVersion(models.Model):
    """What an update said: never changed, a correction is another. The three readings are kept as they left."""

    of = models.ForeignKey(Update, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=200, blank=True)  # of a correction
    status_name = models.CharField(max_length=60)
    values = models.JSONField()  # the composer's fields as they were
    internal = models.TextField()  # Markdown
    executive = models.TextField()
    customer = models.TextField()

    class Meta:
        ordering = ["of", "number"]
        constraints = [models.UniqueConstraint(fields=["of", "number"], name="an_update_has_a_version_once")]

    def reading(self, reading: Reading) -> str:
        """The text for whom it is."""
        return {Reading.INTERNAL: self.internal, Reading.EXECUTIVE: self.executive,
                Reading.CUSTOMER: self.customer}[reading]


class Approval(models.Model):
    """Whether a second person has read what the customer is to get."""

    version = models.OneToOneField(UpdateVersion, on_delete=models.CASCADE, related_name="approval")
    state = models.CharField(max_length=12, choices=ApprovalState.choices, default=ApprovalState.ASKED)
    asked_of = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    asked_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(state=ApprovalState.OVERRIDDEN) | ~Q(reason=""),
                                   name="an_override_says_why"),
        ]
        indexes = [models.Index(fields=["asked_of"], condition=Q(state=ApprovalState.ASKED), name="approvals_asked")]


class Target(models.Model):
    """Where the updates of an incident go. `address`: a channel, a mail list ("list:4"), our executives
    ("role:executive") or an address. `customer`:
    for that customer alone. `chosen`: ticked unless somebody unticks it."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="targets")
    kind = models.CharField(max_length=12, choices=TargetKind.choices)
    reading = models.CharField(max_length=10, choices=Reading.choices)
    address = models.CharField(max_length=254, blank=True)
    label = models.CharField(max_length=120)
    customer = models.ForeignKey(Customer, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    chosen = models.BooleanField(default=True)
    at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "kind", "reading", "address"],
                                    condition=Q(removed_at__isnull=True), name="a_target_stands_once"),
        ]

    @property
    def place(self) -> tuple[str, str, str]:
        """What stands once among the targets of an incident."""
        return self.kind, self.reading, self.address


class UpdateDelivery(models.Model):
    """That a version of an update goes to a target, and how: one effect a row. `delivery` None: it waits for the second
    person, or it is the portal's own page (`done_at`). `ordinal`: of a target that is many addresses, which one."""

    version = models.ForeignKey(UpdateVersion, on_delete=models.CASCADE, related_name="deliveries")
    target = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="deliveries")
    address = models.CharField(max_length=254, blank=True)
    delivery = models.OneToOneField(
        Delivery, null=True, blank=True, on_delete=models.SET_NULL, related_name="update_delivery"
    )
    waits = models.BooleanField(default=False)  # for the second person
    done_at = models.DateTimeField(null=True, blank=True)
    told = models.CharField(max_length=10, blank=True)  # the state that the timeline has told
    fault = models.CharField(max_length=300, blank=True)  # why it could not even be put on its way

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["version", "target", "address"], name="a_version_goes_to_a_target_once"),
        ]


class Promise(models.Model):
    """When the next update was promised. One is open at a time. `rings`: those that have rung; `ring_at`: when the next
    one rings, null when none is left; `rang_at`: when one rang last, by which a clock that was set back is known.
    Snoozing holds `ring_at` back, and never `due_at`."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="promises")
    update = models.ForeignKey(Update, null=True, blank=True, on_delete=models.SET_NULL, related_name="promises")
    due_at = models.DateTimeField()
    at = models.DateTimeField()
    by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=200, blank=True)  # why it is later than the cadence has it
    state = models.CharField(max_length=8, choices=PromiseState.choices, default=PromiseState.OPEN)
    ended_at = models.DateTimeField(null=True, blank=True)  # kept, or stopped
    kept_by = models.ForeignKey(Update, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    snoozed_until = models.DateTimeField(null=True, blank=True)
    snoozes = models.PositiveSmallIntegerField(default=0)
    snooze_reason = models.CharField(max_length=200, blank=True)
    ring_at = models.DateTimeField(null=True, blank=True)
    rings = models.JSONField(default=dict)  # Ring -> when it rang, ISO
    rang_at = models.DateTimeField(null=True, blank=True)
    asked = models.PositiveSmallIntegerField(default=0)  # how often somebody asked for the update

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["incident"], condition=Q(state=PromiseState.OPEN),
                                    name="one_promise_is_open_at_a_time"),
        ]
        indexes = [
            models.Index(fields=["ring_at"], condition=Q(state=PromiseState.OPEN, ring_at__isnull=False),
                         name="promises_by_next_ring"),
            models.Index(fields=["rang_at"], condition=Q(state=PromiseState.OPEN, rang_at__isnull=False),
                         name="promises_by_last_ring"),
            models.Index(fields=["incident", "-at"], name="promises_of_an_incident"),
        ]
