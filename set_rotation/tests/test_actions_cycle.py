"""The checklist: loaded from the handbook, changed by the lead, ticked once whoever presses."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from people.choices import Role
from set_rotation.actions import Refused
from set_rotation.actions.cycle import add_item, load_checklist, open_item, restore_item, retire_item, tick_item
from set_rotation.choices import CyclePhase, What
from set_rotation.models import ChecklistItem, ChecklistMark, RotationEvent
from set_rotation.queries.cycle import address_of, cycle_page
from set_rotation.tests.factories import NOON, crew, engineer, rotation

pytestmark = pytest.mark.django_db


def item(key: str = "open-work") -> ChecklistItem:
    return ChecklistItem.objects.get(key=key)


def test_the_handbook_brings_every_part_of_the_cycle_and_loading_it_again_writes_nothing() -> None:
    assert {one.phase for one in ChecklistItem.objects.all()} == set(CyclePhase.values)
    assert load_checklist() == 0


def test_a_later_version_leaves_alone_what_was_changed_here(tmp_path: Path) -> None:
    retire_item(item=item("owners"), by=engineer(), at=NOON)
    (tmp_path / "checklist.toml").write_text(
        'version = 2\n[items.owners]\nphase = "start"\nwords = "Other"\n'
        '[items.open-work]\nphase = "start"\nwords = "New"\n'
    )
    assert load_checklist(tmp_path) == 1
    assert item().words == "New"
    assert item().days is None
    assert item("owners").words != "Other"


def test_an_item_is_ticked_once_and_can_be_opened_again() -> None:
    people = crew()
    now = rotation(people)
    assert tick_item(item=item(), rotation=now, person=None, by=people[1], at=NOON)
    assert not tick_item(item=item(), rotation=now, person=None, by=people[2], at=NOON + timedelta(hours=1))
    mark = ChecklistMark.objects.get()
    assert (mark.by, mark.at) == (people[1], NOON)
    assert open_item(item=item(), rotation=now, person=None, by=people[2], at=NOON)
    assert not open_item(item=item(), rotation=now, person=None, by=people[2], at=NOON)
    assert list(RotationEvent.objects.filter(rotation=now, what__in=[What.ITEM_DONE, What.ITEM_OPEN])
                .order_by("pk").values_list("what", "by")) == [("item_done", people[1].pk), ("item_open", people[2].pk)]


def test_a_personal_item_is_each_persons_own() -> None:
    people = crew()
    now = rotation(people)
    for person in people[:2]:
        assert tick_item(item=item("reach"), rotation=now, person=person, by=person, at=NOON)
    with pytest.raises(Refused, match="for themselves"):
        tick_item(item=item("reach"), rotation=now, person=None, by=people[0], at=NOON)
    with pytest.raises(Refused, match="once for all"):
        tick_item(item=item(), rotation=now, person=people[0], by=people[0], at=NOON)
    with pytest.raises(Refused, match="is not on SET in Rotation 1"):
        tick_item(item=item("reach"), rotation=now, person=engineer(), by=people[0], at=NOON)


def test_the_lead_adds_and_retires_items_and_what_was_ticked_stays() -> None:
    lead, now = engineer("", Role.LEAD), rotation()
    made = add_item(phase=CyclePhase.MONITOR, words="  The  weekly update is\nposted ", each=False, days=1, path="/x/",
                    by=lead, at=NOON)
    assert (made.words, made.key, made.days) == ("The weekly update is posted", "the-weekly-update-is-posted", 1)
    again = add_item(phase=CyclePhase.MONITOR, words=made.words, each=False, days=8, path="", by=lead, at=NOON)
    assert again.key == "the-weekly-update-is-posted-1"
    tick_item(item=made, rotation=now, person=None, by=lead, at=NOON)
    assert retire_item(item=made, by=lead, at=NOON)
    assert not retire_item(item=made, by=lead, at=NOON)
    made.refresh_from_db()
    with pytest.raises(Refused, match="no longer"):
        tick_item(item=made, rotation=now, person=None, by=lead, at=NOON)
    assert restore_item(item=made, by=lead, at=NOON)
    assert ChecklistMark.objects.filter(item=made).exists()
    assert RotationEvent.objects.filter(what=What.CHECKLIST_CHANGED).count() == 4


@pytest.mark.parametrize(("given", "words"), [
    ({"words": "  "}, "in a sentence"), ({"words": "x" * 301}, "in a sentence"), ({"days": 31}, "Days go from"),
    ({"path": "javascript:alert(1)"}, "an address"), ({"path": "//evil.example"}, "an address"),
    ({"path": "/\\evil.example"}, "an address"), ({"path": "/" + "x" * 300}, "longer"),
])
def test_odd_items_are_refused_in_words(given: dict[str, object], words: str) -> None:
    asked: dict[str, object] = {"words": "Do it", "days": 0, "path": "", **given}
    with pytest.raises(Refused, match=words):
        add_item(phase=CyclePhase.START, each=False, by=engineer(), at=NOON, **asked)  # type: ignore[arg-type]


def test_the_page_says_what_is_done_by_whom_and_what_is_late() -> None:
    people = crew()
    now = rotation(people)
    tick_item(item=item(), rotation=now, person=None, by=people[1], at=NOON)
    tick_item(item=item("reach"), rotation=now, person=people[0], by=people[0], at=NOON)
    page = cycle_page(rotation=now, me=people[0], at=NOON, may_serve=True, may_plan=False)
    before, start, _, last = page.phases
    assert (before.done, before.total, before.late) == (1, 25, 5)
    assert (start.done, start.total, start.late) == (1, 2, 1)
    assert last.late == 0
    tick = start.items[0].ticks[0]
    assert tick.by is not None
    assert (tick.by.name, tick.at, start.items[0].whole) == (people[1].name, NOON, True)
    assert (page.done, page.total, page.late) == (2, 34, 10)
    reach = next(line for line in before.items if "test page" in line.words)
    assert [box.may for box in reach.ticks] == [True, False, False, False, False]  # one's own alone
    lead = cycle_page(rotation=now, me=people[0], at=NOON, may_serve=True, may_plan=True)
    assert all(box.may for line in lead.phases[0].items for box in line.ticks)
    reader = cycle_page(rotation=now, me=people[0], at=NOON, may_serve=False, may_plan=False)
    assert not any(box.may for phase in reader.phases for line in phase.items for box in line.ticks)


def test_the_page_asks_the_same_number_of_questions_however_much_was_ticked() -> None:
    people = crew()
    now = rotation(people)
    counts = []
    for ticks in (0, 5):
        for person in people[:ticks]:
            tick_item(item=item("reach"), rotation=now, person=person, by=person, at=NOON)
        with CaptureQueriesContext(connection) as asked:
            cycle_page(rotation=now, me=people[0], at=NOON, may_serve=True, may_plan=True)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 8


@pytest.mark.parametrize(("path", "address"), [
    ("set_rotation:on_call", "/on-call/"), ("nothing:here", ""), ("", ""), ("/board/", "/board/"),
    ("https://example.org/", "https://example.org/"), ("channel:set", ""),
])
def test_an_item_leads_to_its_page_and_to_none_where_there_is_none(path: str, address: str) -> None:
    assert address_of(path) == address
