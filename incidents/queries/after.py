"""What comes after the resolution, as the incident's page shows it in a bar."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cadence.queries.facts import team_day
from incidents.choices import RetroState, State
from incidents.models import Incident
from incidents.queries.around import Around, around_of
from incidents.queries.retrospective import Step, is_over, steps_of


@dataclass(frozen=True)
class After:
    """See templates/incidents/after/bar.html. `next`: the date that is to be met next, None where all are.
    `watching`: the day of watching is not over."""

    incident: Incident
    watched_until: datetime
    watching: bool
    can_confirm: bool
    can_take_back: bool
    next: Step | None
    state: str
    open_actions: int


def after_of(incident: Incident, at: datetime, around: Around | None = None) -> After | None:
    """How far it is; None for one that is open, or was merged. One query where what stands around it is not known."""
    if not is_over(incident) or incident.resolved_at is None:
        return None
    around = around or around_of(incident)
    retro, until = around.retro, incident.resolved_at + timedelta(hours=around.watch)
    closed = incident.state == State.CLOSED
    waiting = [one for one in steps_of(retro, team_day(at)) if not one.done] if retro and not closed else []
    return After(
        incident=incident, watched_until=until, watching=at < until and not closed,
        can_confirm=incident.state == State.WATCHED, can_take_back=incident.state == State.CONFIRMED,
        next=waiting[0] if waiting else None, state=str(RetroState(retro.state).label) if retro else "",
        open_actions=around.open_actions,
    )
