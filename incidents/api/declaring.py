"""Declaring an incident by a program: a title and a customer are enough, as on the page."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.validators import URLValidator
from django.db import transaction
from rest_framework import serializers
from rest_framework.exceptions import APIException, ValidationError

from customers.models import Customer
from incidents import access as room
from incidents.actions.base import Refused
from incidents.actions.declaring import Declared, customers_of, declare
from incidents.choices import Decision, Kind, Role, Severity
from incidents.forms.declaring import LONGEST_KNOWN, MOST_CUSTOMERS, NO_BRIDGE
from incidents.models import Incident
from incidents.queries.seen import visible
from incidents.queries.sources import Sources, on_it, sources_of
from incidents.queries.suggesting import may_have, suggested, twins
from people.models import Person, validate_zone

NO_PERSON = "There is nobody with this id who may have this part."


class Twin(APIException):
    """What is declared may be there already."""

    status_code = 409
    default_code = "there_already"


class DeclareSerializer(serializers.Serializer[Any]):
    """What is down. Whoever is on duty is paged for a Sev1 or Sev2, as on the page."""

    submission = serializers.UUIDField(
        required=False, help_text="Yours to choose: the same again is the same incident (200 instead of 201)."
    )
    title = serializers.CharField(max_length=200)
    severity = serializers.ChoiceField(choices=Severity.choices, help_text="1 is the most urgent.")
    kind = serializers.ChoiceField(choices=Kind.choices, default=Kind.CUSTOMER)
    customers = serializers.ListField(
        child=serializers.CharField(max_length=120), required=False, max_length=MOST_CUSTOMERS,
        help_text="Names or other names, at least one for a customer's; an unknown one is added as unconfirmed.",
    )
    known = serializers.CharField(max_length=LONGEST_KNOWN, required=False, allow_blank=True, default="")
    bridge = serializers.CharField(max_length=500, required=False, allow_blank=True, default="",
                                   validators=[URLValidator(["http", "https"], message=NO_BRIDGE)])
    began_at = serializers.DateTimeField(required=False, help_text="Since when it is down; left out: since now.")
    zone = serializers.CharField(max_length=64, required=False, validators=[validate_zone],
                                 help_text="Whose clocks the updates say; left out: the team's.")
    private = serializers.BooleanField(
        required=False, help_text="Only its people see it; left out: as its escalation, if that is confidential."
    )
    drill = serializers.BooleanField(default=False)
    decision = serializers.ChoiceField(choices=Decision.choices, required=False, help_text="Of our own server.")
    decision_reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    escalation = serializers.CharField(max_length=20, required=False, help_text="Such as E-12.")
    page = serializers.IntegerField(min_value=1, required=False,
                                    help_text="Its page: no other is raised, unless that one is over.")
    ticket = serializers.CharField(max_length=80, required=False, help_text="Such as MM-61234.")
    anyway = serializers.BooleanField(
        default=False, help_text="Declare it although somebody works on the same customer's production, on our own "
                                 "server, or on one from the same page already.",
    )
    roles = serializers.DictField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), required=False,
        help_text="People's ids by part: commander, deputy, communications, scribe, customer_contact, executive. "
                  "Left out: proposed from who is on duty.",
    )


def declare_from(data: object, person: Person, at: datetime) -> tuple[Incident, bool]:
    """Declare what a request says. Returns it, and whether it is new. Raises `ValidationError` by field, and `Twin`
    where it may be there already."""
    asked = DeclareSerializer(data=data)
    asked.is_valid(raise_exception=True)
    told: Mapping[str, Any] = asked.validated_data
    try:
        with transaction.atomic():
            return declare(told=_declared(told, person, at), by=person, at=at)
    except Refused as refused:
        raise ValidationError({"non_field_errors": [str(refused)]}) from refused


def _declared(told: Mapping[str, Any], person: Person, at: datetime) -> Declared:
    given = {name: str(told[name]) for name in ("escalation", "page", "ticket") if name in told}
    sources = sources_of(given, person=person, rights=room.rights_of(person), at=at)
    for name in given:
        if getattr(sources, name) is None:
            raise ValidationError({name: ["There is none of this name, or it is not yours to see."]})
    theirs = (told.get("customers") or [*sources.customers]) if told["kind"] == Kind.CUSTOMER else []
    customers = customers_of(theirs, by=person, at=at)
    _refuse_twin(told, customers, sources, person)
    confidential = sources.escalation is not None and sources.escalation.confidential
    roles = _roles(told["roles"], at) if "roles" in told else suggested(
        by=person, at=at, customers=customers, first=on_it(sources.page))
    return Declared(
        severity=Severity(told["severity"]), title=told["title"], kind=Kind(told["kind"]), known=told["known"],
        submission=told.get("submission") or uuid.uuid4(), bridge=told["bridge"], zone=told.get("zone", ""),
        customers=customers, began_at=told.get("began_at"),
        private=told.get("private", confidential), drill=told["drill"], escalation=sources.escalation,
        page=sources.page, ticket=sources.ticket, decision=Decision(told["decision"]) if "decision" in told else None,
        decision_reason=told["decision_reason"], roles=roles,
    )


def _refuse_twin(told: Mapping[str, Any], customers: Sequence[Customer], sources: Sources, person: Person) -> None:
    sent = told.get("submission")
    again = sent is not None and Incident.objects.filter(submission=sent).exists()
    if told["anyway"] or told["drill"] or again:
        return
    there = twins(visible(person, room.rights_of(person)), customers, kind=told["kind"], page=sources.page)
    if there:
        raise Twin(f"Somebody works on this already: {', '.join(map(str, there))}. Send anyway if it is another one.")


def _roles(given: Mapping[str, int], at: datetime) -> dict[Role, Person]:
    people = Person.objects.in_bulk(list(given.values()))
    for name, number in given.items():
        if name not in Role.values:
            raise ValidationError({"roles": [f"There is no part “{name[:40]}”."]})
        if number not in people or not may_have(people[number], Role(name), at):
            raise ValidationError({"roles": [f"{name}: {NO_PERSON}"]})
    return {Role(name): people[number] for name, number in given.items()}
