"""What an incident's page says once of what stands in other tables, asked for together."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, FilteredRelation, OuterRef, Q, Subquery
from django.db.models.functions import JSONObject

from incidents.choices import ActionState, PromiseState
from incidents.models import (
    Evidence,
    Incident,
    IncidentCustomer,
    IncidentRole,
    IncidentSettings,
    Promise,
    RetroAction,
    Retrospective,
)
from integrations.outbox.models import Delivery

ITS_OWN = OuterRef("pk")


@dataclass(frozen=True)
class Attached:
    """A piece of evidence, as the pane names it. `step`: what it hangs on, None for the incident itself."""

    pk: int
    step: int | None
    pinned: bool
    title: str
    url: str


@dataclass(frozen=True)
class Asked:
    """How far the newest delivery that makes or mends the incident's channel has come."""

    state: str
    fault: str


@dataclass(frozen=True)
class Around:
    """`customers`: the one that updates are headed by first. `held`: role -> who has it, by name. `promise`: the open
    one. `watch`: for how many hours a resolved incident is watched."""

    customers: tuple[str, ...]
    held: Mapping[str, str]
    promise: Promise | None
    evidence: tuple[Attached, ...]
    channel: Asked | None
    retro: Retrospective | None
    open_actions: int
    watch: int


def around_of(incident: Incident) -> Around:
    """All of it, as it is now. One query: each of these is a row or a few off an index, and asking was what they
    took."""
    rows = Incident.objects.filter(pk=incident.pk).annotate(
        open_promise=FilteredRelation("promises", condition=Q(promises__state=PromiseState.OPEN)),
        around_customers=_customers(), around_held=_held(), around_evidence=_evidence(),
        around_channel=_channel(incident), around_actions=_actions(), around_watch=_watch(),
    )
    row = rows.select_related("retrospective", "open_promise").get()  # type: ignore[misc]  # made just here
    told = vars(row)
    return Around(
        customers=tuple(told["around_customers"]), held={one["role"]: one["name"] for one in told["around_held"]},
        # Neither attribute is there where there is no such row.
        promise=getattr(row, "open_promise", None), retro=getattr(row, "retrospective", None),
        evidence=tuple(Attached(**one) for one in told["around_evidence"]),
        channel=Asked(**told["around_channel"]) if told["around_channel"] else None,
        open_actions=told["around_actions"] or 0,
        watch=IncidentSettings().watch if told["around_watch"] is None else told["around_watch"],
    )


def _customers() -> ArraySubquery:
    return ArraySubquery(IncidentCustomer.objects.filter(incident=ITS_OWN).order_by("pk").values("customer__name"))


def _held() -> ArraySubquery:
    rows = IncidentRole.objects.filter(incident=ITS_OWN, ends_at__isnull=True)
    return ArraySubquery(rows.values(told=JSONObject(role="role", name="person__name")))


def _evidence() -> ArraySubquery:
    rows = Evidence.objects.filter(incident=ITS_OWN, removed_at__isnull=True).order_by("-pinned", "at", "pk")
    return ArraySubquery(rows.values(told=JSONObject(pk="pk", step="step_id", pinned="pinned", title="title",
                                                     url="url")))


def _channel(incident: Incident) -> Subquery:
    # By the number as text, not by the row's own: only so is it found off the index of keys.
    rows = Delivery.objects.filter(key__startswith=f"inc-channel-{incident.pk}-").order_by("-id")
    return Subquery(rows.values(told=JSONObject(state="state", fault="fault"))[:1])


def _actions() -> Subquery:
    rows = RetroAction.objects.filter(incident=ITS_OWN, state=ActionState.OPEN).order_by().values("incident")
    return Subquery(rows.annotate(many=Count("pk")).values("many"))


def _watch() -> Subquery:
    return Subquery(IncidentSettings.objects.order_by("pk").values("watch")[:1])
