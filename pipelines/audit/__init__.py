"""Audit of a source for data quality and leakage, before training."""
