"""Where updates go, and the pages that say what became of them."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from customers.tests import factories as customers
from incidents.actions.base import Refused
from incidents.actions.roles import hand_over
from incidents.actions.sending import release, send
from incidents.actions.targets import add_target, default_targets, remove_target
from incidents.choices import Reading, Role, Severity, TargetKind
from incidents.models import (
    Incident,
    IncidentSettings,
    IncidentStatus,
    StakeholderList,
    Target,
    Update,
    UpdateDelivery,
    UpdateVersion,
)
from incidents.queries.executives import OUR_EXECUTIVES, executives_of
from incidents.queries.receipts import receipts_of
from incidents.queries.targets import chosen_targets, targets_of
from incidents.rules.channel import header_of
from incidents.rules.targets import channel_name, clipped, read_address
from incidents.tests import factories
from integrations.outbox import actions as outbox
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from people.choices import Role as PersonRole
from people.models import Person
from people.tests import factories as people
from tickets.tests import factories as tickets

AT = datetime(2026, 11, 17, 8, 20, tzinfo=UTC)


# ---- Rules


@given(st.integers(1, 10**9), st.text("abz09 -_.üß漢", max_size=90))
def test_a_channels_name_is_one_that_mattermost_takes(number: int, slug: str) -> None:
    name = channel_name(number, slug, AT)
    assert read_address(TargetKind.CHANNEL, name) == (name, f"~{name}") and len(name) <= 64
    assert name.startswith(f"inc-{number}-") and name.endswith("-17nov")


@pytest.mark.parametrize(("kind", "typed", "address"), [
    (TargetKind.CHANNEL, " ~Town-Square ", "town-square"),
    (TargetKind.CHANNEL, "https://chat.example.com/community/channels/ask-r-and-d", "ask-r-and-d"),
    (TargetKind.MAIL, "Ana@Example.com", "ana@example.com"), (TargetKind.MAIL, "list:4", "list:4"),
])
def test_an_address_is_read_as_people_type_it(kind: TargetKind, typed: str, address: str) -> None:
    assert read_address(kind, typed)[0] == address


@pytest.mark.parametrize(("kind", "typed"), [
    (TargetKind.CHANNEL, "two words"), (TargetKind.CHANNEL, ""), (TargetKind.MAIL, "ana@example"),
    (TargetKind.MAIL, "a@example.com, b@example.com"), (TargetKind.MAIL, "a@example.com\nBcc: b@example.com"),
    (TargetKind.STATUS_PAGE, "x"),
])
def test_what_is_no_address_is_refused(kind: TargetKind, typed: str) -> None:
    with pytest.raises(ValueError, match=r"Name|mail address|Add"):
        read_address(kind, typed)


def test_a_text_that_is_too_long_says_where_the_rest_is_and_a_header_keeps_its_first_parts() -> None:
    assert clipped("short", 10, "more") == "short"
    assert len(clipped("x" * 20_000, 16_383, "The whole of it: https://set.example.com")) <= 16_383
    assert header_of(["a", "", "b" * 1_030, "c"]) == "a · c"


# ---- Actions


@pytest.mark.django_db
def test_a_customer_reading_waits_is_released_once_and_not_where_it_was_corrected() -> None:
    row = factories.incident()
    version = written(row)
    made = send(version=version, targets=Target.objects.filter(incident=row), at=AT)
    assert [one.waits for one in made] == [True] and not send(version=version, targets=[made[0].target], at=AT)
    later = UpdateVersion.objects.create(of=version.of, number=2, at=AT, status_name="Identified", values={},
                                         internal="i", executive="e", customer="c")
    Update.objects.filter(pk=version.of_id).update(version=2)
    version.of.refresh_from_db()
    assert release(version=version, at=AT) == []
    send(version=later, targets=[made[0].target], at=AT)
    later.of.refresh_from_db()
    assert len(release(version=later, at=AT)) == 1 and release(version=later, at=AT) == []
    assert UpdateDelivery.objects.get().done_at == AT


@pytest.mark.django_db
def test_a_ticket_that_is_linked_later_becomes_a_target_and_is_commented_for_us() -> None:
    row = factories.incident()
    row.ticket = tickets.make_ticket()
    row.save(update_fields=["ticket"])
    [made] = default_targets(incident=row, at=AT)
    assert (made.kind, made.reading) == (TargetKind.JIRA, Reading.INTERNAL)
    send(version=written(row), targets=[made], at=AT)
    delivery = Delivery.objects.get(topic="jira.comment")
    assert delivery.scope == f"jira:issue:{row.ticket.pk}" and "for us" in delivery.payload["text"]


@pytest.mark.django_db
def test_a_private_incident_ticks_nothing_that_others_read() -> None:
    row = factories.incident(private=True)
    row.ticket = tickets.make_ticket()
    row.save(update_fields=["ticket"])
    default_targets(incident=row, at=AT)
    assert [one.kind for one in chosen_targets(row)] == [TargetKind.STATUS_PAGE]
    assert len(targets_of(row)) == 2


@pytest.mark.django_db
def test_a_drill_refuses_a_customers_target() -> None:
    row = factories.incident(drill=True)
    with pytest.raises(Refused, match="drill"):
        add_target(incident=row, kind=TargetKind.MAIL, reading=Reading.CUSTOMER, address="cto@abc.example",
                   by=people.person(PersonRole.ENGINEER), at=AT)
    assert targets_of(row) == ()


# ---- Our executives


@pytest.mark.django_db
def test_whoever_has_the_executives_part_gets_that_reading_by_themselves_with_a_receipt() -> None:
    ceo = people.person(PersonRole.EXECUTIVE)
    row = factories.incident(severity=Severity.SEV2, roles={Role.EXECUTIVE: ceo})
    [target] = Target.objects.filter(incident=row, address=OUR_EXECUTIVES)
    assert target in chosen_targets(row) and next(place.name for place in targets_of(row)) == "Executives (1)"
    [sent] = send(version=written(row), targets=[target], at=AT)
    mail = Delivery.objects.get(topic="mail.send", purpose="incident.update").payload
    assert (mail["to"], "in short" in mail["text"]) == (ceo.email, True)
    assert [line.label for line in receipts_of(row, at=AT).lines] == ["Mail, Executives"]
    remove_target(target=sent.target, by=someone(), at=AT)
    default_targets(incident=row, at=AT)
    assert not Target.objects.filter(incident=row, address=OUR_EXECUTIVES, removed_at=None).exists()


@pytest.mark.django_db
def test_the_reading_follows_the_part_when_it_is_handed_over() -> None:
    first, then = people.person(PersonRole.EXECUTIVE), people.person(PersonRole.EXECUTIVE)
    row = factories.incident(severity=Severity.SEV2)
    assert not Target.objects.filter(incident=row, address=OUR_EXECUTIVES).exists()
    for who in (first, then):
        hand_over(incident=row, role=Role.EXECUTIVE, to=who, by=someone(), at=AT)
        default_targets(incident=row, at=AT)
    target = Target.objects.get(incident=row, address=OUR_EXECUTIVES)
    assert [one.address for one in send(version=written(row), targets=[target], at=AT)] == [then.email]


@pytest.mark.django_db
def test_of_a_sev1_all_executives_read_unless_the_settings_or_a_list_say_otherwise() -> None:
    both = [people.person(PersonRole.EXECUTIVE) for _ in range(2)]
    gone = people.person(PersonRole.EXECUTIVE)
    Person.objects.filter(pk=gone.pk).update(is_active=False)
    row = factories.incident()
    assert executives_of(row) == both
    found = StakeholderList.objects.create(name="Board", severity=Severity.SEV1, reading=Reading.EXECUTIVE, at=AT)
    found.members.create(person=both[0])
    default_targets(incident=row, at=AT)
    sent = send(version=written(row), targets=chosen_targets(row), at=AT)
    assert sorted(one.address for one in sent if one.target.reading == Reading.EXECUTIVE) == sorted(
        one.email for one in both)
    IncidentSettings.objects.update(executives=False)
    assert executives_of(row) == []
    assert not Target.objects.filter(incident=factories.incident(), address=OUR_EXECUTIVES).exists()


@pytest.mark.django_db
def test_of_a_private_incident_only_its_people_read_and_a_drill_says_that_it_is_one() -> None:
    inside, outside = people.person(PersonRole.EXECUTIVE), people.person(PersonRole.EXECUTIVE)
    row = factories.incident(private=True, drill=True, roles={Role.SCRIBE: inside})
    assert outside not in executives_of(row)
    [target] = chosen_targets(row)
    assert [one.address for one in send(version=written(row), targets=[target], at=AT)] == [inside.email]
    mail = Delivery.objects.get(topic="mail.send", purpose="incident.update").payload
    assert mail["subject"].startswith("Drill: ") and "DRILL: nothing is down." in mail["text"]


# ---- Pages


@pytest.mark.django_db
def test_a_target_is_added_taken_off_and_put_back_by_those_who_take_part(client: Client) -> None:
    row = factories.incident()
    url = reverse("incidents:targets", args=[row.pk])
    client.force_login(people.person(PersonRole.ENGINEER))
    given_ = {"where": "Ana@example.com", "reading": "executive"}
    assert client.post(url, given_).status_code == 302
    assert b"Updates go to ana@example.com already" in client.post(url, given_).content
    made = Target.objects.get(kind=TargetKind.MAIL)
    page = reverse("incidents:target", args=[row.pk, made.pk])
    client.post(page)
    assert Target.objects.get(pk=made.pk).removed_at is not None and b"Put it back" in client.get(url).content
    client.post(page, {"back": "1"})
    assert Target.objects.get(pk=made.pk).removed_at is None


@pytest.mark.django_db
def test_a_list_is_added_with_what_its_people_read_and_of_several_customers_one_is_named(client: Client) -> None:
    row = factories.incident(customers=(customers.customer("ABC"), customers.customer("Xyz")), severity=Severity.SEV3)
    found = StakeholderList.objects.create(name="Board", severity=Severity.SEV1, reading=Reading.EXECUTIVE, at=AT)
    url = reverse("incidents:targets", args=[row.pk])
    client.force_login(people.person(PersonRole.ENGINEER))
    assert client.post(url, {"list": str(found.pk)}).status_code == 302
    assert Target.objects.get(address=f"list:{found.pk}").reading == Reading.EXECUTIVE
    theirs = {"where": "https://chat.example.com/community/channels/with-xyz", "reading": "customer"}
    assert b"Say whose reading goes there" in client.post(url, theirs).content
    assert client.post(url, theirs | {"customer": str(row.customers.all()[1].customer_id)}).status_code == 302
    made = Target.objects.get(address="with-xyz")
    assert made.kind == TargetKind.CHANNEL and made.customer is not None and made.customer.name == "Xyz"


@pytest.mark.django_db
def test_whoever_only_reads_sees_the_targets_and_changes_none(client: Client) -> None:
    row = factories.incident()
    client.force_login(people.person(PersonRole.VIEWER))
    url = reverse("incidents:targets", args=[row.pk])
    page = client.get(url)
    assert page.status_code == 200 and b"Add it" not in page.content
    assert client.post(url, {"where": "a@b.example", "reading": "internal"}).status_code == 403
    target = Target.objects.get(incident=row)
    assert client.post(reverse("incidents:target", args=[row.pk, target.pk])).status_code == 403


@pytest.mark.django_db
def test_what_failed_is_tried_again_from_the_page_and_a_strangers_receipt_is_not_found(client: Client) -> None:
    row, other = factories.incident(), factories.incident()
    target = mail_target(row)
    [sent] = send(version=written(row), targets=[target], at=AT)
    assert sent.delivery is not None
    claimed = outbox.claim(delivery_id=sent.delivery.pk, at=AT)
    assert claimed is not None
    outbox.fail(delivery=claimed, words="No such mailbox.", detail="", at=AT)
    client.force_login(people.person(PersonRole.SUPPORT))
    drawn = client.get(reverse("incidents:receipts", args=[row.pk])).content.decode()
    assert "No such mailbox. Nothing is sent twice." in drawn and "Retry" in drawn and 'data-tone="red"' in drawn
    assert client.post(reverse("incidents:retry", args=[other.pk, sent.pk])).status_code == 404
    answer = client.post(reverse("incidents:retry", args=[row.pk, sent.pk]), headers={"HX-Request": "true"})
    assert "tried again" in answer["HX-Trigger"]
    assert Delivery.objects.get(pk=sent.delivery.pk).state == State.WAITING
    client.force_login(people.person(PersonRole.VIEWER))
    assert client.post(reverse("incidents:retry", args=[row.pk, sent.pk])).status_code == 403


@pytest.mark.django_db
def test_the_receipts_of_a_private_incident_are_for_its_people(client: Client) -> None:
    row = factories.incident(private=True)
    client.force_login(people.person(PersonRole.ENGINEER))
    assert client.get(reverse("incidents:receipts", args=[row.pk])).status_code == 404
    assert client.get(reverse("incidents:targets", args=[row.pk])).status_code == 404


@pytest.mark.django_db
def test_receipts_take_three_queries_however_many_targets(django_assert_max_num_queries: object) -> None:
    row = factories.incident()
    rows = [mail_target(row, f"a{number}@example.com") for number in range(12)]
    send(version=written(row), targets=rows, at=AT)
    with django_assert_max_num_queries(3):  # type: ignore[operator]
        assert len(receipts_of(row, at=AT).lines) == 12


def mail_target(row: Incident, address: str = "ceo@example.com") -> Target:
    return add_target(incident=row, kind=TargetKind.MAIL, reading=Reading.EXECUTIVE, address=address,
                      by=someone(), at=AT)


def someone() -> Person:
    return people.person(PersonRole.ENGINEER)


def written(row: Incident) -> UpdateVersion:
    """An update without its form."""
    status = IncidentStatus.objects.earliest("position")
    update = Update.objects.create(incident=row, number=1, at=AT, by=someone(), status=status, key=f"k{row.pk}")
    Incident.objects.filter(pk=row.pk).update(updates=1)
    row.updates = 1
    return UpdateVersion.objects.create(of=update, number=1, at=AT, by=update.by, status_name=status.name, values={},
                                        internal="for us", executive="in short", customer="for them")
