"""One sentence a topic, built from what was known of it."""

import math
from collections.abc import Mapping

from leadlight.serving.reasons import Reason
from leadlight.serving.scoring_run import PresentationContext
from leadlight.serving.text.formatting import format_number
from leadlight.serving.text.messages import translate, translate_or, translate_plural

__all__ = ["format_phrase", "format_sentence", "label_topic"]

_WINDOWS = (7, 30, 90)

_MARKED_TREND = math.log(1.5)
"""A change of the daily rate worth a word: half as much again, or a third less."""


def label_topic(topic: str, words: PresentationContext, language: str) -> str:
    """Name a topic.

    Parameters
    ----------
    topic : str
    words : NightWords
    language : str

    Returns
    -------
    str
        Its label in the language, else in the default one, else in any, else the topic itself.
    """
    known = words.topics.get(topic)
    labels = known.label if known else {}
    return labels.get(language) or labels.get(words.language_default) or next(iter(labels.values()), topic)


def format_sentence(reason: Reason, words: PresentationContext, language: str) -> str:
    """Tell a reason in one sentence.

    Parameters
    ----------
    reason : Reason
    words : NightWords
        Of the night that the reason is told for.
    language : str
        One of `serving.words.catalogue.LANGUAGES`.

    Returns
    -------
    str
        Such as "Pricing page: 3 times in 7 days, the last one yesterday"; no final stop.
    """
    name = label_topic(reason.topic, words, language)
    if isinstance(reason.value, Mapping) and not _is_read(reason.value):
        counts = _numbers(reason.value)
        told = translate(language, "reason.counted", label=name, what=_counted(counts, language))
        return told + _further(counts, language)
    return _plain(reason, words, language, name)


def format_phrase(reason: Reason, words: PresentationContext, language: str) -> str:
    """Tell a reason in a few words, for lists.

    Parameters
    ----------
    reason : Reason
    words : NightWords
    language : str

    Returns
    -------
    str
        Such as "Pricing page: 3× in 7 days".
    """
    name = label_topic(reason.topic, words, language)
    if not isinstance(reason.value, Mapping) or _is_read(reason.value):
        return _plain(reason, words, language, name)
    counts = _numbers(reason.value)
    window, count = _window(counts)
    if count:
        return translate(
            language, "phrase.counted", label=name, count=format_number(count, language), days=window
        )
    if counts.get("days_since_last") is None:
        return translate(language, "reason.counted", label=name, what=translate(language, "count.never"))
    return translate(language, "phrase.none", label=name, days=window)


def _plain(reason: Reason, words: PresentationContext, language: str, name: str) -> str:
    value = reason.value
    known = words.topics.get(reason.topic)
    if known and known.kind == "age" and isinstance(value, (int, float)):
        days = math.floor(value)
        return translate_plural(language, "age.days", days) if days >= 1 else translate(language, "age.today")
    if isinstance(value, Mapping):
        return translate(language, "reason.attribute", label=name, value=_read(value, language))
    if value is None or value == "":
        shown = translate(language, "value.unknown")
    elif isinstance(value, bool):
        shown = translate(language, "value.yes" if value else "value.no")
    elif isinstance(value, (int, float)):
        shown = format_number(value, language)
    else:
        shown = str(value)
    return translate(language, "reason.attribute", label=name, value=shown)


def _is_read(value: Mapping[str, str | float | None]) -> bool:
    """Tell what was read from an attribute, or of silence, from the counts of a signal."""
    return "count_90d" not in value


def _read(value: Mapping[str, str | float | None], language: str) -> str:
    if "silence" in value:
        return _silent(value["silence"], language)
    known = [translate_or(language, f"code.{code}", str(code)) for code in value.values() if code is not None]
    return ", ".join(known) or translate(language, "value.unknown")


def _silent(days: str | float | None, language: str) -> str:
    if not isinstance(days, (int, float)):
        return translate(language, "silence.untouched")
    whole = math.floor(days)
    return (
        translate_plural(language, "silence.days", whole)
        if days > 0
        else translate(language, "silence.reacted")
    )


def _numbers(value: Mapping[str, str | float | None]) -> dict[str, float | None]:
    return {key: entry for key, entry in value.items() if not isinstance(entry, str)}


def _window(counts: Mapping[str, float | None]) -> tuple[int, int]:
    # the shortest window in which anything happened; the longest where nothing did
    for days in _WINDOWS:
        count = int(counts.get(f"count_{days}d") or 0)
        if count:
            return days, count
    return _WINDOWS[-1], 0


def _counted(counts: Mapping[str, float | None], language: str) -> str:
    window, count = _window(counts)
    last = counts.get("days_since_last")
    if not count:
        if last is None:
            return translate(language, "count.never")
        return translate(language, "count.none", days=window, when=_when(last, language))
    told = translate_plural(language, "count.times", count, days=window)
    if last is None:
        return told
    return translate_plural(language, "count.last", count, times=told, when=_when(last, language))


def _when(days: float, language: str) -> str:
    # A night speaks of all days before its own, so anything less than a day ago was yesterday.
    whole = math.ceil(days)
    if whole <= 0:
        return translate(language, "when.today")
    if whole == 1:
        return translate(language, "when.yesterday")
    return translate_plural(language, "when.days", whole)


def _further(counts: Mapping[str, float | None], language: str) -> str:
    # nights of an earlier version carry fewer parts; what is not there is not told
    told = ""
    objects = int(counts.get(f"objects_{_WINDOWS[-1]}d") or 0)
    if objects > 1:
        told += translate_plural(language, "signal.objects", objects, days=_WINDOWS[-1])
    total = counts.get(f"value_sum_{_WINDOWS[-1]}d")
    if total:
        told += translate(language, "signal.sum", sum=format_number(total, language), days=_WINDOWS[-1])
    days = int(counts.get("active_days_30d") or 0)
    if days:
        told += translate_plural(language, "activity.days", days)
    trend = counts.get("trend")
    if trend is not None and abs(trend) >= _MARKED_TREND and counts.get("count_30d"):
        told += translate(language, "activity.more" if trend > 0 else "activity.less")
    return told
