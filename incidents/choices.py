"""The words of this room. Severities are Sev1 to Sev3: neither an escalation's level nor a bug's severity."""

from django.db.models import IntegerChoices, TextChoices


class Severity(IntegerChoices):
    SEV1 = 1, "Sev1"
    SEV2 = 2, "Sev2"
    SEV3 = 3, "Sev3"


class Kind(TextChoices):
    """Whose production is down."""

    CUSTOMER = "customer", "A customer's production"
    COMMUNITY = "community", "Our own community server"


class State(TextChoices):
    """How far an incident is. Its status, which updates say, is another thing: that is data (`IncidentStatus`)."""

    OPEN = "open", "Open"
    WATCHED = "watched", "Resolved, being watched"
    CONFIRMED = "confirmed", "Confirmed by the customer"
    CLOSED = "closed", "Closed"
    MERGED = "merged", "Merged"


LIVE = (State.OPEN, State.WATCHED)  # work is still going on


class Phase(IntegerChoices):
    """Where a status stands on the line that a customer sees."""

    INVESTIGATING = 1, "Investigating"
    IDENTIFIED = 2, "Identified"
    FIXING = 3, "Fix delivered"
    RESOLVED = 4, "Resolved"


class Decision(TextChoices):
    """What is done about the community server."""

    FIX = "fix", "Fix it"
    REVERT = "revert", "Revert the change"


class Cause(TextChoices):
    """What it turned out to be, for the figures."""

    CODE = "code", "Our code"
    CONFIGURATION = "configuration", "Configuration"
    CAPACITY = "capacity", "Capacity"
    DATABASE = "database", "Database"
    UPGRADE = "upgrade", "An upgrade"
    INFRASTRUCTURE = "infrastructure", "Infrastructure"
    THIRD_PARTY = "third_party", "A third party"
    CUSTOMER = "customer", "On the customer's side"
    UNKNOWN = "unknown", "Not found"


class Role(TextChoices):
    """A part in one incident."""

    COMMANDER = "commander", "Commander"
    DEPUTY = "deputy", "Deputy"
    COMMUNICATIONS = "communications", "Communications"
    SCRIBE = "scribe", "Scribe"
    CUSTOMER_CONTACT = "customer_contact", "Customer contact"
    EXECUTIVE = "executive", "Executive"


class StepKind(TextChoices):
    """What a step of the playbook asks for. `reply`: it opens the composer; `executive`: it appears after an hour."""

    DO = "do", "Something to do"
    EVIDENCE = "evidence", "Evidence to attach"
    REPLY = "reply", "Reply to the customer"
    EXECUTIVE = "executive", "Tell the executive"


class StepState(TextChoices):
    OPEN = "open", "Open"
    DONE = "done", "Done"
    SKIPPED = "skipped", "Skipped"


class EvidenceKind(TextChoices):
    SCREENSHOT = "screenshot", "Screenshot"
    BUNDLE = "bundle", "Support bundle"
    SLOW_QUERIES = "slow_queries", "Slow query log"
    LOG = "log", "Log"
    CONFIGURATION = "configuration", "Configuration"
    PROFILE = "profile", "Profile"
    LINK = "link", "Link"
    OTHER = "other", "Something else"


class PatchStage(TextChoices):
    """The way of a fix to the customer's production."""

    PULL_REQUEST = "pull_request", "Pull request"
    CHERRY_PICK = "cherry_pick", "Cherry-pick"
    CANDIDATE = "candidate", "Release candidate"
    DOT_RELEASE = "dot_release", "Dot release"
    STAGING = "staging", "Customer's dev/UAT"
    PRODUCTION = "production", "Production"


# Where somebody at the customer approves, each of several for themselves.
THEIRS = (PatchStage.STAGING, PatchStage.PRODUCTION)


class PatchState(TextChoices):
    WAITING = "waiting", "Not yet"
    UNDER_WAY = "under_way", "Under way"
    DONE = "done", "Done"
    NOT_NEEDED = "not_needed", "Not needed"


class Reading(TextChoices):
    """For whom an update is rendered."""

    INTERNAL = "internal", "Internal"
    EXECUTIVE = "executive", "Executive"
    CUSTOMER = "customer", "Customer"


class TargetKind(TextChoices):
    """Where an update goes."""

    CHANNEL = "channel", "Channel"
    MAIL = "mail", "Mail list"
    STATUS_PAGE = "status_page", "Status page"
    ESCALATION = "escalation", "Escalation's thread"
    JIRA = "jira", "Jira comment"


class ApprovalState(TextChoices):
    ASKED = "asked", "Waits for a second person"
    APPROVED = "approved", "Approved"
    SENT_BACK = "sent_back", "Sent back"
    OVERRIDDEN = "overridden", "Sent without a second person"
    OVERTAKEN = "overtaken", "Overtaken by a newer one"


READ = (ApprovalState.APPROVED, ApprovalState.OVERRIDDEN)  # what customers get may leave
HELD_BACK = (ApprovalState.ASKED, ApprovalState.SENT_BACK)  # it waits: for its reader, or for its author


# What `UpdateDelivery.told` says of one by which nothing leaves: a drill does not reach it; a correction reads there as
# before.
NOT_IN_A_DRILL, UNCHANGED = "drill", "same"
NOT_SENT = (NOT_IN_A_DRILL, UNCHANGED)


class PromiseState(TextChoices):
    """`SENT`: the update is sent, and the customer who waits for it has not got it. Nobody is reminded of it any more;
    whether it was kept is known when the customer gets one."""

    OPEN = "open", "Due"
    SENT = "sent", "Sent, not with the customer yet"
    KEPT = "kept", "Kept"
    LATE = "late", "Late"
    STOPPED = "stopped", "Stopped"


class Ring(TextChoices):
    """A reminder of a promise, in their order. Each rings once for one promise."""

    TEN_BEFORE = "ten_before", "10 minutes before"
    FIVE_BEFORE = "five_before", "5 minutes before"
    DUE = "due", "When it is due"
    TEN_AFTER = "ten_after", "10 minutes after"
    HOUR_AFTER = "hour_after", "an hour after"


class RetroState(TextChoices):
    WAITING = "waiting", "To be held"
    HELD = "held", "Held: the summary is being drafted"
    DRAFTED = "drafted", "Drafted: the customer's edition is next"
    REVIEWED = "reviewed", "Reviewed, not sent yet"
    SENT = "sent", "Sent to the customer"


class ActionState(TextChoices):
    OPEN = "open", "Open"
    DONE = "done", "Done"
    DROPPED = "dropped", "Dropped"


class Topic(TextChoices):
    """What the timeline is filtered by."""

    UPDATES = "updates", "Updates"
    PROMISES = "promises", "Promises"
    PLAYBOOK = "playbook", "Playbook"
    PEOPLE = "people", "People"
    STATUS = "status", "Status and severity"
    TICKETS = "tickets", "Tickets and patch"
    PAGES = "pages", "Pages"
    CHAT = "chat", "Chat"
    NOTES = "notes", "Notes"
    AFTER = "after", "Afterwards"


class What(TextChoices):
    """The kinds of `IncidentEvent`."""

    DECLARED = "declared", "declared it"
    CHANGED = "changed", "changed what is known"
    SEVERITY = "severity", "changed the severity"
    STATUS = "status", "changed the status"
    DECIDED = "decided", "decided"
    CUSTOMER_ADDED = "customer_added", "added a customer"
    CUSTOMER_REMOVED = "customer_removed", "took a customer off"
    PRIVATE = "private", "changed who may see it"
    ROLE = "role", "handed a role over"
    WATCHER = "watcher", "let somebody see it"
    MERGED = "merged", "merged it"
    REOPENED = "reopened", "opened it again"
    CHANNEL = "channel", "made the channel"
    STAGE = "stage", "entered a stage"
    STEP = "step", "did a step"
    STEP_SKIPPED = "step_skipped", "skipped a step"
    STEP_OPENED = "step_opened", "opened a step again"
    STEP_CHANGED = "step_changed", "changed a step"
    HOUR = "hour", "an hour has passed: the executive is to be told"
    EVIDENCE = "evidence", "attached evidence"
    EVIDENCE_REMOVED = "evidence_removed", "took evidence off"
    PATCH = "patch", "moved the patch on"
    UPDATE = "update", "sent an update"
    CORRECTED = "corrected", "corrected an update"
    DELIVERED = "delivered", "an update arrived"
    FAILED = "failed", "an update did not arrive"
    APPROVAL_ASKED = "approval_asked", "asked a second person"
    APPROVED = "approved", "approved the customer's text"
    SENT_BACK = "sent_back", "sent the customer's text back"
    OVERRIDDEN = "overridden", "sent the customer's text without a second person"
    PROMISED = "promised", "promised the next update"
    REMINDED = "reminded", "was reminded of the update"
    SNOOZED = "snoozed", "snoozed the reminder"
    STOPPED = "stopped", "stopped the updates"
    ASKED_FOR_UPDATE = "asked_for_update", "asked for an update"
    TICKET = "ticket", "linked a ticket"
    TICKET_CHANGED = "ticket_changed", "the ticket changed"
    PAGED = "paged", "a page"
    CHAT = "chat", "said"
    NOTE = "note", "noted"
    NOTE_BACK = "note_back", "took a note back, or put it back"
    PINNED = "pinned", "pinned a line"
    UNPINNED = "unpinned", "pinned a line no longer"
    LINK = "link", "made a link for a customer"
    LINK_REVOKED = "link_revoked", "took a customer's link back"
    RESOLVED = "resolved", "resolved it"
    WATCHED = "watched", "watched for 24 hours"
    CONFIRMED = "confirmed", "the customer confirmed"
    RETRO = "retro", "went on with the retrospective"
    RETRO_SENT = "retro_sent", "sent the retrospective"
    ACTION = "action", "changed an action"
    CLOSED = "closed", "closed it"
    REMINDED_AFTER = "reminded_after", "was reminded of a deadline"


class SettingsWhat(TextChoices):
    """The kinds of `SettingsEvent`."""

    STATUS = "status", "a status"
    CADENCE = "cadence", "how often updates are promised"
    BOUNDS = "bounds", "the bounds"
    LIST = "list", "a list of stakeholders"


TOPIC_OF: dict[What, Topic] = {
    What.DECLARED: Topic.STATUS, What.CHANGED: Topic.STATUS, What.SEVERITY: Topic.STATUS, What.STATUS: Topic.STATUS,
    What.DECIDED: Topic.STATUS, What.CUSTOMER_ADDED: Topic.STATUS, What.CUSTOMER_REMOVED: Topic.STATUS,
    What.MERGED: Topic.STATUS, What.REOPENED: Topic.STATUS, What.PRIVATE: Topic.PEOPLE, What.ROLE: Topic.PEOPLE,
    What.WATCHER: Topic.PEOPLE, What.CHANNEL: Topic.CHAT, What.STAGE: Topic.PLAYBOOK, What.STEP: Topic.PLAYBOOK,
    What.STEP_SKIPPED: Topic.PLAYBOOK, What.STEP_OPENED: Topic.PLAYBOOK, What.STEP_CHANGED: Topic.PLAYBOOK,
    What.HOUR: Topic.PLAYBOOK, What.EVIDENCE: Topic.PLAYBOOK, What.EVIDENCE_REMOVED: Topic.PLAYBOOK,
    What.PATCH: Topic.TICKETS, What.UPDATE: Topic.UPDATES, What.CORRECTED: Topic.UPDATES,
    What.DELIVERED: Topic.UPDATES, What.FAILED: Topic.UPDATES, What.APPROVAL_ASKED: Topic.UPDATES,
    What.APPROVED: Topic.UPDATES, What.SENT_BACK: Topic.UPDATES, What.OVERRIDDEN: Topic.UPDATES,
    What.PROMISED: Topic.PROMISES, What.REMINDED: Topic.PROMISES, What.SNOOZED: Topic.PROMISES,
    What.STOPPED: Topic.PROMISES, What.ASKED_FOR_UPDATE: Topic.PROMISES, What.TICKET: Topic.TICKETS,
    What.TICKET_CHANGED: Topic.TICKETS, What.PAGED: Topic.PAGES, What.CHAT: Topic.CHAT, What.NOTE: Topic.NOTES,
    What.NOTE_BACK: Topic.NOTES, What.PINNED: Topic.NOTES, What.UNPINNED: Topic.NOTES,
    What.LINK: Topic.UPDATES, What.LINK_REVOKED: Topic.UPDATES, What.RESOLVED: Topic.STATUS,
    What.WATCHED: Topic.AFTER, What.CONFIRMED: Topic.AFTER, What.RETRO: Topic.AFTER, What.RETRO_SENT: Topic.AFTER,
    What.ACTION: Topic.AFTER, What.CLOSED: Topic.AFTER, What.REMINDED_AFTER: Topic.AFTER,
}
