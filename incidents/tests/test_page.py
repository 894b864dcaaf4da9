"""An incident's own page."""

import pytest
from django.test import Client
from django.urls import reverse

from incidents.tests import factories
from people.choices import Role as PersonRole
from people.tests import factories as people

pytestmark = pytest.mark.django_db


def reader(role: PersonRole = PersonRole.VIEWER) -> Client:
    client = Client()
    client.force_login(people.person(role))
    return client


def test_the_page_shows_the_head_the_tabs_and_three_panes() -> None:
    row = factories.incident()
    html = reader().get(reverse("incidents:incident", args=[row.pk])).content.decode()
    for part in ('id="inc-head"', 'id="playbook"', 'id="timeline"', 'id="update"', "SEV1", "Messages fail to post"):
        assert part in html
    assert "Sev1 declared" in html
