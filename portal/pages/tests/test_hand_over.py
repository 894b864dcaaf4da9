"""The pages of the hand-over: who reads, who writes, who gives, and what each is told."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from people.choices import Role
from people.models import ActingRole, Person
from portal.common import clock
from portal.flows.hand_over import draft_hand_over, write_owners
from portal.tests.handing import Handing, given_to, handing, open_ticket
from set_rotation.actions.hand_over import give_hand_over, save_text
from set_rotation.models import HandOver, HandOverTaken, HandOverTicket
from set_rotation.tests.factories import engineer
from tickets.models import Ticket, TicketWrite

pytestmark = pytest.mark.django_db
ADDRESS = "/hand-over/1/"


@pytest.fixture
def crew() -> Handing:
    crew = handing()
    for number in range(1, 4):
        given_to(crew.outgoing[number], number)
    return crew


@pytest.fixture
def drafted(crew: Handing) -> HandOver:
    return draft_hand_over(rotation=crew.now, by=None, at=clock.now())


def signed_in(client: Client, person: Person) -> Client:
    client.force_login(person)
    return client


def text_of(client: Client, address: str = ADDRESS) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def said(client: Client, address: str, given: dict[str, Any] | None = None) -> str:
    """What the page says after a form without a script."""
    answer = client.post(ADDRESS + address, given or {}, follow=True)
    assert answer.redirect_chain == [(ADDRESS, 302)], answer.status_code
    return answer.content.decode()


def test_the_bare_address_leads_to_the_rotation_that_runs_and_says_when_there_is_none(client: Client) -> None:
    signed_in(client, engineer())
    assert "No rotation is planned" in text_of(client, "/hand-over/")
    handing()
    assert client.get("/hand-over/")["Location"] == ADDRESS


def test_before_it_is_drafted_the_page_says_when_it_will_be(client: Client, crew: Handing) -> None:
    text = text_of(signed_in(client, crew.outgoing[1]))
    assert "Not drafted yet" in text
    assert "Drafts itself" in text
    assert "Hand over…" not in text
    assert "Drafted." in said(client, "draft/")
    assert "MM-1" in text_of(client)


def test_a_reader_reads_all_of_it_and_changes_nothing(client: Client, crew: Handing, drafted: HandOver) -> None:
    signed_in(client, engineer("", Role.EXECUTIVE))
    text = text_of(client, ADDRESS + "?edit=1")
    assert "MM-1" in text
    assert not re.findall(r'action="/hand-over/', text)
    for verb in ("draft", "text", "preview", "choose", "write", "give", "take", "note", "post"):
        assert client.post(f"{ADDRESS}{verb}/").status_code == 403


def test_the_text_is_written_in_markdown_and_drawn_without_harm(
    client: Client, crew: Handing, drafted: HandOver
) -> None:
    signed_in(client, crew.outgoing[1])
    assert 'name="text"' in text_of(client, ADDRESS + "?edit=1")
    assert "Saved." in said(client, "text/", {"text": "Ask **Anna**. <script>x</script>", "version": "1"})
    text = text_of(client)
    assert "Ask <strong>Anna</strong>." in text
    assert "<script>x" not in text
    assert crew.outgoing[1].name in text
    assert b"<em>so</em>" in client.post(ADDRESS + "preview/", {"text": "*so*"}).content


def test_two_who_edit_at_once_see_both_texts_and_lose_nothing(
    client: Client, crew: Handing, drafted: HandOver
) -> None:
    save_text(hand_over=drafted, text="Theirs.", seen=1, by=crew.outgoing[2], at=clock.now())
    answer = signed_in(client, crew.outgoing[1]).post(ADDRESS + "text/", {"text": "Mine.", "version": "1"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Somebody saved another text meanwhile" in text
    assert "Theirs." in text
    assert re.search(r"<textarea[^>]*>\s*Mine\.", text)
    assert "data-live=" not in text.split("<main")[1]
    version = re.search(r'name="version" value="(\d+)"', text)
    assert version
    assert "Saved." in said(client, "text/", {"text": "Theirs. Mine.", "version": version[1]})
    assert HandOver.objects.get().text == "Theirs. Mine."


def test_a_text_that_is_too_long_stays_in_the_editor(client: Client, crew: Handing, drafted: HandOver) -> None:
    signed_in(client, crew.outgoing[1])
    answer = client.post(ADDRESS + "text/", {"text": "x" * 20001, "version": "1"})
    assert answer.status_code == 422
    assert "20001 characters" in answer.content.decode()
    assert "x" * 20001 in answer.content.decode()


def test_only_what_was_chosen_otherwise_is_changed(client: Client, crew: Handing, drafted: HandOver) -> None:
    one, other = crew.incoming[3], crew.incoming[2]
    before = dict(HandOverTicket.objects.values_list("ticket", "goes_to"))
    # As the form without a script sends it: all of them, with what stood there when the page was drawn.
    given = {f"to-{ticket}": str(person) for ticket, person in before.items()}
    given |= {f"had-{ticket}": str(person) for ticket, person in before.items()}
    HandOverTicket.objects.filter(ticket=2).update(goes_to=other, chosen=True)  # somebody else, meanwhile
    assert one.name in said(signed_in(client, crew.outgoing[1]), "choose/", given | {"to-1": str(one.pk)})
    assert dict(HandOverTicket.objects.values_list("ticket", "goes_to"))[1] == one.pk
    assert dict(HandOverTicket.objects.values_list("ticket", "goes_to"))[2] == other.pk
    text = said(client, "choose/", {"to-1": str(engineer().pk), "had-1": str(one.pk)})
    assert "Choose somebody of the next crew." in text
    for odd in ("x", "9" * 30, "\x00"):
        assert "no longer on the list" in said(client, "choose/", {f"to-{odd}": ""})


def test_new_owners_are_written_once_and_the_second_press_says_so(
    client: Client, crew: Handing, drafted: HandOver
) -> None:
    assert "Write 3 new owners to Jira" in text_of(signed_in(client, crew.outgoing[1]))
    assert "3 on the way to Jira." in said(client, "write/")
    assert "Somebody was quicker" in said(client, "write/")
    assert TicketWrite.objects.count() == 3
    text = text_of(client)
    assert text.count("On its way to Jira") == 3
    assert "new owners to Jira" not in text


def test_who_has_no_jira_account_and_what_moved_since_is_said(client: Client) -> None:
    crew = handing(account=False)
    given_to(crew.outgoing[1], 1)
    given_to(crew.outgoing[1], 2)
    draft_hand_over(rotation=crew.now, by=None, at=clock.now())
    Ticket.objects.filter(pk=2).update(column="done")
    text = text_of(signed_in(client, crew.outgoing[1]))
    assert f"Without a Jira account: {crew.incoming[1].name}, {crew.incoming[2].name}" in text
    assert "now in Done" in text
    assert "without a Jira account" in said(client, "write/")


def test_the_lead_or_a_coordinator_gives_and_an_engineer_does_not(
    client: Client, crew: Handing, drafted: HandOver
) -> None:
    assert "Hand over…" not in text_of(signed_in(client, crew.outgoing[1]))
    assert client.post(ADDRESS + "give/").status_code == 403
    assert "Hand over…" in text_of(signed_in(client, crew.outgoing[0]))
    assert "Handed over; whoever is on SET next is told." in said(client, "give/")
    assert "It was handed over already." in said(client, "give/")
    text = text_of(client)
    assert f"by {crew.outgoing[0].name}" in text
    assert "Draft again" not in text
    assert "?edit=1" not in text


def test_the_outgoing_lead_gives_even_after_their_rotation(client: Client) -> None:
    crew = handing()
    held = draft_hand_over(rotation=crew.now, by=None, at=clock.now())
    ActingRole.objects.all().delete()
    assert "Handed over" in said(signed_in(client, crew.outgoing[0]), "give/")
    held.refresh_from_db()
    assert held.given_by == crew.outgoing[0]


def test_an_incoming_person_says_that_they_have_read_it_and_others_cannot(
    client: Client, crew: Handing, drafted: HandOver
) -> None:
    assert "I have read it" not in text_of(signed_in(client, crew.incoming[1]))
    give_hand_over(hand_over=drafted, by=crew.outgoing[0], at=clock.now())
    assert "I have read it" not in text_of(signed_in(client, crew.outgoing[1]))
    assert "Only who is on SET next takes over." in said(client, "take/")
    assert "I have read it" in text_of(signed_in(client, crew.incoming[1]))
    assert "You have taken over." in said(client, "take/", {"words": "Thanks & <b>bye</b>"})
    text = text_of(client)
    assert "1 of 5 have read it" in text
    assert "Thanks &amp; &lt;b&gt;bye&lt;/b&gt;" in text
    assert HandOverTaken.objects.get().person == crew.incoming[1]


def test_a_note_after_it_was_given_has_its_date(client: Client, crew: Handing, drafted: HandOver) -> None:
    give_hand_over(hand_over=drafted, by=crew.outgoing[0], at=clock.now())
    assert "Added, with its date." in said(signed_in(client, crew.incoming[1]), "note/", {"text": "One **more** thing"})
    text = text_of(client)
    assert "One <strong>more</strong> thing" in text
    assert "Added later" in text
    assert "Write the note." in said(client, "note/", {"text": " "})


def test_without_a_mattermost_the_post_says_why_not(client: Client, crew: Handing, drafted: HandOver) -> None:
    assert client.post(ADDRESS + "post/").status_code == 302
    give_hand_over(hand_over=drafted, by=crew.outgoing[0], at=clock.now())
    assert "No Mattermost is set" in said(signed_in(client, crew.outgoing[0]), "post/")


def test_past_ones_can_be_read_for_ever(client: Client, crew: Handing, drafted: HandOver) -> None:
    save_text(hand_over=drafted, text="Kept.", seen=1, by=crew.outgoing[1], at=clock.now())
    give_hand_over(hand_over=drafted, by=crew.outgoing[0], at=clock.now())
    Ticket.objects.filter(pk=1).update(summary="Another one since")
    signed_in(client, engineer("", Role.VIEWER))
    assert 'href="/hand-over/1/"' in text_of(client, "/hand-over/past/")
    assert 'href="/hand-over/1/"' in text_of(client, "/hand-over/2/")
    text = text_of(client)
    assert "Kept." in text
    assert "Number 1" in text
    assert "Another one since" not in text
    assert client.get("/hand-over/77/").status_code == 404


def test_a_script_gets_the_part_and_the_editor_that_was_open_stays(
    client: Client, crew: Handing, drafted: HandOver
) -> None:
    signed_in(client, crew.outgoing[1])
    headers = {"HX-Request": "true", "HX-Target": "hand-over", "HX-Current-URL": f"http://x{ADDRESS}?edit=1"}
    answer = client.post(ADDRESS + "draft/", headers=headers)
    assert "<html" not in answer.content.decode()
    assert 'id="hand-over-editor"' in answer.content.decode()
    assert "Drafted again" in answer["HX-Trigger"]


def test_home_tells_the_lead_and_the_incoming_what_they_owe(client: Client, crew: Handing, drafted: HandOver) -> None:
    text = text_of(signed_in(client, crew.outgoing[0]), "/")
    assert "Hand rotation 1 over by" in text or "Rotation 1 is not handed over" in text  # of a Saturday it is late
    assert "hand-over of rotation" not in text_of(signed_in(client, crew.incoming[1]), "/")
    give_hand_over(hand_over=drafted, by=crew.outgoing[0], at=clock.now())
    assert "Read the hand-over of rotation 1" in text_of(signed_in(client, crew.incoming[1]), "/")
    assert "hand-over of rotation" not in text_of(signed_in(client, crew.outgoing[0]), "/")


def test_the_page_asks_the_same_number_of_questions_however_much_is_on_it(
    client: Client, crew: Handing, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for number in range(10, 40):
        given_to(crew.outgoing[number % 4 + 1], number)
    held = draft_hand_over(rotation=crew.now, by=None, at=clock.now() - timedelta(minutes=1))
    write_owners(hand_over=held, by=crew.outgoing[0], at=clock.now())
    save_text(hand_over=held, text="Words.", seen=1, by=crew.outgoing[1], at=clock.now())
    open_ticket(99, None)
    signed_in(client, crew.outgoing[0])
    with django_assert_max_num_queries(24):  # four are the session and the person, some are the frame
        client.get(ADDRESS)
