"""The room of Sev1: the playbook, timed status updates, the timeline, the status page, the retrospective."""

from django.apps import AppConfig


class Incidents(AppConfig):
    name = "incidents"
    verbose_name = "Incidents"
