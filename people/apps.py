"""The room of the people: who they are, what they may do, how they sign in."""

from django.apps import AppConfig


class People(AppConfig):
    name = "people"
    verbose_name = "People"
