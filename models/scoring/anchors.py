"""What stays the same after every retraining: the scores of the thresholds, and the stages they part."""

__all__ = ["MARKETING_SCORE", "SALES_SCORE", "STAGES"]

MARKETING_SCORE, SALES_SCORE = 50.0, 80.0
STAGES = ("lead", "marketing_qualified", "sales_qualified")
