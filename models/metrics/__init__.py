"""Metrics with cluster-bootstrap intervals, drift and variance between periods."""
