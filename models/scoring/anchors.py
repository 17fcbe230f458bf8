"""Scores of the two thresholds, and the stages they separate; the same for every model."""

__all__ = ["MARKETING_SCORE", "SALES_SCORE", "STAGES", "THRESHOLD_SCORES"]

MARKETING_SCORE, SALES_SCORE = 50.0, 80.0
STAGES = ("lead", "marketing_qualified", "sales_qualified")
#: score at each threshold, lowest first
THRESHOLD_SCORES = {"marketing_qualified": MARKETING_SCORE, "sales_qualified": SALES_SCORE}
