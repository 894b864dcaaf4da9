"""Raising an escalation by a program: the form's own fields, its own validation, its own words."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from escalations.actions.base import Refused
from escalations.actions.filing import Form, file_form
from escalations.choices import Category, Cloud, Database, Deployment, Kind, Level, Source
from escalations.forms.intake import LINE, LOGS, LONG, IntakeApiForm
from escalations.models import Escalation
from escalations.queries.addresses import link_of, path_of
from escalations.rules.intake import Missing, missing
from escalations.rules.pasted import mask_values
from people.models import Person

NO_UUID = "Give a UUID, such as 3f0e6a1c-8f5b-4f3c-9d43-0d1c6a5f2b7e."
NO_TEXT = "Give a text, a number or nothing."


class AskedSerializer(serializers.Serializer[Any]):
    """What is escalated. What must be there depends on level, kind and category, as in the form: what is missing comes
    back by field. An L1 is taken with a customer, a title and what happens."""

    submission = serializers.UUIDField(
        required=False, help_text="Yours to choose: the same again is the same escalation (200 instead of 201)."
    )
    customer = serializers.CharField(max_length=120, help_text="Name or other name; an unknown one is added.")
    title = serializers.CharField(max_length=LINE)
    level = serializers.IntegerField(min_value=1, max_value=4, help_text="1 is the most urgent.")
    happened = serializers.CharField(max_length=LONG)
    kind = serializers.ChoiceField(choices=Kind.choices, default=Kind.PROBLEM)
    category = serializers.ChoiceField(choices=Category.choices, required=False)
    source = serializers.ChoiceField(choices=Source.choices, default=Source.SUPPORT)  # type: ignore[assignment]
    support_ticket = serializers.CharField(max_length=40, required=False)
    support_mail = serializers.EmailField(max_length=254, required=False)
    server_version = serializers.CharField(max_length=40, required=False, help_text="With the patch number: 10.4.2.")
    mobile_version = serializers.CharField(max_length=40, required=False)
    deployment = serializers.ChoiceField(choices=Deployment.choices, required=False)
    database = serializers.ChoiceField(choices=Database.choices, required=False)
    database_version = serializers.CharField(max_length=40, required=False)
    cloud = serializers.ChoiceField(choices=Cloud.choices, required=False)
    hosting = serializers.CharField(max_length=LINE, required=False)
    affected_people = serializers.CharField(max_length=80, required=False)
    expected = serializers.CharField(max_length=LONG, required=False)
    steps = serializers.CharField(max_length=LONG, required=False)
    tried = serializers.CharField(max_length=LONG, required=False)
    logs = serializers.CharField(max_length=LOGS, required=False)
    began_at = serializers.DateTimeField(required=False)
    asking = serializers.IntegerField(min_value=1, required=False, help_text="How many customers ask, for a feature.")
    confidential = serializers.BooleanField(required=False)


class WantedSerializer(serializers.Serializer[Any]):
    """Something that would still help."""

    field = serializers.CharField()
    words = serializers.CharField()


class RaisedSerializer(serializers.Serializer[Any]):
    """An escalation that was raised, and what is still wanted of it."""

    number = serializers.CharField(help_text="Such as E-12.")
    url = serializers.CharField()
    level = serializers.IntegerField()
    customer = serializers.CharField()
    customer_confirmed = serializers.BooleanField(help_text="False: added by its name, until somebody says who it is.")
    masked = serializers.IntegerField(help_text="How many secrets in what was sent are masked.")
    asks_for = WantedSerializer(many=True)


def raise_from(data: object, person: Person, at: datetime) -> tuple[Escalation, bool]:
    """Raise what a request says. Returns it, and whether it is new. Raises `ValidationError` by field, in the form's
    words."""
    if not isinstance(data, Mapping):
        raise ValidationError({"non_field_errors": ["Send an object with the fields of the form."]})
    key = _key(data.get("submission"))
    form = IntakeApiForm(_typed(data), at=at, zone="UTC", initial={"source": Source.SUPPORT})
    if not form.is_valid():
        raise ValidationError({name: [str(word) for word in words] for name, words in form.errors.items()})
    asked = Form(customer=form.cleaned_data["customer"], values=form.asked_values, submission=key, reporter=person,
                 reporter_name=person.name, reporter_email=person.email)
    try:
        return file_form(form=asked, at=at)
    except Refused as refused:
        raise ValidationError({"submission": [str(refused)]}) from refused


def told_of(row: Escalation, data: object) -> dict[str, Any]:
    """What is answered of it. `data`: what was sent."""
    asks = _still_wanted(row)
    return {
        "number": f"E-{row.pk}", "url": link_of(row.pk) if link_of(row.pk).startswith("http") else path_of(row.pk),
        "level": Level(row.level).value, "customer": row.customer.name, "customer_confirmed": row.customer.confirmed,
        "masked": mask_values(data)[1] if isinstance(data, Mapping) else 0,
        "asks_for": [{"field": _field(need.field), "words": need.words} for need in (*asks.required, *asks.wanted)],
    }


def _still_wanted(row: Escalation) -> Missing:
    names = (*AskedSerializer().fields, "began_at")
    return missing({name: getattr(row, name, "") for name in names} | {"customer": row.customer.name})


def _field(name: str) -> str:
    return "began_at" if name == "began_on" else name


def _key(given: object) -> uuid.UUID:
    if given is None:
        return uuid.uuid4()
    try:
        return uuid.UUID(str(given))
    except ValueError as error:
        raise ValidationError({"submission": [NO_UUID]}) from error


def _typed(data: Mapping[str, object]) -> dict[str, str]:
    """What was sent, as the form takes it. Raises `ValidationError` for what is neither text nor number."""
    typed: dict[str, str] = {}
    wrong = {}
    for name in IntakeApiForm.base_fields:
        value = data.get(name)
        if value is None or value is False:
            continue
        if not isinstance(value, str | int | float):
            wrong[name] = [NO_TEXT]
        typed[name] = "on" if value is True else str(value)
    if wrong:
        raise ValidationError(wrong)
    return typed
