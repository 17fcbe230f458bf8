"""Evidence beside a reason: win rates of past leads in the same bin, and the direction of its points."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from leadlight.models.scoring.binning import RARE, count_bin_edges, get_bin_edges, label_bins
from leadlight.serving.reasons import Reason
from leadlight.serving.scoring_run import Counts, PresentationContext
from leadlight.serving.text.formatting import format_number, format_rate
from leadlight.serving.text.messages import translate, translate_plural

__all__ = [
    "Direction",
    "classify_direction",
    "find_evidence_counts",
    "format_evidence_note",
    "format_evidence_phrase",
    "format_evidence_sentence",
]

Direction = Literal["raises", "lowers", "none"]


def classify_direction(points: float) -> Direction:
    """Return which way points move the score."""
    return "none" if points == 0 else "raises" if points > 0 else "lowers"


def find_evidence_counts(reason: Reason, context: PresentationContext) -> Counts | None:
    """Find the counts of past snapshots in the same bin.

    Parameters
    ----------
    reason : Reason
        As shown, with its day counts advanced.
    context : PresentationContext

    Returns
    -------
    Counts or None
        None if the bin had too few leads, or the run was stored without evidence.
    """
    evidence = _find_bin(reason, context)
    return evidence.counts if evidence else None


def format_evidence_sentence(reason: Reason, context: PresentationContext, language: str) -> str | None:
    """Format the win rate of past leads in the same bin, and that of all.

    Parameters
    ----------
    reason : Reason
    context : PresentationContext
    language : str
        One of `serving.text.messages.LANGUAGES`.

    Returns
    -------
    str or None
        Such as "9.1% of 540 such cases (312 leads) won within 90 days, 4.1% of all"; None as in
        :func:`find_evidence_counts`.
    """
    return _format_evidence("evidence.sentence", reason, context, language)


def format_evidence_phrase(reason: Reason, context: PresentationContext, language: str) -> str | None:
    """Format the same in short, above the text of :func:`format_evidence_note`.

    Parameters
    ----------
    reason : Reason
    context : PresentationContext
    language : str

    Returns
    -------
    str or None
        Such as "9.1% of 540 such cases (312 leads) won, 4.1% of all".
    """
    return _format_evidence("evidence.phrase", reason, context, language)


def format_evidence_note(context: PresentationContext, language: str) -> str:
    """Explain what the phrases of evidence count."""
    return translate(language, "evidence.note", won=_format_won(context, language))


def _format_evidence(key: str, reason: Reason, context: PresentationContext, language: str) -> str | None:
    evidence = _find_bin(reason, context)
    if evidence is None or context.evidence is None:
        return None
    cases = _format_cases(evidence, language)
    if evidence.counts.leads != evidence.counts.snapshots:
        cases = translate_plural(language, "evidence.leads", evidence.counts.leads, cases=cases)
    return translate(
        language,
        key,
        won=_format_won(context, language),
        rate=format_rate(evidence.counts.win_rate, language),
        cases=cases,
        average=format_rate(context.evidence.all.win_rate, language),
    )


def _format_won(context: PresentationContext, language: str) -> str:
    days = context.evidence.horizon_days if context.evidence else None
    return translate(language, "evidence.ever") if days is None else translate_plural(language, "evidence.within", days)


class _Bin(NamedTuple):
    key: str
    edges: Sequence[float]
    in_days: bool
    counts: Counts


def _find_bin(reason: Reason, context: PresentationContext) -> _Bin | None:
    known = context.evidence.topics.get(reason.topic) if context.evidence else None
    if known is None:
        return None
    key = label_bins(reason.value, known.edges, context.get_displays(reason.topic))
    if key.startswith("=") and key not in known.ranges:
        key = RARE
    if key not in known.ranges:
        return None
    topic = context.topics.get(reason.topic)
    in_days = isinstance(reason.value, Mapping) or (topic is not None and topic.kind == "age")
    return _Bin(key, known.edges, in_days, known.ranges[key])


def _format_cases(evidence: _Bin, language: str) -> str:
    """Name the bin where the sentence of the topic does not: edges of numbers, and rare texts."""
    count = evidence.counts.snapshots
    if evidence.key == RARE:
        return translate_plural(language, "evidence.rare", count)
    if times := count_bin_edges(evidence.key):
        least, most = times
        if most is None:
            return translate_plural(language, "evidence.from", count, low=format_number(least, language))
        if most > least:
            edges = {"low": format_number(least, language), "high": format_number(most, language)}
            return translate_plural(language, "evidence.either", count, **edges)
    low, high = get_bin_edges(evidence.key, evidence.edges)
    edges = {name: format_number(edge, language) for name, edge in (("low", low), ("high", high)) if edge is not None}
    if not edges:
        return translate_plural(language, "evidence.such", count)
    form = "between" if len(edges) == 2 else "from" if low is not None else "under"
    return translate_plural(language, f"evidence.{'days.' if evidence.in_days else ''}{form}", count, **edges)
