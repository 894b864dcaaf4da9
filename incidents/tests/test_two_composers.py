"""More than one composer at once: of several people, of one person's several devices, and of what changes meanwhile."""

from typing import Any

import pytest
from django.urls import reverse

from incidents.actions.states import change_severity
from incidents.actions.targets import add_target, remove_target
from incidents.choices import Reading, Severity, TargetKind
from incidents.models import Incident, Stakeholder, StakeholderList, Target, Update, UpdateDelivery, UpdateDraft
from incidents.queries.targets import targets_of
from incidents.tests.test_update_pages import MINUTE, compose, form, page, row, second, signed_in, writer
from people.models import Person
from portal.common import clock

__all__ = ["row", "second", "writer"]  # fixtures
pytestmark = pytest.mark.django_db
PARTS = {"HX-Request": "true", "HX-Target": "update-parts"}


# ---- Where it goes


def boxes(row: Incident, *, but: Target | None = None) -> dict[str, Any]:
    """The boxes as a composer shows them now, all ticked but this one."""
    ids = [one.id for one in targets_of(row)]
    return {"shown": ids, "stood": ids, "targets": [pk for pk in ids if but is None or pk != but.pk]}


def went(row: Incident) -> set[str]:
    return set(UpdateDelivery.objects.filter(version__of__incident=row).values_list("target__label", flat=True))


def test_a_target_that_is_added_while_somebody_writes_gets_their_update_and_stays_ticked(
    row: Incident, writer: Person
) -> None:
    client, old = signed_in(writer), boxes(row)
    client.post(compose(row), form(do="keep", summary="Half a sent") | old)
    added = add_target(incident=row, kind=TargetKind.MAIL, reading=Reading.EXECUTIVE, address="ceo@example.com",
                       by=writer, at=clock.now())
    text = page(client, compose(row))  # gone back to: the draft knows nothing of it
    assert f'name="targets" value="{added.pk}" checked' in text
    answer = client.post(compose(row), form(do="keep", summary="Half a sentence") | old, headers=PARTS)
    assert f"{added.pk} " in answer.content.decode().partition('data-places="')[2].partition('"')[0]
    client.post(compose(row), form() | old)
    assert "ceo@example.com" in went(row)
    added.refresh_from_db()
    assert added.chosen


def test_whom_a_raised_severity_adds_is_told_by_the_update_that_is_being_written(row: Incident, writer: Person) -> None:
    client = signed_in(writer)
    change_severity(incident=row, severity=Severity.SEV2, reason="half of it works", by=writer, at=clock.now())
    board = StakeholderList.objects.create(name="Board", reading=Reading.EXECUTIVE, severity=Severity.SEV1,
                                           at=clock.now())
    Stakeholder.objects.create(list=board, email="chair@example.com")
    old = boxes(row)
    client.post(compose(row), form(do="keep") | old)
    change_severity(incident=row, severity=Severity.SEV1, reason="all of it is down", by=writer, at=clock.now())
    client.post(compose(row), form(do="keep", summary="One in four") | old)
    client.post(compose(row), form() | old)
    assert "Board" in went(row)


def test_what_is_unticked_stays_so_and_what_is_taken_off_meanwhile_gets_nothing(row: Incident, writer: Person) -> None:
    kept, gone = (add_target(incident=row, kind=TargetKind.MAIL, reading=Reading.EXECUTIVE, address=address, by=writer,
                             at=clock.now() - MINUTE) for address in ("a@example.com", "b@example.com"))
    old = boxes(row, but=kept)
    signed_in(writer).post(compose(row), form(do="keep") | old)
    assert f'name="targets" value="{kept.pk}" checked' not in page(signed_in(writer), compose(row))
    remove_target(target=gone, by=writer, at=clock.now())
    signed_in(writer).post(compose(row), form() | old)
    assert not went(row) & {"a@example.com", "b@example.com"}
    assert not Target.objects.get(pk=kept.pk).chosen


def chosen(target: Target) -> bool:
    target.refresh_from_db()
    return target.chosen


@pytest.fixture
def theirs(row: Incident, writer: Person) -> Target:
    return add_target(incident=row, kind=TargetKind.MAIL, reading=Reading.EXECUTIVE, address="a@example.com",
                      by=writer, at=clock.now() - MINUTE)


def test_words_that_are_not_kept_change_no_target_until_they_are(row: Incident, writer: Person, theirs: Target) -> None:
    client = signed_in(writer)
    client.post(compose(row), form(do="keep", key="phone", summary="A B C") | boxes(row))
    laptop = form(do="keep", key="laptop", summary="A D") | boxes(row, but=theirs)
    foot = client.post(compose(row), laptop, headers=PARTS | {"HX-Target": "update-foot"}).content.decode()
    assert chosen(theirs)
    assert f'name="stood" value="{theirs.pk}"' in foot and f'name="targets" value="{theirs.pk}" checked' not in foot
    client.post(compose(row), laptop | {"do": "over"})
    assert not chosen(theirs)


def test_what_somebody_unticks_is_not_ticked_again_by_whoever_types_on_beside_them(
    row: Incident, writer: Person, second: Person, theirs: Target
) -> None:
    old = boxes(row)
    signed_in(writer).post(compose(row), form(do="keep") | boxes(row, but=theirs))
    text = signed_in(second).post(compose(row), form(do="keep", key="form-2") | old).content.decode()
    assert not chosen(theirs) and not text
    signed_in(writer).post(compose(row), form(do="keep", summary="On") | boxes(row, but=theirs))
    assert not chosen(theirs)


def test_what_is_unticked_as_an_update_is_sent_stays_so(row: Incident, writer: Person, theirs: Target) -> None:
    signed_in(writer).post(compose(row), form() | boxes(row, but=theirs))
    assert "a@example.com" not in went(row) and not chosen(theirs)


# ---- What another has published


def test_what_another_published_is_not_sent_over_by_merely_typing_on(
    row: Incident, writer: Person, second: Person
) -> None:
    signed_in(writer).post(compose(row), form())
    late, typed = signed_in(second), form(summary="Mine, typed meanwhile", key="form-2")
    text = late.post(compose(row), typed | {"do": "keep"}, headers=PARTS).content.decode()
    assert "Ines Moreau has published update 1 meanwhile" in text
    assert ('name="seen" value="0"' in text, 'name="missed" value="1"' in text) == (True, True)
    assert 'id="update-unread"' in text and '<a href="#update-meanwhile">read it</a>, then send yours' in text
    assert late.post(compose(row), typed).status_code == 422
    assert Update.objects.filter(incident=row).count() == 1


def test_whoever_says_that_they_have_read_it_sends_theirs_at_once(
    row: Incident, writer: Person, second: Person
) -> None:
    signed_in(writer).post(compose(row), form())
    late, typed = signed_in(second), form(summary="Mine, typed meanwhile", key="form-2")
    text = late.post(compose(row), typed | {"do": "read", "missed": "1"}).content.decode()
    assert ('name="seen" value="1"' in text, "I have read it" in text) == (True, False)
    assert "Ines Moreau has published update 1 meanwhile" in text  # it still stands there, to be read
    assert late.post(compose(row), typed | {"seen": "1"}).status_code == 302


def test_a_draft_that_began_before_another_update_says_so_until_that_is_read(
    row: Incident, writer: Person, second: Person
) -> None:
    late = signed_in(second)
    late.post(compose(row), form(do="keep", key="form-2"))
    signed_in(writer).post(compose(row), form())
    for _ in range(2):
        assert "I have read it" in page(late, compose(row))
    late.post(compose(row), form(do="read", key="form-2", missed="1"))
    assert "published update 1 meanwhile" not in page(late, compose(row))


def test_a_correction_is_not_sent_over_another_that_was_not_read(
    row: Incident, writer: Person, second: Person
) -> None:
    signed_in(writer).post(compose(row), form())
    url, client = reverse("incidents:correct", args=[row.pk, 1]), signed_in(second)
    mine = form(summary="One in three.", what="it is three", seen="1", key="c2")
    signed_in(writer).post(url, form(summary="One in four.", what="it is four", seen="1", key="c1"))
    text = client.post(url, mine | {"do": "keep"}, headers=PARTS).content.decode()
    assert "has corrected it meanwhile" in text and 'name="seen" value="1"' in text
    text = client.post(url, mine).content.decode()
    assert 'name="seen" value="2"' in text
    assert client.post(url, mine | {"seen": "2"}).status_code == 302


# ---- One person at two places


def stamp_in(text: str) -> str:
    return text.partition('name="stamp" value="')[2].partition('"')[0]


def kept(row: Incident) -> str:
    return str(UpdateDraft.objects.get(incident=row).values["summary"])


def test_a_device_that_was_left_open_does_not_write_over_what_was_written_on_the_other(
    row: Incident, writer: Person
) -> None:
    client = signed_in(writer)
    laptop = form(do="keep", key="laptop", summary="A")
    laptop["stamp"] = stamp_in(client.post(compose(row), laptop, headers=PARTS).content.decode())
    phone = form(do="keep", key="phone", summary="A B C", stamp=stamp_in(page(client, compose(row))))
    assert "You wrote on at another place" not in client.post(compose(row), phone, headers=PARTS).content.decode()
    client.post(compose(row), laptop)  # as it is hidden
    assert kept(row) == "A B C"
    text = client.post(compose(row), laptop | {"summary": "A D"}, headers=PARTS).content.decode()
    assert "You wrote on at another place" in text and "not saved" in text
    assert stamp_in(text) == laptop["stamp"]
    assert kept(row) == "A B C"


def test_the_same_words_kept_once_more_are_no_newer_draft(row: Incident, writer: Person) -> None:
    client, laptop = signed_in(writer), form(do="keep", key="laptop", summary="A")
    client.post(compose(row), laptop)
    stamp = stamp_in(page(client, compose(row)))
    client.post(compose(row), laptop)
    phone = form(do="keep", key="phone", summary="A B", stamp=stamp)
    assert "You wrote on" not in client.post(compose(row), phone, headers=PARTS).content.decode()
    assert kept(row) == "A B"


def test_of_two_places_the_writer_says_which_goes_on(row: Incident, writer: Person) -> None:
    client = signed_in(writer)
    client.post(compose(row), form(do="keep", key="phone", summary="A B C"))
    laptop = form(key="laptop", summary="A D")
    answer = client.post(compose(row), laptop)
    text = answer.content.decode()
    assert (answer.status_code, kept(row)) == (422, "A B C")
    assert "Say which of the two goes on" in text and "A D</textarea>" in text
    assert f'href="{compose(row)}" data-update-take' in text
    text = client.post(compose(row), laptop | {"do": "over"}).content.decode()
    assert ("You wrote on" in text, kept(row)) == (False, "A D")
    assert client.post(compose(row), laptop | {"stamp": stamp_in(text)}).status_code == 302
    assert Update.objects.get(incident=row).versions.get().values["summary"] == "A D"


def test_what_is_refused_is_written_on_in_the_same_form(row: Incident, writer: Person) -> None:
    client = signed_in(writer)
    client.post(compose(row), form(do="keep"))
    refused = client.post(compose(row), form(next="2020-01-01 8am")).content.decode()
    assert stamp_in(refused)
    for stamp in ("", stamp_in(refused)):
        text = client.post(compose(row), form(do="keep", summary="On", stamp=stamp), headers=PARTS).content.decode()
        assert "You wrote on" not in text
    assert kept(row) == "On"


# ---- An update whose answer never came


def key_in(text: str) -> str:
    return text.partition('name="key" value="')[2].partition('"')[0]


def test_what_is_typed_on_after_an_update_that_went_unheard_is_kept_for_the_next(row: Incident, writer: Person) -> None:
    client = signed_in(writer)
    client.post(compose(row), form())  # its answer is lost
    typed = form(do="keep", summary="Two in five by now.")
    text = client.post(compose(row), typed, headers=PARTS).content.decode()
    assert "data-update-kept" not in text and key_in(text) not in ("", "form-1")
    assert not UpdateDraft.objects.filter(incident=row).exists()  # what is late for an update makes no draft
    typed["key"] = key_in(text)
    text = client.post(compose(row), typed, headers=PARTS).content.decode()
    assert "data-update-kept" in text and key_in(text) == typed["key"]
    assert kept(row) == "Two in five by now."


def test_what_was_sent_already_is_neither_kept_nor_said_to_be_unsaved(row: Incident, writer: Person) -> None:
    client = signed_in(writer)
    client.post(compose(row), form())
    assert client.post(compose(row), form(do="keep", next="8:30 PM"), headers=PARTS).status_code == 205
    assert client.post(compose(row), form(do="keep")).status_code == 204  # with a page that is left
    assert not UpdateDraft.objects.filter(incident=row).exists()


def test_what_is_not_kept_is_not_said_to_be(row: Incident, writer: Person) -> None:
    client = signed_in(writer)
    assert "data-update-kept" in client.post(compose(row), form(do="keep"), headers=PARTS).content.decode()
    other = form(do="keep", key="laptop", summary="Else")
    assert "data-update-kept" not in client.post(compose(row), other, headers=PARTS).content.decode()


# ---- A reply


def test_a_composer_that_is_fetched_again_still_replies(row: Incident, writer: Person) -> None:
    client, url = signed_in(writer), f"{compose(row)}?reply=reply-4"
    text = page(client, reverse("incidents:incident", args=[row.pk]) + "?reply=reply-4")
    assert f'data-fresh="{url}"' in text
    text = client.get(url, headers={"HX-Request": "true", "HX-Target": "update"}).content.decode()
    assert 'name="reply" value="reply-4"' in text and f'data-fresh="{url}"' in text
