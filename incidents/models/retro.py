"""What is learnt: the retrospective, and the actions that follow from it."""

from django.db import models

from incidents.choices import ActionState, RetroState
from incidents.models.incident import Incident
from integrations.outbox.models import Delivery
from people.models import Person
from tickets.models import Ticket


class Retrospective(models.Model):
    """Begun when an incident is resolved. The three dates are business days after the resolution."""

    incident = models.OneToOneField(Incident, on_delete=models.CASCADE, related_name="retrospective")
    state = models.CharField(max_length=10, choices=RetroState.choices, default=RetroState.WAITING)
    hold_by = models.DateField()
    draft_by = models.DateField()
    send_by = models.DateField()
    held_on = models.DateField(null=True, blank=True)
    drafted_at = models.DateTimeField(null=True, blank=True)
    summary = models.TextField(blank=True)  # Markdown; drafted from the timeline until somebody edits it
    issue = models.TextField(blank=True)  # what was the issue
    improve = models.TextField(blank=True)  # what might improve outcomes next time
    change = models.TextField(blank=True)  # what changes in process or documentation
    root_cause = models.TextField(blank=True)
    customer_text = models.TextField(blank=True)  # the customer's edition, Markdown
    reviewed_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    edited_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    version = models.PositiveIntegerField(default=1)  # grows with each change: two who edit see each other
    reminded = models.JSONField(default=dict)  # which deadline -> when somebody was reminded of it, ISO
    at = models.DateTimeField()


class RetroAction(models.Model):
    """Something to be done so that it does not happen again; a ticket in Jira, followed until it is closed."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="actions")
    title = models.CharField(max_length=200)
    details = models.TextField(blank=True)
    owner = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    due_on = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=ActionState.choices, default=ActionState.OPEN)
    ticket = models.ForeignKey(Ticket, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    # What asks Jira for its ticket; once that is there, what tells the ticket of another day.
    delivery = models.ForeignKey(Delivery, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    assignee = models.CharField(max_length=255, blank=True)  # who has the ticket, by Jira's account id, as last seen
    closed_as = models.CharField(max_length=255, blank=True)  # as its ticket was closed: "Won't Do"; "" if settled here
    reminded_at = models.DateTimeField(null=True, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["ticket"], name="actions_of_a_ticket")]
