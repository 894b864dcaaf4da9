"""Response templates: their texts are versioned, and a message keeps the version it was written with."""

from django.db import models

from people.models import Person


class ResponseTemplate(models.Model):
    """A text to answer with. `outcome`: what an escalation is taken for when it is used, or ""."""

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=120)
    when = models.CharField(max_length=300, blank=True)  # when to use it, in a sentence
    outcome = models.CharField(max_length=20, blank=True)
    asks = models.BooleanField(default=False)  # it waits for the reporter's answer
    position = models.PositiveSmallIntegerField(default=0)
    shipped = models.PositiveSmallIntegerField(default=0)  # the version of the handbook it came with; 0: added here
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position", "title"]

    def __str__(self) -> str:
        return self.title


class TemplateVersion(models.Model):
    """What a template said from then on. Never changed."""

    template = models.ForeignKey(ResponseTemplate, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    body = models.TextField()
    by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    shipped = models.BooleanField(default=False)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["template", "number"], name="a_version_stands_once")]
