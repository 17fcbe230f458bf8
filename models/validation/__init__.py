"""Validation of a trained scorer: gates, backtests and checks."""
