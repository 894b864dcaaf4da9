"""What is measured of one incident: how long it was down, who was how fast, and how punctual its updates were."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from incidents.choices import PromiseState, What
from incidents.models import Incident, IncidentEvent, Promise
from incidents.rules.figures import in_time
from incidents.rules.outage import lasted
from incidents.rules.retrospective import Entered, InStatus, changes_of, long_length, time_in

STATUS_LINE = "Status: "  # how a change of status begins on the timeline
WITH_STATUS = (What.DECLARED, What.STATUS)  # lines that say from which moment on a status held


@dataclass(frozen=True)
class Measured:
    """How it went, in numbers. None: not known. Acknowledging is counted from the page that called, the rest from
    when it began. `late`: promised updates that came late, or did not come (`broken`). `worst`: the latest that came.
    """

    lasted: timedelta | None
    to_acknowledge: timedelta | None
    to_identify: timedelta | None
    updates: int
    kept: int
    late: int
    broken: int
    worst: timedelta
    statuses: tuple[InStatus, ...]

    @property
    def punctuality(self) -> str:
        """How many promised updates were in time: "6 of 8 in time, 1 did not come, the latest 4 minutes late"."""
        whole = self.kept + self.late
        if not whole:
            return "No update was promised"
        if not self.late:
            return f"All {whole} in time" if whole > 1 else "In time"
        said = [f"{self.kept} of {whole} in time", f"{self.broken} did not come" if self.broken else "",
                f"the latest {long_length(self.worst)} late" if self.late > self.broken else ""]
        return ", ".join(filter(None, said))


def measured_of(
    incident: Incident, events: Sequence[IncidentEvent], promises: Sequence[Promise], at: datetime
) -> Measured:
    """The numbers of one incident, from its own lines and promises. No query, if each `status` is there."""
    end = incident.resolved_at
    changes = changes_of(
        entered(one.what, one.at, one.from_value, one.to_value, one.status.name if one.status else None)
        for one in events if one.what in WITH_STATUS)
    met = [in_time(one.state, one.due_at, at) for one in promises]
    came = [one.ended_at - one.due_at for one in promises if one.state == PromiseState.LATE and one.kept_by_id
            and one.ended_at]
    return Measured(
        lasted=down(incident, end),
        to_acknowledge=passed(incident.called_at or incident.at, incident.acknowledged_at),
        to_identify=down(incident, incident.identified_at), updates=incident.updates,
        kept=met.count(True), late=met.count(False), broken=met.count(False) - len(came),
        worst=max(came, default=timedelta()),
        statuses=tuple(time_in(changes, first=incident.status.name, since=incident.at, until=end)) if end else (),
    )


def entered(what: str, at: datetime, old: str, line: str, name: str | None) -> Entered:
    """What a line of `WITH_STATUS` says of a status; `name`: what the status is called now."""
    return Entered(at, old, line.removeprefix(STATUS_LINE), name, first=what == What.DECLARED)


def passed(start: datetime, end: datetime | None) -> timedelta | None:
    """How long from one moment to another; None where that has not come."""
    return max(end - start, timedelta()) if end else None


def down(incident: Incident, end: datetime | None) -> timedelta | None:
    """How long it was down until then, without the breaks; None where that has not come."""
    return lasted(incident.breaks, incident.began_at, end) if end else None
