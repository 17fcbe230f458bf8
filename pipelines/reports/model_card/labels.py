"""Labels of candidates, rivals and metrics on a model card."""

from leadlight.features.errors import ParamsError
from leadlight.models.candidates.registry import find_candidate
from leadlight.models.scoring.calibration_answers import ALL, NEW, OLDER
from leadlight.models.scoring.metadata import ScorerMetadata

__all__ = ["GROUPS", "METRICS", "MODELS", "describe_candidates", "get_display_name"]

MODELS = {
    "leadlight": "Leadlight",
    "constant": "Base rate for all",
    "points_table": "Today's rule book",
    "plain_logistic": "Plain logistic regression",
    "default_lightgbm": "LightGBM as it comes",
}
#: groups that calibration is checked in
GROUPS = {ALL: "all leads", NEW: "leads in their first week", OLDER: "leads after their first week"}
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


def describe_candidates(metadata: ScorerMetadata) -> dict[str, str]:
    """Return the English label of each compared candidate by its name, simplest first.

    Bundles hold the words of their candidates; else they are those of the installed candidates.
    """
    said = {entry["name"]: str(entry["label"]["en"]) for entry in metadata.choice.get("candidates", [])}
    return said or {name: _find_label(name) for name in metadata.choice["log_loss"]}


def _find_label(name: str) -> str:
    try:
        return find_candidate(name).label.en
    except ParamsError:
        return name.replace("_", " ")
