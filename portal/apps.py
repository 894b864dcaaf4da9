"""The roof as a Django app: its tasks are bound to Celery's application as soon as Django is set up."""

from django.apps import AppConfig

from portal.celery import app as celery_app

__all__ = ["Portal", "celery_app"]


class Portal(AppConfig):
    name = "portal"
