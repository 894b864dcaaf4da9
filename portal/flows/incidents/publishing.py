"""An update is published, or corrected: its version, its promise, and its way to every target, in one transaction."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from incidents.actions import sending, updates
from incidents.choices import Reading
from incidents.models import Incident, Target, Update, UpdateDelivery, UpdateVersion
from incidents.queries.targets import chosen_targets, targets_by_id
from people.models import Person
from portal.flows.incidents.channel import keep_channel


@transaction.atomic
def publish(
    *, incident: Incident, given: updates.Given, by: Person, at: datetime, targets: Iterable[int] | None = None
) -> Update:
    """Publish an update and put it on its way to these targets (their ids), None: to those that are chosen. What
    customers get waits for the second person. The same form again is the same update. Raises what
    `actions.updates.publish` raises."""
    keep_channel(incident=incident, at=at)  # on its way before the posts that wait for it
    update = updates.publish(incident=incident, given=given, by=by, at=at)
    if update.at != at:
        return update  # the form was sent twice: it is on its way already
    found = chosen_targets(incident) if targets is None else targets_by_id(incident, targets)
    sending.send(version=_newest(update), targets=_meant(found, given), at=at)
    return update


@transaction.atomic
def correct(*, update: Update, given: updates.Given, reason: str, by: Person, at: datetime) -> Update:
    """Publish another version of an update: posts are edited, mail and comments say that they correct. It goes to
    whatever the update went to. Raises what `actions.updates.correct` raises."""
    # Asked before: what still waits for its reader is overtaken by the correction, and goes with it.
    went = set(UpdateDelivery.objects.filter(version__of=update).values_list("target", flat=True))
    corrected = updates.correct(update=update, given=given, reason=reason, by=by, at=at)
    version = _newest(corrected)
    if version.at == at:
        found = targets_by_id(update.incident, went)
        sending.send(version=version, targets=_meant(found, given), at=at)
    return corrected


def _meant(found: list[Target], given: updates.Given) -> list[Target]:
    """Without those for customers where its writer keeps it among us."""
    return [target for target in found if given.customer or target.reading != Reading.CUSTOMER]


def _newest(update: Update) -> UpdateVersion:
    return update.versions.select_related("of__incident", "by").order_by("-number")[0]
