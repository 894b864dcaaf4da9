"""Reads for planning: what the solver is asked, and the pages of plans."""
