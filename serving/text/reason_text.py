"""One sentence per topic, from its value."""

import math
from collections.abc import Mapping

from leadlight.features.display import Display, find_role, select_counts
from leadlight.serving.reasons import Reason
from leadlight.serving.scoring_run import PresentationContext
from leadlight.serving.text.formatting import format_number
from leadlight.serving.text.messages import translate, translate_or, translate_plural

__all__ = ["format_phrase", "format_sentence", "label_topic"]

_MIN_TREND = math.log(1.5)
"""Smallest trend with words: half as much again, or a third less."""

_DETAIL_ROLES = ("tally", "amount", "trend")
"""Roles of what follows the counts, in this order."""

_Values = Mapping[str, str | float | None]


def label_topic(topic: str, context: PresentationContext, language: str) -> str:
    """Return the label of a topic.

    Parameters
    ----------
    topic : str
    context : PresentationContext
    language : str

    Returns
    -------
    str
        In the language, else in the default language, else in any, else the topic itself.
    """
    known = context.topics.get(topic)
    labels = known.label if known else {}
    return labels.get(language) or labels.get(context.language_default) or next(iter(labels.values()), topic)


def format_sentence(reason: Reason, context: PresentationContext, language: str) -> str:
    """Format a reason as one sentence without final stop.

    Parameters
    ----------
    reason : Reason
    context : PresentationContext
        Of the run of the reason.
    language : str
        One of `serving.text.messages.LANGUAGES`.

    Returns
    -------
    str
        Such as "Pricing page: 3 times in 7 days, the last one yesterday".
    """
    label, displays = label_topic(reason.topic, context, language), context.get_displays(reason.topic)
    counts = _select_counts(reason, displays)
    if not counts or not isinstance(reason.value, Mapping):
        return _format_value(reason, context, language, label)
    what = _format_counts(counts, _find_recency(reason.value, displays), language)
    sentence = translate(language, "reason.counted", label=label, what=what)
    return sentence + _format_details(reason.value, counts, displays, language)


def format_phrase(reason: Reason, context: PresentationContext, language: str) -> str:
    """Format a reason in a few words, for lists.

    Parameters
    ----------
    reason : Reason
    context : PresentationContext
    language : str

    Returns
    -------
    str
        Such as "Pricing page: 3× in 7 days".
    """
    label, displays = label_topic(reason.topic, context, language), context.get_displays(reason.topic)
    counts = _select_counts(reason, displays)
    if not counts or not isinstance(reason.value, Mapping):
        return _format_value(reason, context, language, label)
    window, count = _pick_window(counts)
    if count:
        return translate(language, "phrase.counted", label=label, count=format_number(count, language), days=window)
    if _find_recency(reason.value, displays) is None:
        return translate(language, "reason.counted", label=label, what=translate(language, "count.never"))
    return translate(language, "phrase.none", label=label, days=window)


def _format_value(reason: Reason, context: PresentationContext, language: str, label: str) -> str:
    value = reason.value
    known = context.topics.get(reason.topic)
    if known and known.kind == "age" and isinstance(value, (int, float)):
        days = math.floor(value)
        return translate_plural(language, "age.days", days) if days >= 1 else translate(language, "age.today")
    if isinstance(value, Mapping):
        silence = find_role(known.values, "silence") if known else None
        shown = _format_silence(value.get(silence), language) if silence else _format_codes(value, language)
    elif value is None or value == "":
        shown = translate(language, "value.unknown")
    elif isinstance(value, bool):
        shown = translate(language, "value.yes" if value else "value.no")
    elif isinstance(value, (int, float)):
        shown = format_number(value, language)
    else:
        shown = str(value)
    return translate(language, "reason.attribute", label=label, value=shown)


def _format_codes(value: _Values, language: str) -> str:
    known = [translate_or(language, f"code.{code}", str(code)) for code in value.values() if code is not None]
    return ", ".join(known) or translate(language, "value.unknown")


def _format_silence(days: str | float | None, language: str) -> str:
    if not isinstance(days, (int, float)):
        return translate(language, "silence.untouched")
    whole = math.floor(days)
    return translate_plural(language, "silence.days", whole) if days > 0 else translate(language, "silence.reacted")


def _select_counts(reason: Reason, displays: Mapping[str, Display]) -> dict[int, int]:
    """Return the times by window in days; empty if the value has no counts."""
    if not isinstance(reason.value, Mapping):
        return {}
    return {days: int(count or 0) for days, count in select_counts(reason.value, displays).items()}


def _find_recency(value: _Values, displays: Mapping[str, Display]) -> float | None:
    recency = find_role(displays, "recency")
    days = value.get(recency) if recency else None
    return days if isinstance(days, (int, float)) else None


def _pick_window(counts: Mapping[int, int]) -> tuple[int, int]:
    """Return the shortest window with any activity, else the longest, and its count."""
    return next(((days, count) for days, count in counts.items() if count), (max(counts), 0))


def _format_counts(counts: Mapping[int, int], last: float | None, language: str) -> str:
    window, count = _pick_window(counts)
    if not count:
        if last is None:
            return translate(language, "count.never")
        return translate(language, "count.none", days=window, when=_format_when(last, language))
    times = translate_plural(language, "count.times", count, days=window)
    if last is None:
        return times
    return translate_plural(language, "count.last", count, times=times, when=_format_when(last, language))


def _format_when(days: float, language: str) -> str:
    # A run knows the days before its own, so less than a day ago is yesterday.
    whole = math.ceil(days)
    if whole <= 0:
        return translate(language, "when.today")
    if whole == 1:
        return translate(language, "when.yesterday")
    return translate_plural(language, "when.days", whole)


def _format_details(value: _Values, counts: Mapping[int, int], displays: Mapping[str, Display], language: str) -> str:
    details = [(family, display) for family, display in displays.items() if display.role in _DETAIL_ROLES]
    details.sort(key=lambda detail: _DETAIL_ROLES.index(detail[1].role))
    text = ""
    for family, display in details:
        amount = value.get(family)
        if isinstance(amount, (int, float)):
            text += _format_detail(amount, counts, display, language)
    return text


def _format_detail(amount: float, counts: Mapping[int, int], display: Display, language: str) -> str:
    if display.role == "trend":
        if abs(amount) < _MIN_TREND or not counts.get(display.window_days or 0):
            return ""
        return translate(language, f"{display.wording}.{'more' if amount > 0 else 'less'}")
    if amount == 0 or (display.role == "tally" and amount < display.min_shown):
        return ""
    if display.wording is None:
        label = display.label.get(language) or next(iter(display.label.values()), "")
        return translate(language, "signal.detail", label=label, value=format_number(amount, language))
    if display.role == "tally":
        return translate_plural(language, display.wording, int(amount), days=display.window_days)
    return translate(language, display.wording, value=format_number(amount, language), days=display.window_days)
