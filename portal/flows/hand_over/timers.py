"""What the portal does by itself: it drafts two days before it is due, and reminds a day before and when it is late."""

from datetime import datetime, timedelta

from django.urls import reverse

from portal.common.models import Timer
from portal.common.timers import set_timer
from portal.flows.hand_over.draft import draft_hand_over
from set_rotation.actions import tell
from set_rotation.actions.paging.ladder import planners
from set_rotation.models import HandOver, Rotation
from set_rotation.queries.cycle import cycle_facts
from set_rotation.queries.hand_over import Crews, crews
from set_rotation.rules.cycle import CycleFacts, Step, next_step, steps_due
from set_rotation.rules.words import moment_words

TIMER = "hand_over.due"  # its key is the rotation's id
AHEAD = timedelta(days=21)  # rotations that begin later have no timer yet


def set_hand_over_timers(*, at: datetime) -> int:
    """Set the timer of each rotation that runs or comes soon, where it is missing or the schedule, the lead or the
    lead's zone have changed. Returns how many were set."""
    near = Rotation.objects.filter(starts_at__lte=at + AHEAD, ends_at__gt=at)
    have = dict(Timer.objects.filter(kind=TIMER).values_list("key", "due_at"))
    done = set(HandOver.objects.filter(rotation__in=near).values_list("rotation_id", flat=True))
    count = 0
    for rotation in near:
        due = _timer_due(rotation, at, drafted=rotation.pk in done)
        set_for = have.get(str(rotation.pk))
        # One that is due is being done, or tried again.
        if due is not None and (set_for is None or (set_for > at and set_for != due)):
            set_timer(kind=TIMER, key=str(rotation.pk), due_at=due)
            count += 1
    return count


def _timer_due(rotation: Rotation, at: datetime, *, drafted: bool) -> datetime | None:
    facts = cycle_facts(rotation, crews(rotation).outgoing)
    return at if steps_due(facts, at) and not drafted else next_step(facts, at)


def hand_over_due(key: str, at: datetime) -> None:
    """The timer of a rotation's hand-over rings: what has come is done, once each, and the next step has its timer."""
    rotation = Rotation.objects.filter(pk=int(key)).first()
    if rotation is None:
        return
    both = crews(rotation)
    facts = cycle_facts(rotation, both.outgoing)
    for step in steps_due(facts, at):
        _do(step, both, facts, at)
    following = next_step(facts, at)
    if following is not None:
        set_timer(kind=TIMER, key=key, due_at=following)


def _do(step: Step, both: Crews, facts: CycleFacts, at: datetime) -> None:
    held = HandOver.objects.filter(rotation=both.rotation).first()
    if step == Step.DRAFT:
        if held is None:
            draft_hand_over(rotation=both.rotation, by=None, at=at)
    elif held is None or held.given_at is None:
        late, when = step == Step.LATE, moment_words(facts.handed_over_at, facts.zone)
        subject = f"The hand-over of {both.rotation} {'was' if late else 'is'} due {when}"
        text = "Its draft stands in the portal: add what is not written down, look at the new owners, and hand over."
        # Without a lead it is for whoever plans rotations to see to it.
        for person in [both.lead] if both.lead and both.lead.is_active else planners(at):
            tell(person, key=f"hand-over-{both.rotation.pk}-{step}-{person.pk}", subject=subject, text=text,
                 path=reverse("hand_over", args=[both.rotation.number]), at=at)
