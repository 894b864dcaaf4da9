"""The outbox as an app of Django."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "integrations.outbox"
    label = "outbox"
    default_auto_field = "django.db.models.BigAutoField"
