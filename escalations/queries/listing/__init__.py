"""The list of escalations: which are meant (`finding`), a page of it (`page`), lines of a spreadsheet (`export`)."""

from escalations.queries.listing.export import export
from escalations.queries.listing.finding import Reader, in_order, matching, on_duty
from escalations.queries.listing.page import ListPage, Row, list_page, rows_of

__all__ = ["ListPage", "Reader", "Row", "export", "in_order", "list_page", "matching", "on_duty", "rows_of"]
