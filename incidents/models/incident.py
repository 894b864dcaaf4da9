"""An incident, whom it concerns, who has which part in it, and what befell it."""

from django.db import models
from django.db.models import F, Q

from customers.models import Customer
from escalations.models import Escalation
from incidents.choices import LIVE, TOPIC_OF, Cause, Decision, Kind, Role, Severity, State, Topic, What
from incidents.models.playbook import PlaybookVersion
from incidents.models.settings import IncidentStatus
from people.models import Person, team_zone, validate_zone
from portal.common.models import Event
from set_rotation.models import Page
from tickets.models import Ticket


class IncidentQuerySet(models.QuerySet["Incident"]):
    def live(self) -> "IncidentQuerySet":
        """Those that somebody works on: open, or resolved and being watched."""
        return self.filter(state__in=LIVE)

    def real(self) -> "IncidentQuerySet":
        """Without drills: what figures count."""
        return self.filter(drill=False)


class Incident(models.Model):
    """Production is down. Outside it is called I-7, by its id.

    `began_at`: since when it is down, from which updates count their hours; `at`: when it was declared; `called_at`:
    when somebody was called, from which the time to acknowledge counts: with the declaring, or by the page that it came
    from. `zone`: whose clocks the updates say. `submission`: the same form sent twice is one incident. `private`: seen
    by its people only. `drill`: the same pages, but nothing of it reaches a customer or a figure. `next_update_at` is
    the open promise's, for lists. The moments from `acknowledged_at` on are the first time of each, and are cleared by
    a reopening from `resolved_at` on.
    """

    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.CUSTOMER)
    severity = models.PositiveSmallIntegerField(choices=Severity.choices)
    title = models.CharField(max_length=200)
    known = models.TextField(blank=True)  # what is known, Markdown
    bridge = models.URLField(max_length=500, blank=True)
    zone = models.CharField(max_length=64, default=team_zone, validators=[validate_zone])
    private = models.BooleanField(default=False)
    drill = models.BooleanField(default=False)
    submission = models.UUIDField(unique=True)

    at = models.DateTimeField()
    declared_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="declared_incidents")
    began_at = models.DateTimeField()
    called_at = models.DateTimeField(null=True, blank=True)  # null: with the declaring
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    status = models.ForeignKey(IncidentStatus, on_delete=models.PROTECT, related_name="+")
    status_since = models.DateTimeField()
    expected = models.CharField(max_length=200, blank=True)  # the expected resolution, in words for the customer

    acknowledged_at = models.DateTimeField(null=True, blank=True)
    identified_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.CharField(max_length=120, blank=True)  # who at the customer said so
    closed_at = models.DateTimeField(null=True, blank=True)
    breaks = models.JSONField(default=list)  # [from, until] of each time it was well in between, ISO: rules.outage
    cause = models.CharField(max_length=20, choices=Cause.choices, blank=True)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged")

    escalation = models.ForeignKey(
        Escalation, null=True, blank=True, on_delete=models.SET_NULL, related_name="incidents"
    )
    page = models.ForeignKey(Page, null=True, blank=True, on_delete=models.SET_NULL, related_name="incidents")
    ticket = models.ForeignKey(Ticket, null=True, blank=True, on_delete=models.SET_NULL, related_name="incidents")
    decision = models.CharField(max_length=10, choices=Decision.choices, blank=True)
    decision_reason = models.CharField(max_length=300, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    playbook = models.ForeignKey(PlaybookVersion, on_delete=models.PROTECT, related_name="incidents")
    stage = models.PositiveSmallIntegerField(default=1)  # the stage that is worked on, from 1

    # The Mattermost channel of this incident: its name is chosen at once, its id is known once it is there.
    channel = models.CharField(max_length=64, blank=True)
    channel_id = models.CharField(max_length=40, blank=True)
    channel_url = models.CharField(max_length=300, blank=True)
    chat_seen_at = models.DateTimeField(null=True, blank=True)  # the channel was read up to here
    chat_look_at = models.DateTimeField(null=True, blank=True)  # when it is read next

    next_update_at = models.DateTimeField(null=True, blank=True)
    updates = models.PositiveIntegerField(default=0)  # how many were published
    updated_at = models.DateTimeField()

    objects = IncidentQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="an_incident_has_a_title"),
            models.CheckConstraint(condition=Q(severity__gte=1, severity__lte=3), name="an_incident_has_a_severity"),
            models.CheckConstraint(condition=Q(began_at__lte=F("at")), name="an_incident_began_before_it_was_declared"),
            models.CheckConstraint(condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
                                   name="an_incident_is_not_merged_into_itself"),
            models.CheckConstraint(condition=Q(state=State.OPEN) | Q(resolved_at__isnull=False) | Q(state=State.MERGED),
                                   name="a_resolved_incident_says_when"),
        ]
        indexes = [
            models.Index(fields=["severity", "-at"], condition=Q(state__in=LIVE), name="live_incidents"),
            models.Index(fields=["-at"], name="incidents_by_time"),
            models.Index(fields=["chat_look_at"], condition=Q(chat_look_at__isnull=False), name="chats_to_read"),
            models.Index(fields=["ticket"], name="incidents_of_a_ticket"),
            models.Index(fields=["-resolved_at"], name="incidents_by_resolution"),
        ]

    def __str__(self) -> str:
        return f"I-{self.pk}"

    @property
    def called(self) -> str:
        """As a message's subject begins: nobody is woken by a drill and believes it."""
        return f"Drill: {self}" if self.drill else str(self)


class IncidentCustomer(models.Model):
    """A customer whose production is down; the first is the one that updates are headed by. `told_after`: updates up to
    this number were published before it concerned them: written for others, and never theirs to read."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="customers")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="incidents")
    told_after = models.PositiveIntegerField(default=0)
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "customer"], name="a_customer_is_in_an_incident_once"),
        ]


class IncidentRole(models.Model):
    """Who has which part, from when to when. `brief`: what whoever had it before wrote for them."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="roles")
    role = models.CharField(max_length=20, choices=Role.choices)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="incident_roles")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    brief = models.TextField(blank=True)
    by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "role"], condition=Q(ends_at__isnull=True),
                                    name="one_person_holds_a_role_at_a_time"),
        ]
        indexes = [models.Index(fields=["person"], condition=Q(ends_at__isnull=True), name="roles_of_a_person")]


class IncidentWatcher(models.Model):
    """Somebody who sees a private incident, or is told of a public one, without a role in it. `out_at`: since when they
    were taken off, so that a part that they had once gives them no sight of it either."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="watchers")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    out_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "person"], name="somebody_watches_once")]


class IncidentEvent(Event):
    """A line of the timeline. `at`: when it was, which a note by hand may set back; `written_at`: when it was written.

    `to_value`: the line itself, in words (one line, plain); `text`: more, in Markdown. `topic` follows from `what`.
    `source`: what it tells of elsewhere ("post:…", "page:…", "ticket:…"): the same is never told twice. `update` and
    `step` by their ids: they lead to what stands on the page. `status`: the one that it has from this line on, whatever
    that is called later. `url`: where it leads outside.
    """

    what = models.CharField(max_length=60, choices=What.choices)
    topic = models.CharField(max_length=12, choices=Topic.choices)
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="events")
    written_at = models.DateTimeField()
    by_name = models.CharField(max_length=120, blank=True)  # somebody who is nobody here: in chat, at the customer
    text = models.TextField(blank=True)
    tone = models.CharField(max_length=8, blank=True)  # red, amber, green, blue; "" is none
    url = models.CharField(max_length=500, blank=True)
    source = models.CharField(max_length=120, null=True, blank=True)
    update = models.ForeignKey("Update", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    step = models.ForeignKey("IncidentStep", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    status = models.ForeignKey(IncidentStatus, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
                               db_index=False)
    pinned = models.BooleanField(default=False)
    removed_at = models.DateTimeField(null=True, blank=True)  # a note that was taken back

    class Meta:
        ordering = ["at", "pk"]
        constraints = [models.UniqueConstraint(fields=["incident", "source"], name="the_same_is_told_once")]
        indexes = [
            models.Index(fields=["incident", "-at", "-id"], name="timeline_of_an_incident"),
            models.Index(fields=["incident", "topic", "-at", "-id"], name="timeline_by_topic"),
            models.Index(fields=["incident", "-at"], condition=Q(pinned=True), name="pinned_in_a_timeline"),
        ]

    def save(self, *args: object, **kwargs: object) -> None:
        self.topic = TOPIC_OF[What(self.what)]
        super().save(*args, **kwargs)  # type: ignore[arg-type]
