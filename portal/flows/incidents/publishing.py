"""An update is published, or corrected: its version, its promise, and its way to every target, in one transaction."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from incidents.actions import sending, updates
from incidents.actions.targets import default_targets
from incidents.models import Incident, Update, UpdateVersion
from incidents.queries.targets import chosen_targets, targets_by_id
from people.models import Person


@transaction.atomic
def publish(
    *, incident: Incident, given: updates.Given, by: Person, at: datetime, targets: Iterable[int] | None = None
) -> Update:
    """Publish an update and put it on its way to these targets (their ids), None: to those that are chosen. What
    customers get waits for the second person. The same form again is the same update. Raises what
    `actions.updates.publish` raises."""
    default_targets(incident=incident, at=at)
    update = updates.publish(incident=incident, given=given, by=by, at=at)
    found = chosen_targets(incident) if targets is None else targets_by_id(incident, targets)
    sending.send(version=_newest(update), targets=found, at=at)
    return update


@transaction.atomic
def correct(*, update: Update, given: updates.Given, reason: str, by: Person, at: datetime) -> Update:
    """Publish another version of an update: posts are edited, mail and comments say that they correct. It goes to
    whatever the update went to. Raises what `actions.updates.correct` raises."""
    corrected = updates.correct(update=update, given=given, reason=reason, by=by, at=at)
    version = _newest(corrected)
    went = {row for row in version.of.versions.exclude(pk=version.pk).values_list("deliveries__target", flat=True)
            if row is not None}
    sending.send(version=version, targets=targets_by_id(update.incident, went), at=at)
    return corrected


def _newest(update: Update) -> UpdateVersion:
    return update.versions.select_related("of__incident", "by").order_by("-number")[0]
