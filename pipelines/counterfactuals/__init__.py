"""Scores under changed inputs: interventions, recourse, monotonicity."""
