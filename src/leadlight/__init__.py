"""Predictive lead scoring that sales can see through."""
