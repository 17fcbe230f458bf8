"""Metrics of every score as a threshold, to help marketing and sales agree on thresholds."""
