"""The floor as an app: it has one table, the timers'."""

from django.apps import AppConfig


class Common(AppConfig):
    name = "portal.common"
    label = "common"
    default_auto_field = "django.db.models.BigAutoField"
