"""Which parts of an open page a line of the timeline touches. Pure."""

from incidents.choices import What

HEAD = frozenset({
    What.CHANGED, What.SEVERITY, What.STATUS, What.CUSTOMER_ADDED, What.CUSTOMER_REMOVED, What.PRIVATE, What.ROLE,
    What.MERGED, What.REOPENED, What.CHANNEL, What.RESOLVED, What.WATCHED, What.CONFIRMED, What.CLOSED, What.DECIDED,
    What.STEP, What.STEP_SKIPPED, What.STEP_OPENED, What.HOUR, What.PAGED, What.TICKET,
})
NOTICES = frozenset({
    What.HOUR, What.STEP, What.STEP_SKIPPED, What.STEP_OPENED, What.RESOLVED, What.REOPENED, What.WATCHED,
    What.CONFIRMED, What.CLOSED, What.RETRO, What.RETRO_SENT, What.ACTION, What.MERGED, What.PRIVATE, What.DECIDED,
    What.SEVERITY, What.STATUS, What.CHANGED,
})
PLAYBOOK = frozenset({
    What.STAGE, What.STEP, What.STEP_SKIPPED, What.STEP_OPENED, What.STEP_CHANGED, What.HOUR, What.EVIDENCE,
    What.EVIDENCE_REMOVED, What.PATCH, What.RESOLVED, What.REOPENED, What.RETRO, What.RETRO_SENT, What.CLOSED,
})
DUE = frozenset({
    What.PROMISED, What.REMINDED, What.SNOOZED, What.STOPPED, What.ASKED_FOR_UPDATE, What.UPDATE, What.RESOLVED,
    What.REOPENED, What.MERGED, What.CLOSED, What.CONFIRMED, What.WATCHED, What.SEVERITY, What.STATUS,
})
RECEIPTS = frozenset({
    What.UPDATE, What.CORRECTED, What.DELIVERED, What.FAILED, What.APPROVAL_ASKED, What.APPROVED, What.SENT_BACK,
    What.OVERRIDDEN,
})
# What the update's own line says too.
ARRIVALS = frozenset({What.DELIVERED, What.FAILED, What.APPROVED, What.SENT_BACK, What.OVERRIDDEN, What.CORRECTED})
PARTS = {"head": HEAD, "notices": NOTICES, "playbook": PLAYBOOK, "due": DUE, "receipts": RECEIPTS}
OF_LISTS = HEAD | DUE | {What.DECLARED}  # what lists of incidents, the status page and the strip say too


def parts_of(what: What) -> tuple[str, ...]:
    """The parts that are drawn anew once such a line was written, in the order of the page."""
    return tuple(name for name, kinds in PARTS.items() if what in kinds)
