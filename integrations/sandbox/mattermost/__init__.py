"""A small, stateful Mattermost."""
