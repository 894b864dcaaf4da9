"""A CSV file of customers: tried first, applied when somebody says so."""

from django.db import models

from people.models import Person


class CustomerImport(models.Model):
    """A file as it came in. What it would do is worked out each time it is shown: customers may change meanwhile."""

    name = models.CharField(max_length=200)
    text = models.TextField()
    digest = models.CharField(max_length=64)
    by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return self.name
