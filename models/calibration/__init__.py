"""Calibration: slope and level of log-odds, and equipercentile linking."""
