"""The room of what support asks: intake, routing, clocks, the conversation, the response composer."""

from django.apps import AppConfig


class Escalations(AppConfig):
    name = "escalations"
    verbose_name = "Escalations"
