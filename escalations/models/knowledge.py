"""What was learnt: knowledge notes, training sessions for support, and how the help was taken."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models.functions import Lower

from escalations.choices import Category
from escalations.models.escalation import Affected, Escalation
from people.models import Person


class KnowledgeNote(models.Model):
    """A question and its answer, for the next one who asks. `deficient`: which docs should have said it."""

    escalation = models.OneToOneField(
        Escalation, null=True, blank=True, on_delete=models.SET_NULL, related_name="note"
    )
    question = models.CharField(max_length=200)
    answer = models.TextField()
    category = models.CharField(max_length=20, choices=Category.choices, blank=True)
    docs_url = models.URLField(max_length=500, blank=True)
    deficient = models.TextField(blank=True)
    by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    updated_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True, blank=True)
    words = models.GeneratedField(
        expression=SearchVector("question", "answer", config="english"), output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [GinIndex(fields=["words"], name="notes_by_word")]

    def __str__(self) -> str:
        return self.question


class TrainingSession(models.Model):
    """An hour in which SET showed support something, with what was noted."""

    title = models.CharField(max_length=200)
    starts_at = models.DateTimeField()
    by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    link = models.URLField(max_length=500, blank=True)  # the recording or the slides
    text = models.TextField(blank=True)  # Markdown
    notes = models.ManyToManyField(KnowledgeNote, blank=True, related_name="sessions")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-starts_at", Lower("title")]

    def __str__(self) -> str:
        return self.title


class Rating(models.Model):
    """How somebody who was told took the help: asked once, by a secret link with two buttons and a comment."""

    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, related_name="ratings")
    affected = models.OneToOneField(Affected, null=True, blank=True, on_delete=models.CASCADE, related_name="rating")
    token_hash = models.CharField(max_length=64, unique=True)
    asked_at = models.DateTimeField()
    good = models.BooleanField(null=True)
    comment = models.TextField(blank=True)
    at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-asked_at"]
