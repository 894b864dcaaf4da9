"""What pages say of the next update, and what is done on them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client

from incidents.choices import Role, What
from incidents.models import Incident, IncidentEvent, IncidentStatus, Promise
from incidents.queries.promises import due_of, promise_page
from incidents.tests import factories
from people.choices import Role as PersonRole
from people.models import Person
from people.tests import factories as people
from portal.common import clock

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def page_of(client: Client, row: Incident, person: Person) -> str:
    client.force_login(person)
    answer = client.get(f"/incidents/I-{row.pk}/promise/")
    assert answer.status_code == 200
    return answer.content.decode()


def sent(client: Client, row: Incident, verb: str, by: Person, **values: object) -> tuple[int, str]:
    client.force_login(by)
    answer = client.post(f"/incidents/I-{row.pk}/promise/{verb}/", values)
    return answer.status_code, answer.content.decode()


def lately(minutes: int = 1, **more: Any) -> Incident:
    """Declared so many minutes ago, as pages read the clock."""
    return factories.incident(at=clock.now() - minutes * MINUTE, **more)


def test_on_a_phone_the_countdown_leads_to_the_snooze_which_stands_before_the_asking(client: Client) -> None:
    by, row = people.person(PersonRole.ENGINEER), lately(7)
    text = page_of(client, row, by)
    assert text.index('id="snooze"') < text.index('id="ask"')
    dock = client.get(f"/incidents/I-{row.pk}/").content.decode().partition('id="inc-dock"')[2].partition("</div>")[0]
    assert f'href="/incidents/I-{row.pk}/promise/#snooze"' in dock
    assert f'<a class="btn inc-reader" href="/incidents/I-{row.pk}/promise/#ask">' in dock  # shown to who only reads


def status(row: Incident, slug: str) -> None:
    Incident.objects.filter(pk=row.pk).update(status=IncidentStatus.objects.get(slug=slug))


def test_the_head_says_when_the_next_update_is_due_and_how_long_is_left() -> None:
    row = factories.incident()
    due = due_of(row, at=row.at + 5 * MINUTE)
    html = render_to_string("incidents/promises/both.html", {"due": due})
    assert (due.words, due.digits, due.word, due.tone) == ("3:19 am ET", "10:00", "left", "amber")
    assert "3:19 am ET" in html
    assert "10:00" in html
    assert "overdue" not in html


def test_overdue_is_another_word_and_another_sign() -> None:
    row = factories.incident()
    due = due_of(row, at=row.at + 19 * MINUTE)
    html = render_to_string("incidents/promises/due.html", {"due": due})
    assert (due.digits, due.word, due.tone) == ("4:00", "overdue", "red")
    assert "data-overdue" in html
    assert "#fail" in html
    assert "Snooze" not in html


def test_without_a_promise_the_head_says_whether_one_is_owed() -> None:
    row = factories.incident()
    Promise.objects.all().delete()
    said = {}
    for slug in ("investigating", "monitoring"):
        status(row, slug)
        row.refresh_from_db()
        said[slug] = render_to_string("incidents/promises/both.html", {"due": due_of(row, at=row.at)})
    assert "none is promised" in said["investigating"]
    assert "none is needed" in said["monitoring"]


def test_the_box_knows_no_reader_and_holds_no_token(client: Client) -> None:
    row = lately()
    client.force_login(people.person(PersonRole.VIEWER))
    answer = client.get(f"/incidents/I-{row.pk}/due/")
    assert answer.status_code == 200
    assert "csrfmiddlewaretoken" not in answer.content.decode()
    assert 'id="inc-dock"' in answer.content.decode()


def test_the_page_says_who_hears_each_reminder(client: Client, django_assert_max_num_queries: Any) -> None:
    commander, deputy = people.person(PersonRole.ENGINEER), people.person(PersonRole.ENGINEER)
    row = lately(commander=commander, roles={Role.COMMANDER: commander, Role.DEPUTY: deputy})
    html = page_of(client, row, commander)
    assert f"{commander.name}, {deputy.name}" in html
    with django_assert_max_num_queries(11):
        page = promise_page(row, at=clock.now())
    assert [line.passed for line in page.rings] == [False] * 5


def test_somebody_who_only_looks_may_ask_and_nothing_else(client: Client) -> None:
    row, viewer = lately(6), people.person(PersonRole.VIEWER)
    html = page_of(client, row, viewer)
    assert ('id="ask"' in html, 'id="snooze"' in html) == (True, False)
    assert sent(client, row, "ask", viewer, note="is it the database?")[0] == 302
    event = IncidentEvent.objects.get(incident=row, what=What.ASKED_FOR_UPDATE)
    assert (event.by, event.text) == (viewer, "is it the database?")
    for verb in ("snooze", "stop", "again"):
        assert sent(client, row, verb, viewer)[0] == 403


def test_a_private_incident_is_not_there_for_others(client: Client) -> None:
    row, other = lately(private=True), people.person(PersonRole.ENGINEER)
    assert [sent(client, row, verb, other)[0] for verb in ("ask", "snooze", "stop", "again")] == [404] * 4
    client.force_login(other)
    assert client.get(f"/incidents/I-{row.pk}/due/").status_code == 404


def test_a_snooze_without_a_reason_is_refused_in_words_and_keeps_what_was_typed(client: Client) -> None:
    row = lately(8)
    by = row.roles.get().person
    code, html = sent(client, row, "snooze", by, minutes="4", reason="")
    assert (code, "Say why" in html, 'value="4"' in html) == (422, True, True)
    assert sent(client, row, "snooze", by, minutes="²", reason="busy")[0] == 422
    assert sent(client, row, "snooze", by, minutes="4", reason="on the bridge with their DBA")[0] == 302
    assert "on the bridge with their DBA" in page_of(client, row, by)
    due = client.get(f"/incidents/I-{row.pk}/due/").content.decode()
    dock = due.partition('id="inc-dock"')[2]
    assert "next <time" in dock and "</time>, snoozed<" in dock  # a phone keeps the promised time in sight


def test_updates_stop_under_a_status_that_allows_it_and_are_promised_again(client: Client) -> None:
    row = lately()
    by = row.roles.get().person
    code, html = sent(client, row, "stop", by)
    assert (code, "change the status first" in html) == (422, True)
    status(row, "monitoring")
    assert sent(client, row, "stop", by, reason="they watch it with us")[0] == 302
    assert "stopped" in page_of(client, row, by)
    code, html = sent(client, row, "again", by, due="soonish")
    assert (code, 'value="soonish"' in html) == (422, True)
    code, html = sent(client, row, "again", by, due="in 9 h")
    assert (code, "say why" in html) == (422, True)
    assert sent(client, row, "again", by, due="in 9 h", reason="bridge closed overnight")[0] == 302
    made = Promise.objects.latest("pk")
    assert (made.reason, made.due_at > datetime.now(made.due_at.tzinfo) + 8 * 60 * MINUTE) == (
        "bridge closed overnight", True)
