"""What SET works on: the mirror of Jira and the Kanban."""
