"""Clocks: what was promised, how much of it is left, and what befalls an escalation's clocks. No database, no clock."""
