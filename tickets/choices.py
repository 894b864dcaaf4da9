"""The words of this room."""

from django.db import models


class Column(models.TextChoices):
    """A column of the board, in the order of the board."""

    BACKLOG = "backlog", "Backlog"
    TODO = "todo", "To do"
    IN_PROGRESS = "in_progress", "In progress"
    SUBMITTED = "submitted", "Submitted"
    DONE = "done", "Done"
    UNMAPPED = "unmapped", "Unmapped"
    OFF = "off", "Off the board"


class Category(models.TextChoices):
    """Jira's own three categories of status, and none."""

    NEW = "new", "To do"
    INDETERMINATE = "indeterminate", "In progress"
    DONE = "done", "Done"
    UNDEFINED = "undefined", "No category"


class Presence(models.TextChoices):
    """Whether Jira still shows the ticket in a mirrored project."""

    PRESENT = "present", "Present"
    MOVED = "moved", "Moved to a project that is not mirrored"
    ARCHIVED = "archived", "Archived"
    GONE = "gone", "Out of sight: deleted, or access lost"
    DELETED = "deleted", "Deleted"


class RunKind(models.TextChoices):
    INCREMENTAL = "incremental", "What changed"
    FULL = "full", "Everything"
    CENSUS = "census", "Census"


class RunState(models.TextChoices):
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    INTERRUPTED = "interrupted", "Interrupted; the next run goes on from there"
    HELD = "held", "Stopped: too much is missing"


class DeliveryState(models.TextChoices):
    STORED = "stored", "Waiting"
    APPLIED = "applied", "Applied"
    IGNORED = "ignored", "Knowingly ignored"
    FAILED = "failed", "Failed"


class TicketWhat(models.TextChoices):
    """What a ticket's event says: the facts that Jira's own change log does not hold."""

    MOVED = "moved", "Moved out of the mirrored projects"
    ARCHIVED = "archived", "Archived in Jira"
    GONE = "gone", "Out of sight in Jira"
    DELETED = "deleted", "Deleted in Jira"
    RETURNED = "returned", "Back in Jira"
    KEY = "key", "Key changed"
    WEIGHT = "weight", "Weight in the priority of work"
    ORDER = "order", "Place against the priority of work"


class MappingWhat(models.TextChoices):
    STATUS = "status", "Column of a status"
    ACCEPTED = "accepted", "Proposed columns accepted"
    COUNTED = "counted", "What the weekly update counts"


class WriteState(models.TextChoices):
    """What a card shows of a write that is on its way to Jira."""

    PENDING = "pending", "On its way to Jira"
    ASKS = "asks", "Needs an answer"
    FAILED = "failed", "Refused by Jira"


class MarkMeans(models.TextChoices):
    """What a mark says of a ticket, in the order of the handbook's "Priority of Work"."""

    COMMUNITY = "community_quality", "Quality issue on the community server"
    ESCALATION = "escalation", "Customer escalation"
    HOTFIX = "hotfix", "Bug for a hotfix"
    RELEASE = "release", "Bug for the release"
    CUSTOMER = "customer", "Bug reported by a customer"
    TECHNICAL_DEBT = "technical_debt", "Technical debt"


class MarkOn(models.TextChoices):
    """Where a mark of the priority of work is read."""

    LABEL = "label", "Label"
    COMPONENT = "component", "Component"
    FIX_VERSION = "fix_version", "Fix version"
    TYPE = "issue_type", "Type"


class PriorityWhat(models.TextChoices):
    ADDED = "added", "Mark added"
    REMOVED = "removed", "Mark removed"


class UpdateState(models.TextChoices):
    """How far a weekly update is. A posted one is frozen with its numbers and lists."""

    DRAFT = "draft", "Draft"
    POSTED = "posted", "Posted"


class UpdateWhat(models.TextChoices):
    """What an event of a weekly update says."""

    DRAFTED = "drafted", "was drafted"
    REDRAFTED = "redrafted", "was drafted again"
    EDITED = "edited", "was edited"
    POSTED = "posted", "was posted"
    CORRECTED = "corrected", "was corrected"
    REMINDED = "reminded", "was called to mind"
    TAKEN_BACK = "taken_back", "was taken back"


class Verb(models.TextChoices):
    """What somebody did to a ticket here that is written to Jira."""

    MOVE = "move", "move"
    PULL = "pull", "pull"
    ASSIGN = "assign", "assign"
    PRIORITY = "priority", "set the priority of"
    LABEL = "label", "label"
    COMMENT = "comment", "comment on"
    RANK = "rank", "reorder"
    LINK = "link", "link"


class LimitOf(models.TextChoices):
    COLUMN = "column", "all in all"
    PERSON = "person", "for each person"


class KanbanWhat(models.TextChoices):
    BLOCKED = "blocked", "Blocked"
    UNBLOCKED = "unblocked", "No longer blocked"
    LIMIT = "limit", "Limit of work in progress"
    THREAD = "thread", "Thread in Mattermost"


class TriageVerb(models.TextChoices):
    """What is decided of a bug in triage."""

    ROUTE = "route", "to a feature team"
    TAKE = "take", "taken for SET"
    FEATURE = "feature", "not a bug"
    INFO = "info", "needs information"
    DUPLICATE = "duplicate", "duplicate"
    CLOSE = "close", "closed"
