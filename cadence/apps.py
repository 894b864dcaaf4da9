"""The room of the calendar: holidays, business time, the release rule, triage days, meetings."""

from django.apps import AppConfig


class Cadence(AppConfig):
    name = "cadence"
    verbose_name = "Calendar"
