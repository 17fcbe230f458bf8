"""Choose the activity types that become signals."""

from typing import NamedTuple

import pandas as pd

from leadlight.pipelines.init.label_terms import propose_label
from leadlight.pipelines.init.source_tables import strip_text
from leadlight.pipelines.init.vocabulary import CANCELLED, LOWERS, RAISES, count_stems
from leadlight.pipelines.params.load import RESERVED_TOPICS

__all__ = ["DetectedSignal", "find_signals"]

#: a lead's page has no room for more
MAX_SIGNALS = 15
#: share of the leads below which a type is too rare to train on
MIN_LEADS_SHARE = 0.002


class DetectedSignal(NamedTuple):
    """An activity type, with the number of its activities and of their leads."""

    name: str
    label: dict[str, str]
    effect: str | None  # raises or lowers, where its name is clear
    rows: int
    leads: int


def find_signals(
    leads: pd.Series, types: pd.Series, taken: dict[str, str], n_leads: int
) -> tuple[list[DetectedSignal], dict[str, str]]:
    """Take the most frequent types and those with a known effect.

    Parameters
    ----------
    leads, types : pd.Series
        Lead and type of each activity.
    taken : dict
        Reserved names -> the reason.
    n_leads : int
        Number of leads.

    Returns
    -------
    list of DetectedSignal
        Most frequent first.
    dict
        The other types -> the reason.
    """
    frame = pd.DataFrame({"lead": strip_text(leads).to_numpy(), "type": strip_text(types).to_numpy()}).dropna()
    counted = frame.groupby("type")["lead"].agg(["size", "nunique"])
    counted = counted.sort_index().sort_values("size", ascending=False, kind="stable")
    signals: list[DetectedSignal] = []
    others: dict[str, str] = {}
    for name, row in counted.iterrows():
        text, rows, n_with_type = str(name), int(row["size"]), int(row["nunique"])
        effect = _find_effect(text)
        if text in taken or text in RESERVED_TOPICS or text == "lead_id":
            others[text] = taken.get(text, "this name is taken")
        elif n_with_type < max(MIN_LEADS_SHARE * n_leads, 5) and effect is None:
            others[text] = f"on {n_with_type:,} leads only"
        elif len(signals) >= MAX_SIGNALS and effect is None:
            others[text] = "less frequent"
        else:
            signals.append(DetectedSignal(text, propose_label(text), effect, rows, n_with_type))
    return signals, others


def _find_effect(name: str) -> str | None:
    if count_stems(name, LOWERS):
        return "lowers"
    return "raises" if count_stems(name, RAISES) and not count_stems(name, CANCELLED) else None
