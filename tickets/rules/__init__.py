"""Pure thinking about tickets: reading Jira's answers, columns, census, words. No database, no clock."""
