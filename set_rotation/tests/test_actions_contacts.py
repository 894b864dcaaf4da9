"""How people are reached: added, removed, brought back, put in order, proven by a test page; and what they are told."""

from datetime import timedelta

import pytest

from integrations.outbox import actions as outbox
from integrations.outbox.actions import Sent
from integrations.outbox.choices import State
from integrations.outbox.models import Delivery
from people.models import Person
from set_rotation.actions import Refused
from set_rotation.actions.contacts import (
    MOST_METHODS,
    NOTICES,
    add_method,
    bring_back,
    choose_notices,
    forget_removed,
    plain_method,
    remove_method,
    set_rules,
    verify_from,
    verify_late,
)
from set_rotation.actions.paging import acknowledge
from set_rotation.choices import ContactKind, PageSource, Urgency, What
from set_rotation.models import ContactMethod, NoticeChoice, Page, PageAttempt, RotationEvent
from set_rotation.queries.contacts import contacts_of, own_ladder
from set_rotation.rules.contacts import Rung, read_rungs
from set_rotation.tests.factories import NOON, engineer

pytestmark = pytest.mark.django_db
SECRET = "json://host.example/very-secret-key"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ines() -> Person:
    return engineer("Ines Okafor")


def phone(person: Person, label: str = "My phone", address: str = SECRET) -> ContactMethod:
    return add_method(person=person, label=label, address=address, by=person, at=NOON)


def ladder(person: Person, urgency: Urgency = Urgency.URGENT) -> list[tuple[int, int | None]]:
    return [(step.minutes, step.method) for step in own_ladder(person.pk, urgency) if step.method]


def set_urgent(person: Person, text: str) -> None:
    set_rules(person=person, urgency=Urgency.URGENT, rungs=read_rungs(text), by=person, at=NOON)


def events() -> list[tuple[str, str, str]]:
    return list(RotationEvent.objects.order_by("pk").values_list("what", "from_value", "to_value"))


def test_a_way_is_added_with_an_event_that_does_not_tell_its_address(ines: Person) -> None:
    made = phone(ines)
    assert (made.verified_at, made.kind) == (None, ContactKind.APPRISE)
    assert events() == [(What.CONTACT_ADDED, "", "My phone (json://…ey)")]


def test_ten_ways_are_enough_and_each_comes_once(ines: Person) -> None:
    first = phone(ines)
    for refused in ((first.label.upper(), "json://other.example/x"), ("Another", f" {SECRET} ")):
        with pytest.raises(Refused, match="already"):
            phone(ines, *refused)
    for number in range(1, MOST_METHODS):
        phone(ines, f"Phone {number}", f"json://host.example/{number}")
    with pytest.raises(Refused, match="10 are enough"):
        phone(ines, "One more", "json://host.example/more")
    phone(engineer(), "My phone", SECRET)  # two people may share an address


def test_a_removed_way_reaches_nobody_and_comes_back_with_its_steps(ines: Person) -> None:
    method = phone(ines)
    set_urgent(ines, f"5:{method.pk}")
    remove_method(method=method, by=ines, at=NOON + MINUTE)
    assert ladder(ines) == []
    assert contacts_of([ines.pk], Urgency.URGENT)[ines.pk]
    bring_back(method=method, by=ines, at=NOON + 2 * MINUTE)
    assert ladder(ines) == [(5, method.pk)]
    assert [what for what, _, _ in events()][-2:] == [What.CONTACT_REMOVED, What.CONTACT_BACK]


def test_removing_twice_and_bringing_back_what_is_there_are_refused(ines: Person) -> None:
    method = phone(ines)
    with pytest.raises(Refused, match="is there"):
        bring_back(method=method, by=ines, at=NOON)
    remove_method(method=method, by=ines, at=NOON)
    with pytest.raises(Refused, match="removed already"):
        remove_method(method=method, by=ines, at=NOON)


def test_mattermost_and_mail_stay(ines: Person) -> None:
    with pytest.raises(Refused, match="stays"):
        remove_method(method=plain_method(person=ines, kind=ContactKind.MAIL, at=NOON), by=ines, at=NOON)


def test_a_removed_address_is_forgotten_after_a_day(ines: Person) -> None:
    method = phone(ines)
    remove_method(method=method, by=ines, at=NOON)
    assert forget_removed(at=NOON + timedelta(hours=23)) == 0
    assert forget_removed(at=NOON + timedelta(hours=25)) == 1
    assert forget_removed(at=NOON + timedelta(hours=26)) == 0
    with pytest.raises(Refused, match="was forgotten"):
        bring_back(method=method, by=ines, at=NOON + timedelta(hours=26))


def test_what_came_again_meanwhile_is_not_brought_back(ines: Person) -> None:
    method = phone(ines)
    remove_method(method=method, by=ines, at=NOON)
    phone(ines)
    with pytest.raises(Refused, match="added again"):
        bring_back(method=method, by=ines, at=NOON)


def test_steps_replace_those_before_and_doing_it_again_changes_nothing(ines: Person) -> None:
    method = phone(ines)
    set_urgent(ines, f"0:mail,5:{method.pk},10:{method.pk}")
    mail = ContactMethod.objects.get(person=ines, kind=ContactKind.MAIL)
    assert ladder(ines) == [(0, mail.pk), (5, method.pk), (10, method.pk)]
    count = len(events())
    set_urgent(ines, f"10:{method.pk},0:mail,5:{method.pk}")
    assert len(events()) == count
    set_urgent(ines, "0:mail")
    assert ladder(ines) == [(0, mail.pk)]
    assert ladder(ines, Urgency.NORMAL) == []
    set_urgent(ines, "")
    assert {step.kind for step in own_ladder(ines.pk, Urgency.URGENT)} >= {ContactKind.MAIL}


def test_steps_by_somebody_elses_or_a_removed_way_are_refused_whole(ines: Person) -> None:
    foreign, own = phone(engineer()), phone(ines)
    set_urgent(ines, f"5:{own.pk}")
    remove = phone(ines, "Old", "json://host.example/old")
    remove_method(method=remove, by=ines, at=NOON)
    for text in (f"0:{foreign.pk}", f"0:{remove.pk}", "0:999999"):
        with pytest.raises(Refused, match="removed meanwhile"):
            set_urgent(ines, f"1:{own.pk},{text}")
    with pytest.raises(Refused, match="at most"):
        set_rules(person=ines, urgency=Urgency.URGENT, rungs=[Rung(121, "mail")], by=ines, at=NOON)
    assert ladder(ines) == [(5, own.pk)]


def all_notices(**less: bool) -> dict[str, bool]:
    return dict.fromkeys(NOTICES, True) | less


def test_notices_are_chosen_and_neither_way_is_refused(ines: Person) -> None:
    choose_notices(person=ines, choices=all_notices(mail=False, at_end=False), by=ines, at=NOON)
    stored = NoticeChoice.objects.get(person=ines)
    assert (stored.mattermost, stored.mail, stored.at_end, stored.at_start) == (True, False, False, True)
    assert events()[-1][0] == What.NOTICES_CHANGED
    with pytest.raises(Refused, match="Mattermost, mail or both"):
        choose_notices(person=ines, choices=all_notices(mattermost=False, mail=False), by=ines, at=NOON)
    choose_notices(person=ines, choices=all_notices(mail=False, at_end=False), by=ines, at=NOON)
    assert len(events()) == 1


def a_page(person: Person | None, *, test: bool = True) -> Page:
    return Page.objects.create(key=f"p-{Page.objects.count()}", urgency=Urgency.URGENT, reason="Test page",
                               source=PageSource.TEST, policy={}, token="t", only_to=person, at=NOON, test=test)


def tried(page: Page, person: Person, kind: ContactKind, method: ContactMethod | None, *, sent: bool) -> None:
    delivery = outbox.enqueue(topic="mail.send", scope=f"x{Delivery.objects.count()}", title="x", payload={}, at=NOON)
    if sent:
        claimed = outbox.claim(delivery_id=delivery.pk, at=NOON)
        assert claimed is not None
        outbox.sent(delivery=claimed, outcome=Sent(), at=NOON)
    PageAttempt.objects.create(page=page, round=1, step=0, person=person, kind=kind, method=method, at=NOON,
                               due_at=NOON, key=f"a-{delivery.pk}", delivery=Delivery.objects.get(pk=delivery.pk))


def test_an_acknowledged_test_page_proves_what_it_had_reached(ines: Person) -> None:
    reached, waiting = phone(ines), phone(ines, "Other", "json://host.example/2")
    page = a_page(ines)
    tried(page, ines, ContactKind.APPRISE, reached, sent=True)
    tried(page, ines, ContactKind.APPRISE, waiting, sent=False)
    tried(page, ines, ContactKind.MAIL, None, sent=True)
    assert verify_from(page, ines, NOON + MINUTE) == 2
    proven = ContactMethod.objects.filter(verified_at=NOON + MINUTE).values_list("label", flat=True)
    assert set(proven) == {"My phone", "Mail"}
    assert events()[-1] == (What.CONTACT_VERIFIED, "", "Mail, My phone (json://…ey)")


def test_who_is_quicker_than_the_portal_notes_that_it_left_has_proven_the_way_too(ines: Person) -> None:
    method, page = phone(ines), a_page(ines)
    tried(page, ines, ContactKind.APPRISE, method, sent=False)
    acknowledge(page=page, by=ines, at=NOON)
    method.refresh_from_db()
    assert method.verified_at is None and verify_late(page.pk, NOON) == 0
    Delivery.objects.filter(pk__in=page.attempts.values("delivery")).update(state=State.SENT, sent_at=NOON)
    assert verify_late(page.pk, NOON + MINUTE) == 1
    method.refresh_from_db()
    assert method.verified_at == NOON + MINUTE
    assert events()[-1][0] == What.CONTACT_VERIFIED


def test_what_leaves_before_anybody_acknowledged_it_proves_nothing_yet(ines: Person) -> None:
    page = a_page(ines)
    tried(page, ines, ContactKind.APPRISE, phone(ines), sent=True)
    assert verify_late(page.pk, NOON) == 0
    other = a_page(ines, test=False)
    tried(other, ines, ContactKind.APPRISE, phone(ines, "Other", "json://host.example/2"), sent=True)
    Page.objects.filter(pk=other.pk).update(acknowledged_by=ines, acknowledged_at=NOON)
    assert verify_late(other.pk, NOON) == 0
    assert not ContactMethod.objects.filter(verified_at__isnull=False).exists()


def test_another_test_page_proves_it_anew_without_another_event(ines: Person) -> None:
    page = a_page(ines)
    tried(page, ines, ContactKind.APPRISE, phone(ines), sent=True)
    verify_from(page, ines, NOON)
    count = len(events())
    verify_from(page, ines, NOON + MINUTE)
    assert ContactMethod.objects.get(person=ines).verified_at == NOON + MINUTE
    assert len(events()) == count


def test_a_page_that_is_none_of_theirs_or_no_test_proves_nothing(ines: Person) -> None:
    method = phone(ines)
    for page in (a_page(engineer()), a_page(ines, test=False), a_page(None)):
        tried(page, ines, ContactKind.APPRISE, method, sent=True)
        assert verify_from(page, ines, NOON) == 0
    method.refresh_from_db()
    assert method.verified_at is None


def test_a_test_page_comes_by_every_way_at_once(ines: Person) -> None:
    method = phone(ines)
    set_urgent(ines, f"10:{method.pk}")
    steps = contacts_of([ines.pk], Urgency.URGENT, every=True)[ines.pk]
    assert {step.minutes for step in steps} == {0}
    assert {step.kind for step in steps} >= {ContactKind.MAIL, ContactKind.APPRISE}
    assert any(step.method == method.pk for step in steps)
