"""The room of customers: who they are, what they pay for, when their office is open."""

from django.apps import AppConfig


class Customers(AppConfig):
    name = "customers"
    verbose_name = "Customers"
