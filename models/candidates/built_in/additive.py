"""The candidate ``additive``: boosted trees that use one column each."""

from leadlight.models.candidates.boosted_candidate import BoostedCandidate
from leadlight.models.candidates.candidate import Words

__all__ = ["AdditiveCandidate"]


class AdditiveCandidate(BoostedCandidate):
    """Boosted trees without interactions."""

    label = Words(en="additive boosted trees", de="additiven Bäumen")
    sentence = Words(
        en="Each tree uses one feature, so that the model is one table a feature.",
        de="Jeder Baum nutzt ein Merkmal, so dass das Modell aus einer Tabelle je Merkmal besteht.",
    )
    additive = True
