"""Which types of activities are spoken of by name."""

from dataclasses import dataclass

import pandas as pd

from leadlight.pipelines.init.source_tables import strip_text
from leadlight.pipelines.init.vocabulary import BACK, LOWERS, RAISES, count_stems, humanize
from leadlight.pipelines.params.load import RESERVED_TOPICS

__all__ = ["DetectedSignal", "find_signals"]

#: signals that are named at most; a lead's page has no room for more
MAX_SIGNALS = 15
#: share of the leads below which a type is too rare to be learned from
LEADS_SHARE = 0.002


@dataclass(frozen=True)
class DetectedSignal:
    """An activity type.

    Parameters
    ----------
    name, label : str
        The type, and its name in words.
    effect : str or None
        raises or lowers where its words leave no doubt.
    rows, leads : int
        How often it is seen, and on how many leads.
    """

    name: str
    label: str
    effect: str | None
    rows: int
    leads: int


def find_signals(
    leads: pd.Series, types: pd.Series, taken: dict[str, str], n_leads: int
) -> tuple[list[DetectedSignal], dict[str, str]]:
    """Take the most frequent types, and those that speak of turning away.

    Parameters
    ----------
    leads, types : pd.Series
        Lead and type of each activity.
    taken : dict
        Names that signals may not take -> why.
    n_leads : int
        Number of leads.

    Returns
    -------
    list of SignalFound
        Most frequent first.
    dict
        The other types -> why they are not named.
    """
    frame = pd.DataFrame(
        {"lead": strip_text(leads).to_numpy(), "type": strip_text(types).to_numpy()}
    ).dropna()
    counted = frame.groupby("type")["lead"].agg(["size", "nunique"])
    counted = counted.sort_index().sort_values("size", ascending=False, kind="stable")
    found: list[DetectedSignal] = []
    others: dict[str, str] = {}
    for name, row in counted.iterrows():
        text, rows, met = str(name), int(row["size"]), int(row["nunique"])
        effect = _effect(text)
        if text in taken or text in RESERVED_TOPICS or text == "lead_id":
            others[text] = taken.get(text, "this name is taken")
        elif met < max(LEADS_SHARE * n_leads, 5) and effect is None:
            others[text] = f"seen on {met:,} leads alone"
        elif len(found) >= MAX_SIGNALS and effect is None:
            others[text] = "less frequent"
        else:
            found.append(DetectedSignal(text, humanize(text), effect, rows, met))
    return found, others


def _effect(name: str) -> str | None:
    if count_stems(name, LOWERS):
        return "lowers"
    return "raises" if count_stems(name, RAISES) and not count_stems(name, BACK) else None
