"""The room as a Django app."""

from django.apps import AppConfig


class Tickets(AppConfig):
    name = "tickets"
