"""How a topic moves the score, and how often past leads won whose value of it lay in the same range."""

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
    """Tell which way points move the score."""
    return "none" if points == 0 else "raises" if points > 0 else "lowers"


def find_evidence_counts(reason: Reason, words: PresentationContext) -> Counts | None:
    """Find the past snapshots whose value lay in the same range.

    Parameters
    ----------
    reason : Reason
        As it is shown: its range is that of the value that has moved on with time.
    words : NightWords

    Returns
    -------
    Counts or None
        None where the night says nothing of that range: it was too rare, or the night is an early one.
    """
    found = _found(reason, words)
    return found.counts if found else None


def format_evidence_sentence(reason: Reason, words: PresentationContext, language: str) -> str | None:
    """Tell how often past leads in the same range won, against all.

    Parameters
    ----------
    reason : Reason
    words : NightWords
    language : str
        One of `serving.words.catalogue.LANGUAGES`.

    Returns
    -------
    str or None
        Such as "9.1% of 540 such cases (312 leads) won within 90 days, 4.1% of all"; None as in
        :func:`find_evidence_counts`.
    """
    return _told("evidence.sentence", reason, words, language)


def format_evidence_phrase(reason: Reason, words: PresentationContext, language: str) -> str | None:
    """Tell the same in short, where :func:`format_evidence_note` stands below.

    Parameters
    ----------
    reason : Reason
    words : NightWords
    language : str

    Returns
    -------
    str or None
        Such as "9.1% of 540 such cases (312 leads) won, 4.1% of all".
    """
    return _told("evidence.phrase", reason, words, language)


def format_evidence_note(words: PresentationContext, language: str) -> str:
    """Say what the phrases of evidence count."""
    return translate(language, "evidence.note", won=_won(words, language))


def _told(key: str, reason: Reason, words: PresentationContext, language: str) -> str | None:
    found = _found(reason, words)
    if found is None or words.evidence is None:
        return None
    cases = _cases(found, language)
    if found.counts.leads != found.counts.snapshots:
        cases = translate_plural(language, "evidence.leads", found.counts.leads, cases=cases)
    return translate(
        language,
        key,
        won=_won(words, language),
        rate=format_rate(found.counts.win_rate, language),
        cases=cases,
        average=format_rate(words.evidence.all.win_rate, language),
    )


def _won(words: PresentationContext, language: str) -> str:
    days = words.evidence.horizon_days if words.evidence else None
    return (
        translate(language, "evidence.ever")
        if days is None
        else translate_plural(language, "evidence.within", days)
    )


class _Found(NamedTuple):
    key: str
    edges: Sequence[float]
    in_days: bool
    counts: Counts


def _found(reason: Reason, words: PresentationContext) -> _Found | None:
    known = words.evidence.topics.get(reason.topic) if words.evidence else None
    if known is None:
        return None
    key = label_bins(reason.value, known.edges)
    if key.startswith("=") and key not in known.ranges:
        key = RARE
    if key not in known.ranges:
        return None
    topic = words.topics.get(reason.topic)
    in_days = isinstance(reason.value, Mapping) or (topic is not None and topic.kind == "age")
    return _Found(key, known.edges, in_days, known.ranges[key])


def _cases(found: _Found, language: str) -> str:
    """Name the range where the sentence of the topic does not: ends of numbers, and what was pooled."""
    count = found.counts.snapshots
    if found.key == RARE:
        return translate_plural(language, "evidence.rare", count)
    if times := count_bin_edges(found.key):
        few, more = times
        if more is None:
            return translate_plural(language, "evidence.from", count, low=format_number(few, language))
        if more > few:
            ends = {"low": format_number(few, language), "high": format_number(more, language)}
            return translate_plural(language, "evidence.either", count, **ends)
    low, high = get_bin_edges(found.key, found.edges)
    ends = {
        name: format_number(end, language) for name, end in (("low", low), ("high", high)) if end is not None
    }
    if not ends:
        return translate_plural(language, "evidence.such", count)
    form = "between" if len(ends) == 2 else "from" if low is not None else "under"
    return translate_plural(language, f"evidence.{'days.' if found.in_days else ''}{form}", count, **ends)
