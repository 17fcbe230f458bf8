"""Calibration: increasing maps from raw log-odds to probabilities; prior shift; equipercentile linking."""
