"""The candidate ``interactions``: boosted trees that may combine features."""

from leadlight.models.candidates.boosted_candidate import BoostedCandidate
from leadlight.models.candidates.candidate import Words

__all__ = ["InteractionsCandidate"]


class InteractionsCandidate(BoostedCandidate):
    """Boosted trees with interactions."""

    label = Words(en="boosted trees with interactions", de="verstärkten Bäumen")
    sentence = Words(
        en="Trees may combine features; SHAP values say what each adds.",
        de="Bäume können Merkmale verbinden; SHAP-Werte sagen, was jedes beiträgt.",
    )
    additive = False
