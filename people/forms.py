"""What people type, checked. Hostile text ends here, in words at the field, never in an error page."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from people import rules
from people.choices import Role
from people.models import Component, FeatureTeam, Person

if TYPE_CHECKING:
    PersonModelForm = forms.ModelForm[Person]
    TeamModelForm = forms.ModelForm[FeatureTeam]
    ComponentModelForm = forms.ModelForm[Component]
else:  # Django's ModelForm takes no type at run time
    PersonModelForm = TeamModelForm = ComponentModelForm = forms.ModelForm

PASSWORD_LENGTH = 1024  # hashing more than a person types would be a way to keep the server busy


def _password(label: str, *, new: bool, hint: str = "") -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password" if new else "current-password"})
    return forms.CharField(label=label, strip=False, max_length=PASSWORD_LENGTH, widget=widget, help_text=hint)


class NormalEmailField(forms.EmailField):
    """An address in its stored form."""

    def to_python(self, value: Any) -> str:
        if any("\ud800" <= letter <= "\udfff" for letter in str(value or "")):
            # Half a letter, which JSON can hold and no database: the pattern of addresses lets it pass.
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return rules.normal_email(super().to_python(value) or "")


class NameField(forms.CharField):
    """A name without marks that could make it look like another one."""

    def to_python(self, value: Any) -> str:
        return rules.clean_name(super().to_python(value) or "")


class SignInForm(forms.Form):
    # Not an EmailField: whatever is typed gets the same answer.
    username = forms.CharField(
        label="E-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = _password("Password", new=False)


class EmailForm(forms.Form):
    email = NormalEmailField(label="E-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"}))


class NewPasswordForm(forms.Form):
    """A password, typed twice, judged by the validators in settings for this person."""

    password = _password("New password", new=True, hint="At least 12 characters; a few words make a good one.")
    again = _password("The same once more", new=True)

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, self.person)
        return password

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if "password" in self.cleaned_data and again != self.cleaned_data["password"]:
            raise ValidationError("The two passwords differ.", code="differ")
        return again


class ChangePasswordForm(NewPasswordForm):
    current = _password("Current password", new=False)
    field_order = ("current", "password", "again")

    def clean_current(self) -> str:
        current: str = self.cleaned_data["current"]
        if not self.person.check_password(current):
            raise ValidationError("This is not your current password.", code="wrong")
        return current


class _Changes:
    """`changes`: the cleaned values of the form's fields, for the action that writes them."""

    @property
    def changes(self) -> dict[str, object]:
        return {name: self.cleaned_data[name] for name in self.Meta.fields}  # type: ignore[attr-defined]


class ZoneSelect(forms.Select):
    """Zones by continent. Django draws each option by a template of its own: 450 of them took 60 ms."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        continents: dict[str, list[str]] = {}
        for zone, _ in self.choices:
            continents.setdefault(str(zone).partition("/")[0], []).append(str(zone))
        groups = [
            format_html('<optgroup label="{}">{}</optgroup>', continent, _options(zones, value))
            for continent, zones in continents.items()
        ]
        named = flatatt({**self.build_attrs(self.attrs, attrs), "name": name})
        return format_html("<select{}>{}</select>", named, SafeString("".join(groups)))


def _options(zones: list[str], chosen: Any) -> SafeString:
    rows = ((zone, SafeString(" selected" if zone == chosen else ""), rules.zone_words(zone)) for zone in zones)
    return format_html_join("", '<option value="{}"{}>{}</option>', rows)


class ProfileForm(_Changes, PersonModelForm):
    """What people change about themselves."""

    name = NameField(max_length=120)
    zone = forms.ChoiceField(label="Time zone", widget=ZoneSelect)

    class Meta:
        model = Person
        fields = ["name", "zone", "jira_account_id", "jira_name", "mattermost_name"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = rules.zones()
        own = self.instance.zone
        extra = () if own in offered or not rules.zone_exists(own) else (own,)
        zone = self.fields["zone"]
        assert isinstance(zone, forms.ChoiceField)  # noqa: S101  (narrows the type)
        zone.choices = [(name, name) for name in (*extra, *offered)]
        self.fields["jira_account_id"].help_text = "Tickets assigned to this account are yours."
        self.fields["mattermost_name"].help_text = "Without the @."

    def clean_mattermost_name(self) -> str:
        return str(self.cleaned_data["mattermost_name"]).removeprefix("@")


class RolesField(forms.TypedMultipleChoiceField):
    """Some of the roles that the person at work may hand out."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            choices=Role.choices, coerce=Role, widget=forms.CheckboxSelectMultiple,
            error_messages={"required": "Choose at least one role."}, **kwargs,
        )

    def limit(self, roles: frozenset[Role]) -> None:
        """Offer only these."""
        self.choices = [(role.value, role.label) for role in Role if role in roles]


class InviteForm(forms.Form):
    email = NormalEmailField(label="E-mail", max_length=254)
    name = NameField(label="Name", max_length=120)
    roles = RolesField(label="Roles")
    team = forms.ModelChoiceField(
        FeatureTeam.objects.all(), label="Feature team", required=False, empty_label="No team"
    )

    def __init__(self, *args: Any, grantable: frozenset[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = self.fields["roles"]
        assert isinstance(roles, RolesField)  # noqa: S101  (narrows the type)
        roles.limit(grantable)


class MemberForm(_Changes, PersonModelForm):
    """What a coordinator changes about somebody else."""

    roles = RolesField(label="Roles")
    field_order = ("roles", "team", "jira_account_id", "jira_name", "mattermost_name")

    class Meta:
        model = Person
        fields = ["team", "jira_account_id", "jira_name", "mattermost_name"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["mattermost_name"].help_text = "Without the @."

    def clean_mattermost_name(self) -> str:
        return str(self.cleaned_data["mattermost_name"]).removeprefix("@")


class TokenForm(forms.Form):
    LASTS = [("30", "30 days"), ("90", "90 days"), ("365", "1 year"), ("", "No end")]
    name = NameField(label="What it is for", max_length=80)
    lasts = forms.ChoiceField(label="Valid for", choices=LASTS, required=False, initial="90")

    def expires_at(self, at: datetime) -> datetime | None:
        """When a token made at this moment ends; None for no end."""
        days = self.cleaned_data["lasts"]
        return at + timedelta(days=int(days)) if days else None


class TeamForm(_Changes, TeamModelForm):
    name = NameField(max_length=80)

    class Meta:
        model = FeatureTeam
        fields = ["name", "mattermost_channel", "jira_label"]


class ComponentForm(_Changes, ComponentModelForm):
    name = NameField(max_length=255, help_text="As Jira's component is called.")

    class Meta:
        model = Component
        fields = ["name", "team", "product_manager"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        manager = self.fields["product_manager"]
        assert isinstance(manager, forms.ModelChoiceField)  # noqa: S101  (narrows the type)
        own = self.instance.product_manager_id
        manager.queryset = Person.objects.filter(Q(is_active=True) | Q(pk=own or 0))


class PeopleFilterForm(forms.Form):
    """The list's filters, kept in the address; what makes no sense is left out rather than refused."""

    q = forms.CharField(label="Name or address", required=False, max_length=100)
    role = forms.ChoiceField(label="Role", required=False, choices=[("", "Every role"), *Role.choices])
    team = forms.SlugField(required=False)
    state = forms.ChoiceField(
        label="Who", required=False, choices=[("", "Everyone here"), ("invited", "Invited"), ("gone", "Deactivated")]
    )

    def wanted(self) -> dict[str, str]:
        """The filters that are well-formed."""
        self.full_clean()
        return {name: value for name, value in self.cleaned_data.items() if value}

