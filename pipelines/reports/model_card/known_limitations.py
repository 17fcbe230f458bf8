"""Known limitations of a bundle, derived from the content of its card."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from leadlight.models.scoring.calibration_answers import FAILS, TOO_LITTLE_EVIDENCE
from leadlight.pipelines.reporting.formatting import (
    format_count,
    format_decimals,
    format_percent,
    format_range,
    format_signed,
)
from leadlight.pipelines.reports.model_card.labels import GROUPS
from leadlight.pipelines.workspace.agreement import describe_agreement

__all__ = ["find_limitations"]

#: wins that a test of calibration needs at least (Vergouwe and others 2005)
FEW_WINS_THRESHOLD = 100
MAX_NAMED = 6

Limit = tuple[str, str]


def find_limitations(content: Mapping[str, Any]) -> list[dict[str, str]]:
    """List the limitations that apply.

    Parameters
    ----------
    content : mapping
        The card without verdict and limits.

    Returns
    -------
    list of dict
        kind and sentence, most severe first.
    """
    limits = [
        *_source(content),
        *_number(content),
        *_rivals(content),
        *_thresholds(content),
        *_segments(content),
        *_data(content),
        (
            "association",
            "Points and topics say what is associated with a win, not what brings it about: to change a "
            "lead's attributes or to contact it more often need not change its chance.",
        ),
    ]
    return [{"kind": kind, "sentence": sentence} for kind, sentence in limits]


def _source(content: Mapping[str, Any]) -> Iterator[Limit]:
    if content["simulated"]:
        yield "simulated", "The CRM is simulated: these figures say nothing about real leads."
    if content["data"]["fallback"]:
        yield "optimistic" if content["optimistic"] else "short_history", content["data"]["fallback"]
    elif content["optimistic"]:
        yield (
            "optimistic",
            "The figures are optimistic: nothing says when the leads came, so the windows were drawn at "
            "random and the model was not tested on leads later than those it learned from.",
        )
    elif not content["data"]["dated"]:
        yield (
            "order",
            "Only the order of the leads is known, not their dates: no gap could be kept between the "
            "windows, and every outcome is taken as final.",
        )
    if not content["has_signal"]:
        yield (
            "no_signal",
            "There is no evidence of signal. What could be added: activities, attributes that sales asks for, a longer "
            "history, or outcomes that are missing today.",
        )
    if content["candidate"] == "points":
        yield "rule_book", "The rule book serves: no learned model beats it or the base rate by more than its error."
    wins = content["data"]["windows"][1]["wins"]
    if wins < FEW_WINS_THRESHOLD:
        yield (
            "few_wins",
            f"The test window holds {format_count(wins)} wins only; below {FEW_WINS_THRESHOLD} a check of "
            "calibration misses faults that matter, and the intervals are wide.",
        )


def _number(content: Mapping[str, Any]) -> Iterator[Limit]:
    known = content["calibration"]
    ratio, moved = known["actual_over_expected"], known["level"]
    for group in known["groups"]:
        if group["answer"] == FAILS:
            yield (
                "rank_only",
                f"Of {GROUPS[group['name']]} the number failed the check of calibration: it orders leads, and must "
                "not be read as a chance.",
            )
        elif group["answer"] == TOO_LITTLE_EVIDENCE:
            yield (
                "too_little_evidence",
                f"Of {GROUPS[group['name']]} there is too little evidence that the number matches outcomes "
                f"({format_count(group['wins'])} wins): read it as a rank.",
            )
    if known["off"]:
        yield (
            "base_rate_moved",
            f"{known['off'].capitalize()} wins came on the test window than were expected: "
            f"{format_decimals(ratio['value'])} times as many "
            f"({format_range(format_decimals(ratio['low']), format_decimals(ratio['high']))}).",
        )
    if moved["error"] and abs(moved["shift"]) > 1.96 * moved["error"]:
        yield (
            "level_moved",
            f"Log-odds are shifted by {format_signed(moved['shift'], 3)}: wins of the newest days are "
            f"{'more' if moved['shift'] > 0 else 'fewer'} than the whole history lets expect.",
        )


def _rivals(content: Mapping[str, Any]) -> Iterator[Limit]:
    unbeaten = [saved for saved in content["metrics"]["saved"] if saved["verdict"] != "better"]
    if unbeaten:
        rivals = ", ".join(
            f"{saved['label']} (log loss saved {format_signed(saved['value'])}, "
            f"{format_range(format_signed(saved['low']), format_signed(saved['high']))})"
            for saved in unbeaten
        )
        yield "rivals", f"The test window does not show it to be better than: {rivals}."


def _thresholds(content: Mapping[str, Any]) -> Iterator[Limit]:
    if not content["policy_agreed"]:
        yield "not_agreed", "Nobody has agreed on the thresholds: they are those of the defaults."
    if (content["agreed"] or {}).get("changed"):
        yield "agreement_changed", describe_agreement(content["agreed"], policy_agreed=True)
    for threshold in content["thresholds"]:
        value, low, high = threshold["precision"]
        test = threshold["test"]
        if test["precision"] is not None and low is not None and test["precision"] < low:
            yield (
                "threshold",
                f"{threshold['label']} leads won less often on the test window than where the threshold was "
                f"chosen: {format_percent(test['precision'])}, not {format_percent(value)} "
                f"({format_range(format_percent(low), format_percent(high))}).",
            )
    for name in ("fit", "engagement"):
        known = [row for row in content["grades"][name] if row["snapshots"]]
        for better, worse in pairwise(known):
            if better["high"] < worse["low"]:
                yield (
                    "grades",
                    f"Leads of {name} grade {better['grade']} won less often on the test window than those "
                    f"of {worse['grade']}: {format_percent(better['win_rate'])}, not above "
                    f"{format_percent(worse['win_rate'])}.",
                )


def _segments(content: Mapping[str, Any]) -> Iterator[Limit]:
    off = [row for row in content["segments"] if row["off"]]
    if off:
        off.sort(key=lambda row: -abs(row["wins"] - row["expected_wins"]))
        named = ", ".join(
            f"{format_decimals(row['actual_over_expected'])} times as many as expected in {row['label']}: {row['name']}"
            for row in off[:MAX_NAMED]
        )
        more = f", and {len(off) - MAX_NAMED} more" if len(off) > MAX_NAMED else ""
        judged = sum(row["low"] is not None for row in content["segments"])
        yield (
            "segments",
            f"In {len(off)} of {judged} segments actual wins differ from expected ones (by chance alone in "
            f"about {0.05 * judged:.0f}): {named}{more}.",
        )
    silent = sum(row["low"] is None for row in content["segments"])
    if silent:
        yield (
            "small_segments",
            f"Too few wins to say whether the number is right: in {silent} of {len(content['segments'])} segments.",
        )


def _data(content: Mapping[str, Any]) -> Iterator[Limit]:
    known = content["data"]
    if known["dated"]:
        yield (
            "horizon",
            f"It speaks of a win within {content['horizon_days']} days: a lead that is won later counts as not won.",
        )
    if known["left_truncation"]:
        yield "left_truncation", known["left_truncation"]
