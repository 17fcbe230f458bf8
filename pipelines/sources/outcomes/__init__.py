"""Outcomes of leads: won, lost, open again, unknown, and up to when they are known."""
