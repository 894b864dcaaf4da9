"""The words of this room. Levels are L1 to L4, 1 the most urgent: another scale than a bug's severity."""

from django.db.models import IntegerChoices, TextChoices


class Level(IntegerChoices):
    L1 = 1, "L1 urgent"
    L2 = 2, "L2 high"
    L3 = 3, "L3 normal"
    L4 = 4, "L4 low"


class Kind(TextChoices):
    """What is asked."""

    PROBLEM = "problem", "Something does not work"
    QUESTION = "question", "A question"
    FEATURE = "feature", "A new feature"
    DEPLOYMENT = "deployment", "Help with a deployment"
    INFRASTRUCTURE = "infrastructure", "Our own infrastructure or cloud"


class Source(TextChoices):
    """From whom it came."""

    SUPPORT = "support", "Support ticket"
    ACCOUNT = "account", "CSM or TAM"
    PRE_SALES = "pre_sales", "Pre-sales"
    PARTNER = "partner", "Partner"


class Category(TextChoices):
    LDAP = "ldap", "AD/LDAP"
    AUTHENTICATION = "authentication", "Authentication"
    COMPLIANCE = "compliance", "Compliance"
    CONNECTIVITY = "connectivity", "Connectivity"
    DATA = "data", "Data export/import"
    DATABASE = "database", "Database"
    DESKTOP = "desktop", "Desktop"
    INSTALLATION = "installation", "Installation"
    INTEGRATIONS = "integrations", "Integrations"
    MESSAGING = "messaging", "Messaging"
    MOBILE = "mobile", "Mobile"
    NOTIFICATIONS = "notifications", "Notifications"
    PERFORMANCE = "performance", "Performance"
    PERMISSIONS = "permissions", "Permissions"
    SEARCH = "search", "Search"
    SERVER = "server", "Server"
    SYSTEM_CONSOLE = "system_console", "System console"
    UPGRADING = "upgrading", "Upgrading"
    UI = "ui", "UI"
    OTHER = "other", "Something else"


class Deployment(TextChoices):
    """Where the customer's server runs."""

    SELF_HOSTED = "self_hosted", "Self-hosted"
    KUBERNETES = "kubernetes", "Kubernetes"
    CLOUD = "cloud", "Our cloud"
    DEDICATED = "dedicated", "Our cloud, dedicated"
    OTHER = "other", "Something else"


class Database(TextChoices):
    POSTGRESQL = "postgresql", "PostgreSQL"
    MYSQL = "mysql", "MySQL"
    OTHER = "other", "Something else"


class Cloud(TextChoices):
    """Whose machines they are."""

    NONE = "none", "Their own machines"
    AWS = "aws", "AWS"
    AZURE = "azure", "Azure"
    GCP = "gcp", "Google Cloud"
    OTHER = "other", "Another provider"


class Status(TextChoices):
    NEW = "new", "New"
    OURS = "ours", "Waiting for us"
    REPORTER = "reporter", "Waiting for reporter"
    HANDED_OVER = "handed_over", "Handed over"
    REPLY_OWED = "reply_owed", "Fix released: reply owed"
    SOLVED = "solved", "Solved"
    CLOSED = "closed", "Closed"


OPEN = (Status.NEW, Status.OURS, Status.REPORTER, Status.HANDED_OVER, Status.REPLY_OWED)


class Route(TextChoices):
    """Who does what next, by the customer support response workflow."""

    ANSWER = "answer", "Answer it now"
    SUPPORT = "support", "Support fixes it"
    SET = "set", "SET takes it"
    TEAM = "team", "A feature team fixes it"
    DEPLOYMENT = "deployment", "Deployment Engineering"
    PRODUCT = "product", "The product manager"
    SRE = "sre", "Site reliability"


class Outcome(TextChoices):
    """What it turned out to be."""

    BUG = "bug", "A bug"
    FEATURE = "feature", "A new feature"
    CONFIGURATION = "configuration", "A configuration"
    UNSUPPORTED = "unsupported", "A configuration we do not support"
    ANSWERED = "answered", "A question, answered"
    DUPLICATE = "duplicate", "The same as another"
    NO_ANSWER = "no_answer", "No answer from the reporter"


class Fix(TextChoices):
    """When what was accepted is to reach the customer."""

    HOTFIX = "hotfix", "Hotfix"
    NEXT_RELEASE = "next_release", "Next release"


class TicketState(TextChoices):
    """How an escalation's ticket stands: none, asked of Jira and not there yet, refused, linked."""

    NONE = "", "No ticket"
    PENDING = "pending", "Being created"
    FAILED = "failed", "Not created"
    LINKED = "linked", "Linked"


class Author(TextChoices):
    """Who speaks in a message of the thread."""

    REPORTER = "reporter", "Reporter"
    US = "us", "SET"
    NOTE = "note", "Internal note"
    JIRA = "jira", "Jira"


class ClockKind(TextChoices):
    FIRST_REPLY = "first_reply", "First reply"
    NEXT_REPLY = "next_reply", "Next reply"
    UPDATE = "update", "Daily update"


class ClockState(TextChoices):
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    MET = "met", "Met"
    ENDED = "ended", "Ended"  # nothing is owed any more: closed, merged, another level


class ClockStage(IntegerChoices):
    """How far a running clock has come; each is entered once."""

    RUNNING = 0, "Running"
    HALF = 1, "Half"
    NEAR = 2, "Near"
    MISSED = 3, "Missed"
    LEAD = 4, "Missed, the lead was told"


class Unit(TextChoices):
    """What a promise is counted in: hours around the clock, hours of the customer's office, its business days."""

    HOURS = "hours", "hours"
    BUSINESS_HOURS = "business_hours", "business hours"
    BUSINESS_DAYS = "business_days", "business days"


class FileState(TextChoices):
    QUARANTINE = "quarantine", "Waiting to be checked"
    HELD = "held", "Held: secrets found"
    RELEASED = "released", "Checked"
    REFUSED = "refused", "Refused"
    REMOVED = "removed", "Removed"


class OwedState(TextChoices):
    WAITING = "waiting", "Owed"
    SENT = "sent", "Told"
    SKIPPED = "skipped", "Not needed"


class What(TextChoices):
    """The kinds of `EscalationEvent`."""

    RAISED = "raised", "raised it"
    ROUTED = "routed", "decided who does what"
    ACCEPTED = "accepted", "accepted it"
    MOVED = "moved", "changed the status"
    LEVEL = "level", "changed the level"
    OWNER = "owner", "changed the owner"
    CHANGED = "changed", "changed what was said"
    CUSTOMER_ADDED = "customer_added", "added a customer"
    CUSTOMER_CHANGED = "customer_changed", "changed the customer"
    TICKET_ASKED = "ticket_asked", "asked Jira for a ticket"
    TICKET_LINKED = "ticket_linked", "linked a ticket"
    TICKET_UNLINKED = "ticket_unlinked", "took the ticket off"
    TICKET_FAILED = "ticket_failed", "got no ticket from Jira"
    TICKET_CHANGED = "ticket_changed", "saw the ticket change"
    WORKAROUND = "workaround", "wrote a workaround"
    RELEASE = "release", "said when the fix is expected"
    REPLY_OWED = "reply_owed", "owes a reply"
    TOLD = "told", "told the customer"
    SKIPPED = "skipped", "left a reply out"
    MERGED = "merged", "merged it"
    REOPENED = "reopened", "opened it again"
    FOLLOWED = "followed", "follows it"
    UNFOLLOWED = "unfollowed", "no longer follows it"
    CONFIDENTIAL = "confidential", "changed who may see it"
    FILE_ADDED = "file_added", "added a file"
    FILE_CHECKED = "file_checked", "had a file checked"
    FILE_MASKED = "file_masked", "masked secrets in a file"
    FILE_RELEASED = "file_released", "released a file"
    FILE_REMOVED = "file_removed", "removed a file"
    CLOCK = "clock", "was told of a clock"
    PAGED = "paged", "paged whoever is on duty"
    RATED = "rated", "rated it"
    NOTED = "noted", "made a knowledge note of it"
