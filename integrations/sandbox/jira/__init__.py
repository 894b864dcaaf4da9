"""A small, stateful Jira."""
