"""Which column a status stands in: what the handbook names, and a guess for the rest."""

from tickets.choices import Category, Column

# Page: sustained-engineering-team; life of a ticket: related facts.
HANDBOOK = {
    "backlog": Column.BACKLOG,
    "will do": Column.BACKLOG,
    "to do": Column.TODO,
    "in progress": Column.IN_PROGRESS,
    "submitted": Column.SUBMITTED,
    "done": Column.DONE,
    "closed": Column.DONE,
}
GUESS = {Category.NEW: Column.TODO, Category.INDETERMINATE: Column.IN_PROGRESS, Category.DONE: Column.DONE}
BOARD = (Column.BACKLOG, Column.TODO, Column.IN_PROGRESS, Column.SUBMITTED, Column.DONE)


def column_of(name: str) -> Column:
    """The column that the handbook gives a status of this name; unmapped for all others."""
    return HANDBOOK.get(" ".join(name.casefold().split()), Column.UNMAPPED)


def category_of(told: str) -> Category:
    """Jira's category key (`new`, `indeterminate`, `done`), or none for anything else."""
    return Category(told) if told in Category.values else Category.UNDEFINED


def proposed(category: str) -> Column:
    """The column proposed for an unmapped status by its category; without one, To do, where it is seen."""
    return GUESS.get(category_of(category), Column.TODO)
