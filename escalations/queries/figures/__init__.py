"""Figures about escalations: what is read (`reading`), the page (`page`), its charts (`charts`)."""

from escalations.queries.figures.page import FiguresPage, csv_rows, figures_page
from escalations.queries.figures.promises import PromisePage, promise_page

__all__ = ["FiguresPage", "PromisePage", "csv_rows", "figures_page", "promise_page"]
