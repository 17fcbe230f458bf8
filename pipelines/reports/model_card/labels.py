"""Labels of candidates, rivals and metrics on a model card."""

__all__ = ["CANDIDATE_LABELS", "METRICS", "MODELS", "get_display_name"]

#: from the simplest to the most complex
CANDIDATE_LABELS = {
    "points": "the rule book",
    "logistic": "a logistic model",
    "additive": "additive boosted trees",
    "interactions": "boosted trees with interactions",
    "blend": "the mean of the logistic model and boosted trees",
}
MODELS = {
    "leadlight": "Leadlight",
    "constant": "Base rate for all",
    "points_table": "Today's rule book",
    "plain_logistic": "Plain logistic regression",
    "default_lightgbm": "LightGBM as it comes",
}
#: label and decimals
METRICS = {
    "log_loss": ("Log loss (nats)", 4),
    "brier": ("Brier score", 4),
    "auc": ("AUC", 3),
    "average_precision": ("Average precision", 3),
    "lift_at_10_percent": ("Lift of the best tenth", 2),
    "ece": ("ECE", 4),
}


def get_display_name(names: dict[str, str], key: str) -> str:
    """Return the label of a key; a key without one with blanks for underscores."""
    return names.get(key, key.replace("_", " "))
