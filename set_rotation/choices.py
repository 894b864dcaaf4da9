"""The words of this room."""

from django.db.models import TextChoices


class Seat(TextChoices):
    """A seat that somebody holds at a moment. One person holds one seat at a time."""

    LEAD = "lead", "Lead"
    PRIMARY = "primary", "Primary"
    BACKUP = "backup", "Backup"


class PlaceRole(TextChoices):
    """As what somebody serves in a rotation."""

    LEAD = "lead", "Lead"
    ENGINEER = "engineer", "Engineer"


class OverrideSource(TextChoices):
    """What an override came from."""

    HAND = "hand", "by hand"
    SWAP = "swap", "by a swap"
    TAKE = "take", "taken over"
    LEAVE = "leave", "a replacement for leave"


class WishKind(TextChoices):
    AVOID = "avoid", "Rather not"
    PREFER = "prefer", "Gladly"


class PlanState(TextChoices):
    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Planning"
    READY = "ready", "Ready"
    IMPOSSIBLE = "impossible", "Impossible"
    FAILED = "failed", "Failed"
    PUBLISHED = "published", "Published"
    DISCARDED = "discarded", "Discarded"


class AwaySource(TextChoices):
    HAND = "hand", "By hand"
    FEED = "feed", "From a calendar"


class SwapState(TextChoices):
    OPEN = "open", "Open"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    WITHDRAWN = "withdrawn", "Withdrawn"
    UNDONE = "undone", "Undone"
    EXPIRED = "expired", "Nobody answered"


class Urgency(TextChoices):
    URGENT = "urgent", "Urgent"
    NORMAL = "normal", "Normal"


class PageState(TextChoices):
    OPEN = "open", "Paging"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    SNOOZED = "snoozed", "Snoozed"
    UNANSWERED = "unanswered", "Nobody answered"
    RESOLVED = "resolved", "Resolved"


class PageSource(TextChoices):
    BUTTON = "button", "Button"
    API = "api", "API"
    MAIL = "mail", "Mail"
    TEST = "test", "Test"
    ESCALATION = "escalation", "Escalation"
    INCIDENT = "incident", "Incident"


class ContactKind(TextChoices):
    """A way to reach somebody. `apprise`: SMS, phone, push or a pager product, by its address."""

    MATTERMOST = "mattermost", "Mattermost"
    MAIL = "mail", "Mail"
    APPRISE = "apprise", "SMS, phone, push"


class PageWhat(TextChoices):
    """The kinds of `PageEvent`."""

    RAISED = "raised", "paged"
    ACKNOWLEDGED = "acknowledged", "acknowledged"
    STILL_ON_IT = "still_on_it", "is still on it"
    RESOLVED = "resolved", "resolved"
    REASSIGNED = "reassigned", "reassigned it"
    ESCALATED = "escalated", "escalated"
    SNOOZED = "snoozed", "snoozed"
    WOKE = "woke", "woke up"
    STALE = "stale", "went stale"
    UNANSWERED = "unanswered", "was answered by nobody"
    REWORDED = "reworded", "reworded"


class FeedKind(TextChoices):
    """What a subscribed calendar shows."""

    PRIMARY = "primary", "Primary"
    BACKUP = "backup", "Backup"
    LEAD = "lead", "Lead"
    TEAM = "team", "Everybody on SET"
    MINE = "mine", "My own duty"


class CyclePhase(TextChoices):
    BEFORE = "before", "Before the first day"
    START = "start", "Start"
    MONITOR = "monitor", "Monitor"
    HAND_OVER = "hand_over", "Hand over"


class What(TextChoices):
    """The kinds of `RotationEvent`."""

    MEMBER_ADDED = "member_added", "joined the roster"
    MEMBER_CHANGED = "member_changed", "changed on the roster"
    MEMBER_LEFT = "member_left", "leaves the roster"
    COMMITMENT_CHANGED = "commitment_changed", "changed a commitment"
    SCHEDULE_CHANGED = "schedule_changed", "changed when rotations begin"
    ROTATION_MADE = "rotation_made", "was planned"
    ROTATION_REMOVED = "rotation_removed", "was taken back"
    PLACE_CHANGED = "place_changed", "changed hands"
    OVERRIDE_MADE = "override_made", "is replaced for a time"
    OVERRIDE_CANCELLED = "override_cancelled", "is no longer replaced"
    PLAN_ASKED = "plan_asked", "asked for a plan"
    PLAN_PUBLISHED = "plan_published", "published a plan"
    PLAN_DISCARDED = "plan_discarded", "discarded a plan"
    AWAY_ADDED = "away_added", "is away"
    AWAY_CHANGED = "away_changed", "is away at other times"
    AWAY_REMOVED = "away_removed", "is not away after all"
    SWAP_ASKED = "swap_asked", "asked for a swap"
    SWAP_ACCEPTED = "swap_accepted", "accepted a swap"
    SWAP_DECLINED = "swap_declined", "declined a swap"
    SWAP_WITHDRAWN = "swap_withdrawn", "withdrew a swap"
    SWAP_UNDONE = "swap_undone", "undid a swap"
    POLICY_CHANGED = "policy_changed", "changed a paging policy"
    HAND_OVER_DRAFTED = "hand_over_drafted", "was drafted"
    HAND_OVER_CHANGED = "hand_over_changed", "changed the hand-over"
    HAND_OVER_GIVEN = "hand_over_given", "handed over"
    HAND_OVER_TAKEN = "hand_over_taken", "took over"
    HAND_OVER_NOTED = "hand_over_noted", "added to the hand-over"
    ITEM_DONE = "item_done", "ticked off"
    ITEM_OPEN = "item_open", "opened again"
    CHECKLIST_CHANGED = "checklist_changed", "changed the checklist"
    HEADER_TROUBLE = "header_trouble", "the channel's header wants a look"
    CONTACT_ADDED = "contact_added", "can be reached another way"
    CONTACT_REMOVED = "contact_removed", "is no longer reached that way"
    CONTACT_BACK = "contact_back", "is reached that way again"
    CONTACT_VERIFIED = "contact_verified", "was reached by a test page"
    RULES_CHANGED = "rules_changed", "changed how pages reach them"
    NOTICES_CHANGED = "notices_changed", "changed what they are told"
    READINESS_TOLD = "readiness_told", "were not ready; the lead was told"
