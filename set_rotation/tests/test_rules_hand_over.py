"""Who takes over which ticket: every one goes somewhere, evenly, and twice the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from set_rotation.rules.hand_over import NOBODY, OUTSIDE, SHARED, STAYS, OpenTicket, Proposal, Taker, propose

OUT, IN = [1, 2, 3, 4], [11, 12, 13, 14]
TAKERS = [Taker(person) for person in IN]


def people(tickets: list[OpenTicket], *, outgoing: list[int] | None = None, incoming: list[int] | None = None,
           takers: list[Taker] | None = None) -> list[int | None]:
    found = propose(tickets, outgoing=OUT if outgoing is None else outgoing,
                    incoming=IN if incoming is None else incoming, takers=TAKERS if takers is None else takers)
    return [one.person for one in found]


def test_the_tickets_of_the_outgoing_are_spread_over_the_incoming_in_their_order() -> None:
    assert people([OpenTicket(number, OUT[number % 4]) for number in range(6)]) == [11, 12, 13, 14, 11, 12]


def test_a_ticket_that_nobody_has_gets_an_owner_too() -> None:
    assert people([OpenTicket(1, None)]) == [11]


def test_whoever_is_on_set_next_too_keeps_theirs_and_is_given_less() -> None:
    tickets = [OpenTicket(1, 12), OpenTicket(2, 12), OpenTicket(3, 1), OpenTicket(4, 1), OpenTicket(5, 1)]
    found = propose(tickets, outgoing=[1, 12], incoming=IN, takers=TAKERS)
    assert [one.person for one in found] == [12, 12, 11, 13, 14]
    assert [one.why for one in found] == [STAYS, STAYS, SHARED, SHARED, SHARED]


def test_an_incoming_lead_keeps_a_ticket_and_is_given_none() -> None:
    lead = 10
    found = people([OpenTicket(1, lead), OpenTicket(2, 1)], incoming=[lead, *IN])
    assert found == [lead, 11]


@pytest.mark.parametrize("ticket", [OpenTicket(1, 99), OpenTicket(1, None, outside=True)])
def test_what_somebody_outside_of_set_has_stays_with_them(ticket: OpenTicket) -> None:
    [found] = propose([ticket], outgoing=OUT, incoming=IN, takers=TAKERS)
    assert found == Proposal(1, None, OUTSIDE)


def test_the_own_team_is_asked_first_as_long_as_it_stays_even() -> None:
    takers = [Taker(11, 7), Taker(12, 8), Taker(13), Taker(14)]
    tickets = [OpenTicket(number, 1, team=8, team_name="Channels") for number in range(4)]
    found = propose(tickets, outgoing=OUT, incoming=IN, takers=takers)
    assert [one.person for one in found] == [12, 11, 13, 14]
    assert found[0].why == "their own team: Channels"
    five = propose([*tickets, OpenTicket(9, 1, team=8)], outgoing=OUT, incoming=IN, takers=takers)
    assert [one.person for one in five] == [12, 12, 11, 13, 14]  # one has two in any case: the own team


def test_without_a_next_crew_that_is_said() -> None:
    assert propose([OpenTicket(1, 1)], outgoing=OUT, incoming=[], takers=[]) == (Proposal(1, None, NOBODY),)


def test_nothing_is_open_and_nothing_is_proposed() -> None:
    assert propose([], outgoing=OUT, incoming=IN, takers=TAKERS) == ()


PEOPLE = st.lists(st.integers(1, 12), unique=True, max_size=6)
TEAMS = st.one_of(st.none(), st.integers(1, 4))
TICKETS = st.lists(st.tuples(st.one_of(st.none(), st.integers(1, 14)), TEAMS, st.booleans()), max_size=40)


@given(TICKETS, PEOPLE, PEOPLE, st.data())
def test_every_ticket_goes_somewhere_evenly_and_the_same_way_each_time(
    rows: list[tuple[int | None, int | None, bool]], outgoing: list[int], engineers: list[int], data: st.DataObject
) -> None:
    tickets = [OpenTicket(number, owner, team, outside=outside and owner is None)
               for number, (owner, team, outside) in enumerate(rows)]
    takers = [Taker(person, data.draw(TEAMS)) for person in engineers]
    found = propose(tickets, outgoing=outgoing, incoming=engineers, takers=takers)
    assert found == propose(tickets, outgoing=outgoing, incoming=engineers, takers=takers)
    assert [one.ticket for one in found] == [one.id for one in tickets]
    for ticket, one in zip(tickets, found, strict=True):
        if one.person is None:
            assert ticket.outside or not takers or ticket.owner not in {*outgoing, *engineers}
        elif ticket.owner in engineers:
            assert one.person == ticket.owner
        else:
            assert one.person in engineers
    loads = {person: sum(one.person == person for one in found) for person in engineers}
    kept = {person: sum(ticket.owner == person and one.person == person
                        for ticket, one in zip(tickets, found, strict=True)) for person in engineers}
    given_some = [loads[person] for person in engineers if loads[person] > kept[person]]
    assert max(given_some, default=0) - min(loads.values(), default=0) <= 1


@given(st.permutations(IN))
def test_who_is_named_first_is_given_first(order: list[int]) -> None:
    assert people([OpenTicket(1, 1)], takers=[Taker(person) for person in order]) == [order[0]]
