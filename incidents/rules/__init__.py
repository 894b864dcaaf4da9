"""Pure thinking about incidents: no database, no clock."""
