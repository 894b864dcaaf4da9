"""Correcting an update later: what it keeps of its hour, whom it goes to, and one whose incident is over."""

from datetime import timedelta

import pytest

from customers.tests import factories as customers
from incidents.actions.base import Refused
from incidents.actions.updates import correct, publish
from incidents.choices import Severity
from incidents.models import Incident, IncidentCustomer, IncidentStatus
from incidents.queries.composing import correction_of
from incidents.tests import factories
from incidents.tests.test_updates import engineer, given

pytestmark = pytest.mark.django_db
NIGHT, MINUTE = factories.NIGHT, timedelta(minutes=1)


# ---- What was so in its hour ------------------------------------------------------------


def test_a_correction_keeps_what_was_so_in_its_hour_whatever_became_of_the_incident_since() -> None:
    row, by = factories.incident(customer=customers.customer("Enterprise ABC")), engineer()
    update = publish(incident=row, given=given("Posts fial."), by=by, at=NIGHT + 13 * MINUTE)
    Incident.objects.filter(pk=row.pk).update(
        severity=Severity.SEV2, zone="Europe/Berlin", began_at=row.began_at - timedelta(hours=3))
    IncidentCustomer.objects.filter(incident=row).delete()
    IncidentCustomer.objects.create(incident=row, customer=customers.customer("Initech"), at=NIGHT)
    IncidentStatus.objects.filter(slug="investigating").update(name="Looking")

    update = type(update).objects.select_related("incident").get()
    same = given("Posts fial.", seen=1, next_at=update.next_at)
    with pytest.raises(Refused, match="Nothing is changed"):
        correct(update=update, given=same, reason="spelling", by=by, at=NIGHT + 40 * MINUTE)
    mended = given("Posts fail.", seen=1, next_at=update.next_at)
    correct(update=update, given=mended, reason="spelling", by=by, at=NIGHT + 40 * MINUTE)
    old, new = update.versions.order_by("number")
    assert new.internal == old.internal.replace("fial", "fail")
    assert new.internal.startswith("### Enterprise ABC SEV1 outage - 3:17amET update\n\n#### Status: Investigating\n")
    drawn = correction_of(type(update).objects.select_related("incident__status", "status").get(), person=by, at=NIGHT)
    assert "SEV1 outage - 3:17amET" in drawn.readings[0].html


def test_a_correction_says_the_status_and_the_promise_that_it_corrects() -> None:
    row, by = factories.incident(), engineer()
    update = publish(incident=row, given=given(), by=by, at=NIGHT + MINUTE)
    mended = given(status="identified", seen=1, next_at=NIGHT + 20 * MINUTE)
    correct(update=update, given=mended, reason="we know it", by=by, at=NIGHT + 2 * MINUTE)
    text = update.versions.get(number=2).internal
    assert "#### Status: Identified" in text and "Next update will be shared at 3:24amET." in text
