"""A customer, and everything of theirs."""

from datetime import time

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from customers.choices import Plan, What
from people.models import Person, team_zone, validate_zone
from portal.common.models import Event


def working_week() -> list[int]:
    """Monday to Friday."""
    return [0, 1, 2, 3, 4]


class CustomerQuerySet(models.QuerySet["Customer"]):
    def current(self) -> "CustomerQuerySet":
        """Those that have neither been set aside nor merged into another."""
        return self.filter(archived_at__isnull=True, merged_into__isnull=True)


class Customer(models.Model):
    """Who pays for the product. `arr`: US dollars a year, None where nobody has said. `seats`: licensed ones.

    Its office is open on `weekdays` (0 is Monday) from `opens` to `closes` (00:00 is midnight) in `zone`, but for its
    holidays. One that somebody typed into an escalation is here unconfirmed until somebody who edits customers says
    who it is.
    """

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=120, unique=True)
    plan = models.CharField(max_length=20, choices=Plan.choices, blank=True)
    arr = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    seats = models.PositiveIntegerField(null=True, blank=True)
    zone = models.CharField("time zone", max_length=64, default=team_zone, validators=[validate_zone])
    opens = models.TimeField(default=time(9))
    closes = models.TimeField(default=time(17))
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=working_week)
    csm = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    tam = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    notes = models.TextField(blank=True)
    confirmed = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged")

    objects = CustomerQuerySet.as_manager()

    class Meta:
        ordering = [Lower("name"), "pk"]
        constraints = [
            models.UniqueConstraint(Lower("name"), name="one_customer_has_a_name"),
            models.CheckConstraint(condition=~Q(name=""), name="a_customer_has_a_name"),
            models.CheckConstraint(condition=Q(arr__isnull=True) | Q(arr__gte=0), name="arr_is_not_negative"),
            models.CheckConstraint(
                condition=Q(closes=time(0)) | Q(closes__gt=F("opens")), name="an_office_closes_after_it_opens"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CustomerSlug(models.Model):
    """A former slug: old links lead to the customer as it is called now."""

    slug = models.SlugField(max_length=120, unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="former_slugs")


class CustomerAlias(models.Model):
    """Another name under which somebody looks for it: short, former, of a daughter."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="aliases")
    name = models.CharField(max_length=120)

    class Meta:
        ordering = [Lower("name")]
        constraints = [models.UniqueConstraint(Lower("name"), name="one_customer_has_an_alias")]

    def __str__(self) -> str:
        return self.name


class CustomerHoliday(models.Model):
    """A local day on which the customer's office is shut."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="holidays")
    day = models.DateField()
    name = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["customer", "day"], name="a_customers_holiday_stands_once")]


class Contact(models.Model):
    """Somebody on the customer's side."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contacts")
    name = models.CharField(max_length=120)
    email = models.EmailField(max_length=254, blank=True)
    role = models.CharField(max_length=80, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = [Lower("name"), "pk"]
        constraints = [
            models.UniqueConstraint(
                "customer", Lower("email"), condition=Q(removed_at__isnull=True) & ~Q(email=""),
                name="one_contact_of_a_customer_has_an_address",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CustomerEvent(Event):
    """A change of a customer. Amounts of money stand in no event: who may not see them reads events too."""

    what = models.CharField(max_length=60, choices=What.choices)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="events")

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["customer", "-at"], name="events_of_a_customer")]
