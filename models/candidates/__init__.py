"""Candidate models, each additive in log-odds, and the rivals they have to beat."""
