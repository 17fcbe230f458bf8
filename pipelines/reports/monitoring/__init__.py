"""Monitoring of the model after each scoring run."""
