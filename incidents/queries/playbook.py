"""The playbook of one incident as its pages show it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from customers.models import Customer
from incidents.choices import EvidenceKind, Kind, PatchStage, PatchState, State, StepKind, StepState
from incidents.models import Incident, IncidentCustomer, IncidentStage, IncidentStep, PatchStep
from incidents.queries.around import Around, Attached, around_of
from people.models import Person

SETTLED = (StepState.DONE, StepState.SKIPPED)
PATCH_TONES = {PatchState.DONE: "green", PatchState.UNDER_WAY: "blue", PatchState.NOT_NEEDED: "",
               PatchState.WAITING: ""}


@dataclass(frozen=True)
class PatchLine:
    """How far the fix has come on one part of its way. `now`: it is the part that is under way, or the next one.
    `customer`: whose it is, None of a part that is nobody's; `alone`: there is no other of this part."""

    stage: PatchStage
    state: PatchState
    tone: str
    version: str
    url: str
    note: str
    approver: str
    approved_at: datetime | None
    at: datetime | None
    now: bool
    customer: Customer | None = None
    alone: bool = True

    @property
    def settled(self) -> bool:
        return self.state in (PatchState.DONE, PatchState.NOT_NEEDED)

    @property
    def label(self) -> str:
        """What it is called: where there are several customers, by whose it is."""
        whose = f", {self.customer.name}" if self.customer is not None and not self.alone else ""
        return f"{self.stage.label}{whose}"

    @property
    def query(self) -> str:
        """What its address says of whose it is."""
        return "" if self.alone else f"?customer={self.customer.slug if self.customer else ''}"

    @property
    def short(self) -> str:
        """What stands beside its name: the version, the number of a pull request, or how it stands."""
        number = self.url.rstrip("/").rpartition("/")[2] if "/pull/" in self.url else ""
        return self.version or (f"#{number}" if number.isdigit() else "") or self.state.label


@dataclass(frozen=True)
class StepLine:
    """A step. `now`: the first open one of the stage that is worked on; `late`: it should have been done; `attached`:
    how many pieces of evidence hang on it; `patch`: the part of the patch's way that goes by the same name; `asks`:
    nobody at the customer has approved it yet, without which it is not done."""

    row: IncidentStep
    owner: Person | None
    done_by: Person | None
    attached: int
    now: bool
    late: bool
    patch: PatchLine | None
    asks: bool = False

    @property
    def settled(self) -> bool:
        return self.row.state in SETTLED

    @property
    def skipped(self) -> bool:
        return self.row.state == StepState.SKIPPED

    @property
    def replies(self) -> bool:
        return self.row.kind == StepKind.REPLY

    @property
    def tone(self) -> str:
        if self.late or (self.row.kind == StepKind.EXECUTIVE and not self.settled):
            return "amber"
        if self.settled:
            return "" if self.skipped else "green"
        return "blue" if self.now else ""


@dataclass(frozen=True)
class StageLine:
    """A stage with those of its steps that are to be seen. `now`: work is in it; `settled` of `total` steps."""

    row: IncidentStage
    steps: tuple[StepLine, ...]
    now: bool
    past: bool

    @property
    def total(self) -> int:
        return len(self.steps)

    @property
    def settled(self) -> int:
        return sum(step.settled for step in self.steps)

    @property
    def loose(self) -> int:
        """How many steps are open."""
        return self.total - self.settled

    @property
    def done(self) -> bool:
        return not self.loose

    @property
    def tone(self) -> str:
        if self.now:
            return "blue"
        if self.done:
            return "green"
        return "amber" if self.past else ""


@dataclass(frozen=True)
class PlaybookPane:
    """The pane of the incident's page. `hour`: the executive's step, once the outage is longer than an hour and nobody
    has told them; `told`: the same step when it is done. `next`: the stage after the one that is worked on. `rule`:
    the stages in which every reply names the expected resolution, "3 to 6"."""

    incident: Incident
    stages: tuple[StageLine, ...]
    current: StageLine
    next: StageLine | None
    hour: StepLine | None
    told: StepLine | None
    patch: tuple[PatchLine, ...]
    pinned: tuple[Attached, ...]
    evidence: int
    rule: str
    works: bool
    at: datetime

    @property
    def total(self) -> int:
        return sum(stage.total for stage in self.stages)

    @property
    def settled(self) -> int:
        return sum(stage.settled for stage in self.stages)

    @property
    def todo(self) -> StepLine | None:
        """The step that is next: the first open one of the stage that is worked on."""
        return next((step for step in self.current.steps if step.now), None)

    @property
    def names(self) -> bool:
        """Whether a reply names the expected resolution in the stage that is worked on."""
        return self.current.row.timeline

    @property
    def replies(self) -> Mapping[str, IncidentStep]:
        """The steps that are done by an update, by their keys."""
        return {step.row.key: step.row for stage in self.stages for step in stage.steps if step.replies}


def playbook_of(incident: Incident, *, works: bool, at: datetime, around: Around | None = None) -> PlaybookPane:
    """The stages, steps, evidence and patch of an incident. `works`: the reader takes part. Two queries, three where
    what stands around the incident is not known yet."""
    rows = list(incident.steps.select_related("stage", "owner", "done_by"))
    evidence = (around or around_of(incident)).evidence
    patch = patch_of(incident)
    lines = _lines(incident, rows, Counter(one.step for one in evidence), patch, at)
    stages = _stages(incident, rows, lines)
    told = [line for line in lines if line.row.kind == StepKind.EXECUTIVE]
    current = next(stage for stage in stages if stage.now)
    return PlaybookPane(
        incident, stages, current, next((one for one in stages if one.row.number > current.row.number), None),
        next((one for one in told if not one.settled and incident.state == State.OPEN), None),
        next((one for one in told if one.row.state == StepState.DONE), None),
        patch, tuple(one for one in evidence if one.pinned), len(evidence), _rule(stages),
        works and incident.state != State.MERGED, at,
    )


def patch_of(incident: Incident) -> tuple[PatchLine, ...]:
    """The way of the fix, in its order; what is a customer's, for each whom it concerns. One query."""
    rows = sorted(parts_of(incident).select_related("customer"), key=lambda row: PatchStage.values.index(row.stage))
    often = Counter(row.stage for row in rows)
    left = (PatchState.UNDER_WAY, PatchState.WAITING)
    begun = any(row.state != PatchState.WAITING for row in rows)
    now = next((row for row in rows if row.state in left), None) if begun else None
    return tuple(
        PatchLine(PatchStage(row.stage), PatchState(row.state), PATCH_TONES[PatchState(row.state)], row.version,
                  row.url, row.note, row.approver, row.approved_at, row.at, row == now, row.customer,
                  often[row.stage] == 1)
        for row in rows
    )


def parts_of(incident: Incident) -> "QuerySet[PatchStep]":
    """The parts of the fix's way that count: those of customers whom it does not concern any more do not."""
    concerned = Q(customer__in=IncidentCustomer.objects.filter(incident=incident).values("customer"))
    return PatchStep.objects.filter(Q(customer=None) | concerned, incident=incident).order_by("pk")


def hidden(step: IncidentStep, at: datetime) -> bool:
    """Whether a step has not appeared yet: the executive's, before its hour."""
    early = step.due_at is None or step.due_at > at
    return step.kind == StepKind.EXECUTIVE and step.state == StepState.OPEN and early


def asks_approver(incident: Incident, step: IncidentStep, patch: Iterable[PatchLine]) -> bool:
    """Whether a step is the upgrade of a customer's production, which nobody there has approved yet."""
    theirs = step.key == PatchStage.PRODUCTION and incident.kind == Kind.CUSTOMER and step.state == StepState.OPEN
    return theirs and any(
        line.stage == PatchStage.PRODUCTION and not line.approver and not line.settled for line in patch
    )


def _lines(
    incident: Incident, rows: list[IncidentStep], attached: Counter[int | None], patch: tuple[PatchLine, ...],
    at: datetime,
) -> list[StepLine]:
    seen = [row for row in rows if not hidden(row, at)]
    still = [row for row in seen if row.state == StepState.OPEN and row.stage.number == incident.stage]
    first = next((row for row in still if row.kind != StepKind.EXECUTIVE), None)
    # Of several customers the one whose part is furthest behind, of those that have begun.
    begun = sorted((line for line in patch if line.state != PatchState.WAITING), key=lambda line: not line.settled)
    ways = {line.stage.replace("_", "-"): line for line in begun}
    return [
        StepLine(row, row.owner, row.done_by, attached[row.pk], row == first,
                 row.state == StepState.OPEN and row.due_at is not None and row.due_at < at, ways.get(row.key),
                 asks_approver(incident, row, patch))
        for row in seen
    ]


def _stages(incident: Incident, rows: list[IncidentStep], lines: list[StepLine]) -> tuple[StageLine, ...]:
    found = {row.stage_id: row.stage for row in rows}
    return tuple(
        StageLine(stage, tuple(line for line in lines if line.row.stage_id == stage.pk),
                  stage.number == incident.stage, stage.left_at is not None)
        for stage in sorted(found.values(), key=lambda one: one.number)
    )


def _rule(stages: tuple[StageLine, ...]) -> str:
    """"3 to 6", of the stages in which replies name the expected resolution; "" where none does, or they are over."""
    numbers = [stage.row.number for stage in stages if stage.row.timeline]
    if not numbers or any(stage.now and stage.row.number > numbers[-1] for stage in stages):
        return ""
    return f"{numbers[0]} to {numbers[-1]}" if len(numbers) > 1 else str(numbers[0])


def kinds_of_evidence() -> list[tuple[str, str]]:
    """What evidence can be, as a form offers it."""
    return list(EvidenceKind.choices)
