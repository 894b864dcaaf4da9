"""Figures of incidents: what is read (`reading`), the charts (`charts`), the page and its CSV (`page`)."""

from incidents.queries.figures.page import FiguresPage, csv_rows, figures_page
from incidents.queries.figures.reading import facts

__all__ = ["FiguresPage", "csv_rows", "facts", "figures_page"]
