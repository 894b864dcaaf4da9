"""The definitions, as the page writes them beside the numbers."""

from tickets.rules.weekly.numbers import BACKLOG, IN_PROGRESS, QUEUE, RESOLVED, SUBMITTED

LABELS = {
    RESOLVED: "Bugs resolved", SUBMITTED: "Fix PRs submitted", IN_PROGRESS: "In progress", QUEUE: "Next in the queue",
    BACKLOG: "Total bugs in backlog",
}
DEFINITIONS = (
    ("Window", "The 168 hours before the moment that is named: its beginning is part of it, its end is not."),
    (
        "Bugs resolved", "Bugs that stand in a Done status at the window's end, and whose last crossing into Done from "
        "outside lies in the window. From Done to Closed is no second one; created done crossed at its creation. "
        "Won't Do, Duplicate and Cannot Reproduce count, and are shown apart.",
    ),
    ("Fix PRs submitted", "Bugs that entered Submitted in the window, each once, wherever they stand since."),
    ("Reported by customers", "They carry a customer's label at the window's end."),
    ("Total bugs in backlog", "Bugs that stood in no Done status at that moment, by column."),
    (
        "In progress, next", "Bugs that stood in In progress, and other tickets there that somebody has; the first "
        "five of To do, in today's order (Jira does not tell how they were ranked before).",
    ),
    (
        "As it stood then", "Status, type, labels and resolution are replayed from Jira's change log; where it is "
        "silent, today's value holds. Which statuses are Done, which types are bugs and which labels are a customer's "
        "is today's mapping. A ticket counts in the project where it is now, and until it left Jira's sight.",
    ),
)
