"""The room of who is on SET: rotations, on-call, paging, hand-over."""

from django.apps import AppConfig


class SetRotation(AppConfig):
    name = "set_rotation"
    verbose_name = "Rotations"
