"""What people do to tickets here: shown at once, written to Jira through the outbox, taken back while they can be."""

from tickets.actions.writes.answers import answer_write, drop_write, retry_write
from tickets.actions.writes.batch import name_batch
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
from tickets.actions.writes.shown import NotThere, lock_tickets, settle_writes, show_states
from tickets.actions.writes.undo import NotYours, Undone, reverse_write, undo_writes

__all__ = [
    "NotThere", "NotYours", "Undone", "answer_write", "assign_ticket", "change_ticket", "comment_ticket", "drop_write",
    "label_ticket", "link_ticket", "lock_tickets", "move_ticket", "name_batch", "prioritise_ticket", "pull_next",
    "rank_tickets", "retry_write", "reverse_write", "settle_writes", "show_states", "undo_writes", "unrank",
]
