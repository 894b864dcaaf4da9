"""The way of a fix: pull request, cherry-pick, candidate, dot release, the customer's dev/UAT, their production."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from customers.models import Customer
from incidents.actions.base import Refused, held, record
from incidents.actions.steps import PART_OF, UNAPPROVED, settle
from incidents.choices import Kind, PatchStage, PatchState, State, StepState, What
from incidents.models import Incident, IncidentStep, PatchStep
from incidents.queries.playbook import parts_of
from incidents.rules.seen import mark, meanwhile
from incidents.rules.words import clean_line
from people.models import Person

ON_ITS_WAY = (PatchState.UNDER_WAY, PatchState.DONE)
SETTLES = {PatchState.DONE: StepState.DONE, PatchState.NOT_NEEDED: StepState.SKIPPED}


@dataclass(frozen=True)
class Moved:
    """How far the fix is on one part of its way. `approver`: who at the customer approved it."""

    state: PatchState
    version: str = ""
    url: str = ""
    note: str = ""
    approver: str = ""
    approved_at: datetime | None = None

    @property
    def mark(self) -> str:
        """Another one as soon as anything of it is."""
        return mark(*vars(self).values())


@transaction.atomic
def move_patch(
    *, incident: Incident, stage: PatchStage, moved: Moved, by: Person, at: datetime, seen: str = "",
    customer: Customer | None = None,
) -> bool:
    """Say how far the fix is on this part of its way. `customer`: whose part it is, where there are several; otherwise
    nobody's, or the first one's where each part has somebody. `seen`: the mark of what was shown; "" for none. The
    step of the playbook that goes by the same name is done with it, skipped where it is not needed, and open again
    where it was set back. Returns whether anything is different. Raises `Refused` for a
    customer's production that nobody at the customer has approved, for an approval without a name or in the future,
    where somebody else changed it meanwhile, and where the incident was merged."""
    row = held(incident)
    if row.state == State.MERGED:
        raise Refused("It was merged into another incident: go on there.")
    now = _clean(moved, at)
    _refuse(row, stage, now, at)
    found = _part(row, stage, customer)
    old = Moved(PatchState(found.state), found.version, found.url, found.note, found.approver, found.approved_at)
    if old == now:
        return False
    if seen and seen != old.mark:
        raise Refused(meanwhile(_stands(old)))
    for name, value in vars(now).items():
        setattr(found, name, value)
    found.at, found.by = at, by
    found.save()
    step = _follow(row, stage, old, now, by=by, at=at)
    again = f": “{step.title}” is open again" if step is not None and step.state == StepState.OPEN else ""
    label = f"{stage.label}, {customer.name}" if customer else stage.label
    record(What.PATCH, incident=row, at=at, by=by, step=step, url=now.url, text=now.note, from_value=old.state.label,
           words=_words(label, old, now) + again, tone="green" if now.state == PatchState.DONE else "")
    return True


def _part(row: Incident, stage: PatchStage, customer: Customer | None) -> PatchStep:
    parts = parts_of(row).filter(stage=stage).select_for_update(of=("self",))  # nobody's came before any customer's
    found = (parts.filter(customer=customer) if customer else parts).first()
    if found is None:
        raise Refused("It does not concern them any more.")
    return found


def _clean(moved: Moved, at: datetime) -> Moved:
    approver = clean_line(moved.approver, 120)
    approved_at = moved.approved_at or (at if approver else None)
    return Moved(moved.state, clean_line(moved.version, 40), moved.url.strip(), clean_line(moved.note, 300), approver,
                 approved_at)


def _refuse(row: Incident, stage: PatchStage, now: Moved, at: datetime) -> None:
    if now.approved_at is not None and not now.approver:
        raise Refused("Say who at the customer approved it.")
    if now.approved_at is not None and now.approved_at > at:
        raise Refused("It cannot have been approved in the future.")
    theirs = stage == PatchStage.PRODUCTION and row.kind == Kind.CUSTOMER
    if theirs and now.state in ON_ITS_WAY and not now.approver:
        raise Refused(UNAPPROVED)


def _follow(
    row: Incident, stage: PatchStage, old: Moved, now: Moved, *, by: Person, at: datetime
) -> IncidentStep | None:
    """The step that is the same thing stands as the part does, of several customers as all of theirs do; None where
    nothing of it changed."""
    states = {PatchState(state) for state in parts_of(row).filter(stage=stage).values_list("state", flat=True)}
    to = SETTLES[min(states)] if states <= set(SETTLES) else StepState.OPEN
    key = next(key for key, part in PART_OF.items() if part == stage)
    step = IncidentStep.objects.filter(incident=row, key=key).exclude(state=to).first()
    if step is None or old.state == now.state or (to == StepState.OPEN and old.state not in SETTLES):
        return None
    opened = to == StepState.OPEN
    settle(step, to, by=None if opened else by, at=None if opened else at,
           reason=now.note or "Not needed for this fix" if to == StepState.SKIPPED else "")
    return step


def _words(label: str, old: Moved, now: Moved) -> str:
    what = f"{label}: {now.state.label.lower()}" if old.state != now.state else f"{label}: changed"
    more = [now.version] if now.version and now.version != old.version else []
    more += [f"approved by {now.approver}"] if now.approver and now.approver != old.approver else []
    return ", ".join([what, *more])


def _stands(now: Moved) -> str:
    """How far a part is, in words."""
    approved = f"approved by {now.approver}" if now.approver else ""
    return "; ".join(filter(None, [now.state.label.lower(), now.version, now.url, approved, now.note]))
