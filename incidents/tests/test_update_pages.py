"""The composer, the published updates and the second person, as people meet them."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.tests import factories as customers
from incidents.choices import ApprovalState, Reading, TargetKind
from incidents.models import Approval, Incident, IncidentRole, Target, Update, UpdateDraft
from incidents.queries.composing import composer_of
from incidents.rules.updates.times import stamp
from incidents.tests import factories
from incidents.tests.test_rules_updates import SAMPLE
from people.choices import Role as PersonRole
from people.models import Person
from people.tests import factories as people
from portal.common import clock

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def writer() -> Person:
    return people.person(PersonRole.ENGINEER, name="Ines Moreau")


@pytest.fixture
def second() -> Person:
    return people.person(PersonRole.ENGINEER, name="Joel Okafor")


@pytest.fixture
def row(writer: Person, second: Person) -> Incident:
    at = clock.now() - 5 * MINUTE
    made = factories.incident(customer=customers.customer("Northwind"), commander=writer, at=at)
    IncidentRole.objects.create(incident=made, role="deputy", person=second, starts_at=at)
    Target.objects.get_or_create(incident=made, kind=TargetKind.STATUS_PAGE, reading=Reading.CUSTOMER, address="",
                                 defaults={"label": "Status page", "at": at})
    return made


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def compose(row: Incident) -> str:
    return reverse("incidents:compose", args=[row.pk])


def form(**more: Any) -> dict[str, Any]:
    return {"do": "send", "status": "investigating", "summary": "One message in five fails.", "impact": "Posts fail.",
            "technical": "The cache is cold.", "boxes": "1", "with_impact": "on", "with_bridge": "on", "seen": "0",
            "key": "form-1", "next": "", "usual": ""} | more


def page(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status
    return answer.content.decode()


def test_the_composer_shows_the_form_and_three_readings(row: Incident, writer: Person) -> None:
    text = page(signed_in(writer), compose(row))
    for word in ("Update 1", "Investigating", "Next update, ET", "Internal", "Executive", "Customer", "Joel Okafor"):
        assert word in text


def test_the_handbooks_sample_is_entered_and_comes_out_in_its_form(writer: Person) -> None:
    began = clock.now() - timedelta(hours=9, minutes=20)
    row = factories.incident(customer=customers.customer("Enterprise ABC"), commander=writer, at=began)
    typed = form(status="identified", next="tomorrow 8am", reason="bridge closed overnight")
    typed |= {name: getattr(SAMPLE, name).replace("\n", "\r\n")  # as browsers send it
              for name in ("summary", "bridge", "thanks", "impact", "technical", "thread")}
    signed_in(writer).post(compose(row), typed)
    sent = Update.objects.get(incident=row)
    text = sent.versions.get().internal
    parts = text.split("\n\n")
    assert parts[0] == f"### Enterprise ABC SEV1 outage - {stamp(sent.at, row.zone)} update"
    assert parts[1:6] == ["#### Status: Identified", "#### Incident Time: 9 hours", SAMPLE.summary, SAMPLE.bridge,
                          SAMPLE.thanks]
    assert parts[6].startswith("Next update will be shared at 8amET")
    rest = ["#### Customer Impact", SAMPLE.impact, "#### Technical Notes", SAMPLE.technical,
            f"Latest thread with full details: {SAMPLE.thread}"]
    assert "\n\n".join(parts[7:]) == "\n\n".join(rest)


def test_the_page_of_an_incident_asks_little_for_its_composer_and_the_rest_comes_after(
    row: Incident, writer: Person, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    row = Incident.objects.select_related("status").get(pk=row.pk)
    with django_assert_num_queries(3):
        assert not composer_of(row, person=writer, at=clock.now()).whole
    with django_assert_max_num_queries(17):
        assert composer_of(row, person=writer, at=clock.now(), whole=True).readings
    text = page(signed_in(writer), reverse("incidents:incident", args=[row.pk]))
    assert "data-update-load" in text
    answer = signed_in(writer).get(compose(row), headers={"HX-Request": "true", "HX-Target": "update-foot"})
    assert answer.content.decode().lstrip().startswith('<div class="stack" id="update-foot">')


def test_whoever_takes_no_part_reads_the_last_update(row: Incident, writer: Person) -> None:
    signed_in(writer).post(compose(row), form())
    text = page(signed_in(people.person(PersonRole.VIEWER)), reverse("incidents:incident", args=[row.pk]))
    assert 'id="update-last"' in text
    assert "One message in five fails." in text
    assert "update-form" not in text


def test_whoever_only_reads_writes_no_update(row: Incident) -> None:
    viewer = signed_in(people.person(PersonRole.VIEWER))
    assert viewer.get(compose(row)).status_code == 403
    assert viewer.post(compose(row), form()).status_code == 403
    assert page(viewer, reverse("incidents:updates", args=[row.pk]))


def test_a_private_incident_has_no_composer_for_others(writer: Person) -> None:
    hidden = factories.incident(private=True)
    assert signed_in(writer).get(compose(hidden)).status_code == 404


def test_what_is_typed_is_kept_for_each_person_and_stands_there_again(
    row: Incident, writer: Person, second: Person
) -> None:
    mine, theirs = signed_in(writer), signed_in(second)
    mine.post(compose(row), form(do="keep", summary="Half a sent"))
    theirs.post(compose(row), form(do="keep", summary="Something else"))
    text = page(mine, compose(row))
    assert "Half a sent" in text
    assert "<b>Joel Okafor</b> is writing too" in text
    assert "Something else" in page(mine, reverse("incidents:draft", args=[row.pk, second.pk]))
    assert "Half a sent" in page(theirs, reverse("incidents:draft", args=[row.pk, writer.pk]))
    assert page(mine, reverse("incidents:draft", args=[row.pk, 999_999]), 404)


def test_keeping_answers_with_what_follows_from_what_is_typed(row: Incident, writer: Person) -> None:
    typed = form(do="keep", summary="x" * 17_000, next="11 days", usual="1:45 pm")
    answer = signed_in(writer).post(compose(row), typed, headers={"HX-Request": "true", "HX-Target": "update-parts"})
    text = answer.content.decode()
    assert 'id="update-readings"' in text
    assert "too many</b> for one post" in text
    assert "is no time" in text
    assert "update-form" not in text
    assert UpdateDraft.objects.get(incident=row).values["summary"] == "x" * 17_000


def test_a_draft_that_is_not_wanted_is_let_go(row: Incident, writer: Person) -> None:
    client = signed_in(writer)
    client.post(compose(row), form(do="keep"))
    client.post(compose(row), form(do="discard"))
    assert not UpdateDraft.objects.filter(incident=row).exists()


def test_a_draft_that_arrives_after_its_update_does_not_stand_there_again(row: Incident, writer: Person) -> None:
    client = signed_in(writer)
    client.post(compose(row), form())
    client.post(compose(row), form(do="keep"))
    assert not UpdateDraft.objects.filter(incident=row).exists()


def test_an_update_is_sent_and_the_second_person_is_asked(row: Incident, writer: Person, second: Person) -> None:
    answer = signed_in(writer).post(compose(row), form(approver=str(second.pk)), follow=True)
    assert "Update 1 is on its way. Joel Okafor is asked" in answer.content.decode()
    approval = Approval.objects.get(version__of__incident=row)
    assert (approval.state, approval.asked_of) == (ApprovalState.ASKED, second)


def test_without_a_choice_the_deputy_is_asked(row: Incident, writer: Person, second: Person) -> None:
    signed_in(writer).post(compose(row), form())
    assert Approval.objects.get(version__of__incident=row).asked_of == second


def test_whoever_presses_send_far_below_is_shown_why_nothing_was_sent(row: Incident, writer: Person) -> None:
    client, phone = signed_in(writer), {"HX-Request": "true", "HX-Target": "update"}
    refused = client.post(compose(row), form(next="in 20 hours"), headers=phone)
    assert "Not sent." in refused.content.decode() and "data-update-refused" in refused.content.decode()
    assert refused["HX-Reswap"] == "outerHTML show:[data-update-refused]:top"
    assert "HX-Reswap" not in client.post(compose(row), form(), headers=phone)


def test_what_is_refused_stands_there_again_with_all_that_was_typed(row: Incident, writer: Person) -> None:
    answer = signed_in(writer).post(compose(row), form(summary="y" * 16_384, technical="kept words"))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "too long for one post" in text
    assert "kept words" in text
    assert UpdateDraft.objects.get(incident=row).values["summary"] == "y" * 16_384
    assert not Update.objects.filter(incident=row).exists()


@pytest.mark.parametrize(("typed", "words"), [
    ({"next": "soon"}, "is no time"), ({"next": "2020-01-01 8am"}, "has passed"),
    ({"next": "tomorrow 8am", "usual": "x"}, "say why"), ({"stop": "on"}, "next update is owed"),
    ({"reply": "reply-4"}, "expected to be resolved"),
])
def test_a_promise_that_cannot_be_is_refused_in_words(
    row: Incident, writer: Person, typed: dict[str, str], words: str
) -> None:
    answer = signed_in(writer).post(compose(row), form(**typed))
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_a_later_promise_with_its_reason_goes(row: Incident, writer: Person) -> None:
    signed_in(writer).post(compose(row), form(next="tomorrow 8am", reason="bridge closed overnight"))
    sent = Update.objects.get(incident=row)
    assert sent.next_at is not None
    assert "Next update will be shared at 8amET" in sent.versions.get().internal


def test_what_stood_there_by_itself_is_promised_while_it_lies_ahead_and_else_the_cadence(
    row: Incident, writer: Person
) -> None:
    signed_in(writer).post(compose(row), form(next="2020-01-01 8:00 am", usual="2020-01-01 8:00 am"))
    sent = Update.objects.get(incident=row)
    assert sent.next_at is not None
    assert sent.next_at > clock.now()


def test_of_two_who_send_at_once_the_second_is_shown_the_first_and_sends_the_next(
    row: Incident, writer: Person, second: Person
) -> None:
    signed_in(writer).post(compose(row), form())
    late = signed_in(second)
    answer = late.post(compose(row), form(summary="Mine, typed meanwhile", key="form-2"))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Ines Moreau has published update 1 meanwhile" in text
    assert "One message in five fails." in text
    assert "Mine, typed meanwhile" in text
    assert 'name="seen" value="1"' in text
    late.post(compose(row), form(summary="Mine, typed meanwhile", key="form-2", seen="1"))
    assert Update.objects.filter(incident=row).count() == 2


def test_the_next_update_begins_with_the_last_one_and_says_what_changed(row: Incident, writer: Person) -> None:
    client = signed_in(writer)
    client.post(compose(row), form(thanks="Huge thanks to Ben"))
    text = page(client, compose(row))
    assert "One message in five fails." in text
    assert "Huge thanks to Ben</textarea>" not in text
    assert "begun from update 1" in text
    answer = client.post(compose(row), form(do="draw", summary="One message in four fails."))
    assert "<del>five</del><ins>four</ins>" in answer.content.decode()


def test_what_is_watched_without_a_promise_promises_none_by_itself(row: Incident, writer: Person) -> None:
    signed_in(writer).post(compose(row), form(status="resolved", stop="on"))
    row.refresh_from_db()
    assert composer_of(row, person=writer, at=clock.now()).typed.stop


def test_a_reply_opens_the_composer_with_what_its_stage_needs(row: Incident, writer: Person) -> None:
    text = page(signed_in(writer), f"{compose(row)}?reply=reply-4")
    assert "Stage 4, Code investigation" in text
    assert "It says when it is expected to be resolved" in text
    assert "Stage 4" not in page(signed_in(writer), f"{compose(row)}?reply=area")


def test_the_second_person_approves_from_their_own_page(row: Incident, writer: Person, second: Person) -> None:
    signed_in(writer).post(compose(row), form())
    url = reverse("incidents:approve", args=[row.pk, 1])
    assert "Approve: it goes to the customer" in page(signed_in(second), url)
    assert "Approve: it goes" not in page(signed_in(writer), url)
    assert "without a second person" in page(signed_in(writer), url)
    assert "without a second person" not in page(signed_in(second), url)
    assert signed_in(writer).post(url, {"do": "approve", "seen": "1"}).status_code == 422
    assert signed_in(second).post(url, {"do": "approve", "seen": "1"}).status_code == 302
    assert Approval.objects.get(version__of__incident=row).state == ApprovalState.APPROVED
    assert "read by Joel Okafor" in page(signed_in(writer), url)


def test_whoever_approved_comes_to_the_update(row: Incident, writer: Person, second: Person) -> None:
    signed_in(writer).post(compose(row), form())
    client, url = signed_in(second), reverse("incidents:approve", args=[row.pk, 1])
    answer = client.post(url, {"do": "approve", "seen": "1"})
    assert answer["Location"] == reverse("incidents:update", args=[row.pk, 1])
    assert "Approved: the customer gets update 1." in page(client, answer["Location"])


def test_a_text_that_was_sent_back_is_in_sight_until_it_is_corrected(
    row: Incident, writer: Person, second: Person
) -> None:
    signed_in(writer).post(compose(row), form())
    signed_in(second).post(reverse("incidents:approve", args=[row.pk, 1]),
                           {"do": "back", "reason": "name the app", "seen": "1"})
    mend, receipts = (reverse(f"incidents:{name}", args=args) for name, args in
                      (("correct", [row.pk, 1]), ("receipts", [row.pk])))
    text = page(signed_in(second), receipts)
    assert ("Sent back: name the app" in text, f'href="{mend}"' in text) == (True, True)
    signed_in(writer).post(mend, form(summary="The app fails.", what="the app was not named", seen="1", key="c"))
    assert "Sent back" not in page(signed_in(second), receipts)


def test_the_impact_in_other_words_goes_through_draft_version_and_correction(row: Incident, writer: Person) -> None:
    client = signed_in(writer)
    text = page(client, compose(row))
    assert 'name="customer_impact"' in text
    client.post(compose(row), form(customer_impact="Some posts do not arrive."))
    version = Update.objects.get(incident=row).versions.get()
    assert "Some posts do not arrive." in version.customer
    assert "Some posts do not arrive." not in version.internal + version.executive
    url = reverse("incidents:correct", args=[row.pk, 1])
    assert "Some posts do not arrive." in page(client, url)
    client.post(url, form(customer_impact="A few posts are late.", what="too strong", seen="1", key="c"))
    assert "A few posts are late." in Update.objects.get(incident=row).versions.get(number=2).customer
    text = page(client, reverse("incidents:update", args=[row.pk, 1]))
    assert "Customer impact, for the customer" in text
    assert "A few posts are late." in page(client, compose(row))  # the next one begins with it


def test_what_was_corrected_meanwhile_is_not_approved_unread(row: Incident, writer: Person, second: Person) -> None:
    signed_in(writer).post(compose(row), form())
    signed_in(writer).post(reverse("incidents:correct", args=[row.pk, 1]),
                           form(summary="Corrected words", what="a typo", seen="1", key="c"))
    answer = signed_in(second).post(reverse("incidents:approve", args=[row.pk, 1]), {"do": "approve", "seen": "1"})
    assert answer.status_code == 422
    assert "Corrected words" in answer.content.decode()
    assert "corrected meanwhile" in answer.content.decode()


def test_it_is_sent_back_asked_of_another_and_goes_without_one_for_a_reason(
    row: Incident, writer: Person, second: Person
) -> None:
    third = people.person(PersonRole.ENGINEER, name="Priya Nair")
    signed_in(writer).post(compose(row), form())
    url, client = reverse("incidents:approve", args=[row.pk, 1]), signed_in(second)
    client.post(url, {"do": "ask", "person": str(third.pk), "seen": "1"})
    approval = Approval.objects.get(version__of__incident=row)
    assert approval.asked_of == third
    assert client.post(url, {"do": "override", "reason": " ", "seen": "1"}).status_code == 422
    client.post(url, {"do": "back", "reason": "name the app", "seen": "1"})
    approval.refresh_from_db()
    assert (approval.state, approval.reason) == (ApprovalState.SENT_BACK, "name the app")
    assert "name the app" in page(signed_in(writer), reverse("incidents:update", args=[row.pk, 1]))


def test_an_emergency_is_recorded_on_the_page_too(row: Incident, writer: Person) -> None:
    signed_in(writer).post(compose(row), form(override="nobody else is awake"))
    text = page(signed_in(writer), reverse("incidents:update", args=[row.pk, 1]))
    assert "without a second person" in text
    assert "nobody else is awake" in text


def test_a_correction_keeps_what_was_said_before_readable(row: Incident, writer: Person) -> None:
    client, url = signed_in(writer), reverse("incidents:correct", args=[row.pk, 1])
    client.post(compose(row), form())
    assert "What was wrong" in page(client, url)
    assert client.post(url, form(summary="One in four.", what="", seen="1", key="c")).status_code == 422
    assert client.post(url, form(summary="One in four.", what="it is four", seen="1", key="c")).status_code == 302
    text = page(client, reverse("incidents:update", args=[row.pk, 1]))
    for word in ("it is four", "One in four.", "One message in five fails.", "As it read before"):
        assert word in text
    assert "corrected" in page(client, reverse("incidents:updates", args=[row.pk]))
    assert page(client, reverse("incidents:update", args=[row.pk, 9]), 404)


def test_nothing_that_was_typed_is_drawn_as_markup(row: Incident, writer: Person) -> None:
    bad = "<script>alert(1)</script> [x](javascript:alert(1)) ![y](https://evil.example/p.png)"
    client = signed_in(writer)
    client.post(compose(row), form(summary=bad))
    for name, args in (("updates", [row.pk]), ("update", [row.pk, 1]), ("approve", [row.pk, 1])):
        text = page(client, reverse(f"incidents:{name}", args=args))
        assert "<script>alert" not in text
        assert 'href="javascript' not in text
        assert "<img" not in text
