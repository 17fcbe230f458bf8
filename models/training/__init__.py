"""Training: time-ordered folds, tuning, fitting and selection of a candidate."""
