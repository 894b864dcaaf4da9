"""Whether duty is shared fairly: per person and per team, over a span."""

from set_rotation.queries.fairness.page import FairnessPage, csv_lines, fairness_page

__all__ = ["FairnessPage", "csv_lines", "fairness_page"]
