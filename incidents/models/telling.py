"""Telling others: a customer's private page, those who follow it, and lists of stakeholders."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from customers.models import Customer
from incidents.choices import Reading, Severity
from incidents.models.incident import Incident
from people.models import Person


class StatusLink(models.Model):
    """The address of a customer's private page: a 256-bit token, stored hashed. It shows one incident."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="links")
    customer = models.ForeignKey(Customer, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    made_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    ends_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    seen = models.PositiveIntegerField(default=0)
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-at"]


class Subscriber(models.Model):
    """Somebody who asked for each update by mail on a private page. Nothing is sent before they have confirmed.
    `unreachable_at`: since when the mail server says that nobody is there; who followed does not any more."""

    link = models.ForeignKey(StatusLink, on_delete=models.CASCADE, related_name="subscribers")
    email = models.EmailField(max_length=254)
    confirm_hash = models.CharField(max_length=64, unique=True)
    leave_token = models.CharField(max_length=64, unique=True)  # stands in each mail
    at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)
    unreachable_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at"]
        constraints = [models.UniqueConstraint("link", Lower("email"), name="an_address_follows_a_page_once")]


class StakeholderList(models.Model):
    """Who is told of an incident by mail. `customer` None: of everybody's. `severity`: this one and the more urgent."""

    name = models.CharField(max_length=80)
    customer = models.ForeignKey(Customer, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    severity = models.PositiveSmallIntegerField(choices=Severity.choices, default=Severity.SEV1)
    reading = models.CharField(max_length=10, choices=Reading.choices, default=Reading.EXECUTIVE)
    at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = [Lower("name"), "pk"]
        constraints = [
            models.UniqueConstraint(Lower("name"), condition=Q(archived_at__isnull=True), name="a_list_has_its_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Stakeholder(models.Model):
    """Somebody on a list: one of us, or an address."""

    list = models.ForeignKey(StakeholderList, on_delete=models.CASCADE, related_name="members")
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=120, blank=True)
    email = models.EmailField(max_length=254, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["list", "person"], condition=Q(person__isnull=False),
                                    name="a_person_is_on_a_list_once"),
            models.UniqueConstraint("list", Lower("email"), condition=~Q(email=""),
                                    name="an_address_is_on_a_list_once"),
            models.CheckConstraint(condition=Q(person__isnull=False) | ~Q(email=""), name="a_stakeholder_is_reachable"),
        ]
