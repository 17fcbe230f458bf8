"""Codes of what audit, quarantine and monitoring find: one module for each area, one page for each code."""
