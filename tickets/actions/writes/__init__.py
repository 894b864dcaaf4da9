"""What people do to tickets here: shown at once, written to Jira through the outbox, taken back while they can be."""

from tickets.actions.writes.answers import answer_write, drop_write, retry_write, reverse_write
from tickets.actions.writes.change import (
    assign_ticket,
    change_ticket,
    label_ticket,
    move_ticket,
    prioritise_ticket,
    pull_next,
)
from tickets.actions.writes.others import comment_ticket, link_ticket
from tickets.actions.writes.rank import rank_tickets, unrank
from tickets.actions.writes.shown import NotThere, settle_writes, show_states

__all__ = [
    "NotThere", "answer_write", "assign_ticket", "change_ticket", "comment_ticket", "drop_write", "label_ticket",
    "link_ticket", "move_ticket", "prioritise_ticket", "pull_next", "rank_tickets", "retry_write", "reverse_write",
    "settle_writes", "show_states", "unrank",
]
