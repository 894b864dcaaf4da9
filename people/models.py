"""People, the teams they belong to, the areas that teams own, and the keys people hold."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from people import rules
from people.choices import Role, What
from portal.common.models import Event


def team_zone() -> str:
    """The zone that a person has until they choose one: the team's."""
    return settings.TIME_ZONE


def validate_zone(value: str) -> None:
    """Refuse what is not an IANA zone."""
    if not rules.zone_exists(value):
        raise ValidationError("Choose a time zone from the list, such as Europe/Berlin.", code="zone")


class FeatureTeam(models.Model):
    """A team that owns areas of the product and lends engineers to SET."""

    name = models.CharField(max_length=80, unique=True)
    slug = models.SlugField(max_length=80, unique=True)
    mattermost_channel = models.CharField("Mattermost channel", max_length=64, blank=True)
    jira_label = models.CharField("Jira label", max_length=120, blank=True)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class PersonQuerySet(models.QuerySet["Person"]):
    def active(self) -> Self:
        """Those who have not been deactivated, invited ones included."""
        return self.filter(is_active=True)

    def joined(self) -> Self:
        """Those who can sign in."""
        return self.filter(is_active=True, joined__isnull=False)

    def holding(self, role: Role) -> Self:
        """Those who hold the role for good; acting ones are not meant."""
        return self.filter(groups__name=role.value)

    def matching(self, text: str) -> Self:
        """Those whose name, address or name elsewhere contains the text."""
        return self.filter(
            Q(name__icontains=text) | Q(email__icontains=text) | Q(jira_name__icontains=text)
            | Q(mattermost_name__icontains=text)
        )


class PersonManager(BaseUserManager["Person"]):
    def get_by_natural_key(self, username: str | None) -> "Person":
        """The person who signs in with this address, however it is written."""
        return self.get(email=rules.normal_email(username or ""))

    async def aget_by_natural_key(self, username: str | None) -> "Person":
        return await self.aget(email=rules.normal_email(username or ""))


_Manager = PersonManager.from_queryset(PersonQuerySet)


class Person(AbstractBaseUser, PermissionsMixin):
    """Somebody who works with the portal. The address signs in; the roles are groups (`people.choices.Role`)."""

    name = models.CharField(max_length=120)
    email = models.EmailField("e-mail", max_length=254, validators=[EmailValidator()])
    zone = models.CharField("time zone", max_length=64, default=team_zone, validators=[validate_zone])
    team = models.ForeignKey(
        FeatureTeam, null=True, blank=True, on_delete=models.SET_NULL, related_name="people",
        verbose_name="feature team",
    )
    jira_account_id = models.CharField("Jira account id", max_length=128, blank=True)
    jira_name = models.CharField("name in Jira", max_length=120, blank=True)
    mattermost_name = models.CharField("username in Mattermost", max_length=64, blank=True)
    is_active = models.BooleanField(default=True)
    joined = models.DateTimeField(null=True, blank=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects = _Manager()

    if TYPE_CHECKING:
        # Set by queries.signed_in, so that a request asks for a person and their roles once.
        role_names: list[str]
        acting_names: list[str]

    class Meta:
        ordering: ClassVar = ["name", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("email"), name="one person per address in any case",
                violation_error_message="Somebody with this address is here already.",
            ),
            models.UniqueConstraint(
                fields=["jira_account_id"], condition=~Q(jira_account_id=""), name="one person per Jira account",
                violation_error_message="Somebody else has this Jira account.",
            ),
            models.UniqueConstraint(
                Lower("mattermost_name"), condition=~Q(mattermost_name=""), name="one person per Mattermost name",
                violation_error_message="Somebody else has this Mattermost username.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def from_db(
        cls, db: str | None, field_names: Collection[str], values: Collection[Any], **more: Any
    ) -> Self:
        """Somebody whose zone no longer exists has the team's: times are told to them, and pages reach them, anyhow."""
        person = super().from_db(db, field_names, values, **more)
        if "zone" in field_names and not rules.zone_exists(person.zone):
            person.zone = team_zone()
        return person

    def clean(self) -> None:
        super().clean()
        self.email = rules.normal_email(self.email)
        self.name = rules.clean_name(self.name)

    def get_full_name(self) -> str:
        return self.name

    @property
    def initials(self) -> str:
        """At most two letters for the mark."""
        return rules.initials(self.name)

    @property
    def invited_only(self) -> bool:
        """Invited, and not here yet."""
        return self.is_active and self.joined is None


class Component(models.Model):
    """An area of the product, named as Jira's component, with the team that owns it.

    Pages and the API call it an area.
    """

    name = models.CharField(max_length=255, unique=True)
    team = models.ForeignKey(FeatureTeam, null=True, blank=True, on_delete=models.SET_NULL, related_name="components")
    product_manager = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="areas", verbose_name="product manager"
    )

    class Meta:
        ordering: ClassVar = ["name"]
        verbose_name = "area"

    def __str__(self) -> str:
        return self.name


class ActingRole(models.Model):
    """A role that somebody holds for a time, `[starts_at, ends_at)`; `source` says by what.

    A fact from the left: whoever plans rotations pushes it here (`actions.set_acting_roles`), so that the rights
    of the lead also go to whoever leads now.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="acting_roles")
    role = models.CharField(max_length=40, choices=Role.choices)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    source = models.CharField(max_length=80)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="an acting role ends after it starts"),
            models.UniqueConstraint(
                fields=["source", "person", "role", "starts_at"], name="one acting role per source and start"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["person", "ends_at"], name="acting_now")]

    def __str__(self) -> str:
        return f"{self.person_id} as {self.role} by {self.source}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> Self:
        """Neither used nor taken back; expired ones included, for they can be sent again."""
        return self.filter(accepted_at__isnull=True, revoked_at__isnull=True)


class Invitation(models.Model):
    """A link by mail with which somebody sets their first password. Signed; the nonce makes it usable once."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="invitations")
    by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    nonce = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    send_error = models.CharField(max_length=300, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="one open invitation per person",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(revoked_at__isnull=True),
                name="an invitation is used or taken back",
            ),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk}"

    def is_open(self, at: datetime) -> bool:
        """Whether the link works at this moment."""
        return self.accepted_at is None and self.revoked_at is None and at < self.expires_at


class TokenQuerySet(models.QuerySet["PersonalToken"]):
    def usable(self, at: datetime) -> Self:
        """Neither revoked nor expired, of an active person."""
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=at), revoked_at=None, person__is_active=True)


class PersonalToken(models.Model):
    """A key to the API that acts as its person. Only the hash is stored; `hint` is its start."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    token_hash = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=16)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = TokenQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"


class PersonEvent(Event):
    """What happened to a person, a team or an area."""

    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.CASCADE, related_name="events")
    team = models.ForeignKey(FeatureTeam, null=True, blank=True, on_delete=models.SET_NULL, related_name="events")
    component = models.ForeignKey(Component, null=True, blank=True, on_delete=models.SET_NULL, related_name="events")

    class Meta:
        ordering: ClassVar = ["-at", "-pk"]
        indexes: ClassVar = [models.Index(fields=["person", "-at"], name="what_happened_to_a_person")]

    def __str__(self) -> str:
        return f"{self.get_words()} at {self.at:%Y-%m-%d %H:%M}"

    def get_words(self) -> str:
        """The kind in words."""
        return What(self.what).label if self.what in What.values else self.what


__all__ = [
    "ActingRole", "Component", "FeatureTeam", "Invitation", "Person", "PersonEvent", "PersonQuerySet", "PersonalToken",
]
