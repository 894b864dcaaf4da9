"""The words of this room: roles, rights, and what can happen to a person."""

from django.db.models import TextChoices


class Role(TextChoices):
    """What somebody is here. Each is a group of the same name; a person can hold several."""

    VIEWER = "viewer", "Viewer"
    EXECUTIVE = "executive", "Executive"
    SUPPORT = "support", "Support"
    ACCOUNT = "account", "Account (CSM, TAM)"
    ENGINEER = "engineer", "Engineer"
    LEAD = "lead", "Lead"
    DEPLOYMENT_ENGINEER = "deployment_engineer", "Deployment engineer"
    COORDINATOR = "coordinator", "Coordinator"


class Right(TextChoices):
    """What a role allows. `rules.RIGHTS` says which role has which; docs/permissions.md says it in words."""

    SEE_TICKETS = "see_tickets", "See the board and the tickets"
    WORK_TICKETS = "work_tickets", "Work on tickets: move, assign, comment"
    RUN_SYNC = "run_sync", "Start a run that mirrors Jira"
    SEE_SYNC_ERRORS = "see_sync_errors", "See what went wrong in a run"
    SEE_OUTBOX = "see_outbox", "See what waits to leave the portal"
    DROP_OUTBOX = "drop_outbox", "Drop what others put on its way"
    ACCEPT_MAPPINGS = "accept_mappings", "Accept the proposed columns of unmapped statuses"
    EDIT_MAPPINGS = "edit_mappings", "Change which status stands in which column"
    EDIT_CALENDAR = "edit_calendar", "Edit the calendar: holidays, meetings, milestones"
    POST_UPDATES = "post_updates", "Write and post the weekly update"
    SEE_DUTY = "see_duty", "See who is on duty, and the rotations"
    SERVE = "serve", "Serve: take and swap duty, say when away, hand over"
    PLAN_ROTATIONS = "plan_rotations", "Plan rotations: the roster, places, overrides, swaps for others"
    SEND_PAGES = "send_pages", "Page whoever is on duty"
    ANSWER_PAGES = "answer_pages", "Acknowledge, reassign and resolve pages"
    EDIT_POLICIES = "edit_policies", "Edit the paging policies"
    SEE_PEOPLE = "see_people", "See people and teams"
    INVITE_PEOPLE = "invite_people", "Invite people"
    MANAGE_PEOPLE = "manage_people", "Change roles, deactivate and bring back people"
    MANAGE_TEAMS = "manage_teams", "Edit teams, areas and product managers"
    OWN_TOKENS = "own_tokens", "Make and revoke personal API tokens"


class What(TextChoices):
    """The kinds of `PersonEvent`."""

    CREATED = "created", "was added"
    INVITED = "invited", "was invited"
    INVITATION_RESENT = "invitation_resent", "was sent the invitation again"
    INVITATION_REVOKED = "invitation_revoked", "had the invitation taken back"
    JOINED = "joined", "joined"
    ROLES_CHANGED = "roles_changed", "got other roles"
    PROFILE_CHANGED = "profile_changed", "changed the profile"
    PASSWORD_CHANGED = "password_changed", "changed the password"
    PASSWORD_RESET = "password_reset", "set a new password by mail"
    DEACTIVATED = "deactivated", "was deactivated"
    REACTIVATED = "reactivated", "was brought back"
    TOKEN_MADE = "token_made", "made an API token"
    TOKEN_REVOKED = "token_revoked", "revoked an API token"
    TEAM_MADE = "team_made", "made a team"
    TEAM_CHANGED = "team_changed", "changed a team"
    TEAM_REMOVED = "team_removed", "removed a team"
    COMPONENT_MADE = "component_made", "added an area"
    COMPONENT_CHANGED = "component_changed", "changed an area"
    COMPONENT_REMOVED = "component_removed", "removed an area"
    ACTING_CHANGED = "acting_changed", "acts in other roles"
