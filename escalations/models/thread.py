"""The conversation of an escalation, what left of it, and what is still owed."""

from django.db import models
from django.db.models import Q

from escalations.choices import Author, OwedState
from escalations.models.escalation import Affected, Escalation
from escalations.models.responses import TemplateVersion
from integrations.outbox.models import Delivery
from people.models import Person


class Message(models.Model):
    """Something said. `text` is Markdown. `public`: the reporter reads it. `asks`: it waits for their answer.

    A comment of the ticket in Jira is one with `jira_comment` (Jira's id); one of ours that is sent there gets its id
    from the delivery, so that it comes back as itself.
    """

    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, related_name="messages")
    author = models.CharField(max_length=10, choices=Author.choices)
    by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    by_name = models.CharField(max_length=120)
    text = models.TextField()
    public = models.BooleanField()
    asks = models.BooleanField(default=False)
    at = models.DateTimeField()
    key = models.CharField(max_length=64, unique=True)  # the same form sent twice is one message
    template = models.ForeignKey(
        TemplateVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="messages"
    )
    affected = models.ForeignKey(Affected, null=True, blank=True, on_delete=models.SET_NULL, related_name="messages")
    jira_comment = models.BigIntegerField(null=True, blank=True)
    jira_updated = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["escalation", "jira_comment"], condition=Q(jira_comment__isnull=False),
                name="a_comment_stands_in_a_thread_once",
            ),
            models.CheckConstraint(condition=~Q(author=Author.NOTE) | Q(public=False), name="a_note_is_internal"),
        ]
        indexes = [
            models.Index(fields=["escalation", "at"], name="messages_of_an_escalation"),
            models.Index(fields=["template", "at"], name="messages_by_template"),
        ]


class MessageDelivery(models.Model):
    """A way by which a message left: mail, Mattermost, a comment in Jira. `label`: where to, in words."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="deliveries")
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="+")
    label = models.CharField(max_length=300)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["message", "delivery"], name="a_message_leaves_a_way_once")]


class ReplyDraft(models.Model):
    """What somebody is writing in a thread, or in a ticket's composer: kept as typed, and shown to others as
    "is writing" for a while."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    escalation = models.ForeignKey(Escalation, null=True, on_delete=models.CASCADE, related_name="drafts")
    text = models.TextField(blank=True)
    values = models.JSONField(default=dict)  # the template chosen, what was filled in, where it is to go
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "escalation"], name="somebody_has_one_draft_in_a_thread"),
        ]


class OwedReply(models.Model):
    """A reply that an affected customer is owed since the fix is out. `why`: which fix; the same one owes once.
    `template`: the version that prefilled it, if one did."""

    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, related_name="owed")
    affected = models.ForeignKey(Affected, on_delete=models.CASCADE, related_name="owed")
    why = models.CharField(max_length=200)
    text = models.TextField()
    template = models.ForeignKey(
        TemplateVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=10, choices=OwedState.choices, default=OwedState.WAITING)
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    message = models.ForeignKey(Message, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    note = models.CharField(max_length=300, blank=True)  # why it was left out

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["affected"], condition=Q(state=OwedState.WAITING),
                                    name="a_customer_is_owed_one_reply_at_a_time"),
        ]
        indexes = [models.Index(fields=["at"], condition=Q(state=OwedState.WAITING), name="owed_replies")]
