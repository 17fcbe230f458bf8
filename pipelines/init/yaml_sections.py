"""The other sections of a proposal: attributes, signals, label, span, moments, policy."""

from collections.abc import Iterable

from leadlight.pipelines.init.attribute_detection import DetectedAttribute, ExcludedColumn
from leadlight.pipelines.init.document import WIDTH, YamlDocument
from leadlight.pipelines.init.horizon_selection import TimingProposal
from leadlight.pipelines.init.signal_detection import DetectedSignal
from leadlight.pipelines.init.yaml_emit import emit_comment, emit_flow, emit_scalar

__all__ = ["write_attributes", "write_model_sections", "write_signals", "write_timing"]

#: names are padded to the longest, but not beyond this
MAX_WIDTH = 32


def write_attributes(
    page: YamlDocument, proposed: list[DetectedAttribute], left: list[ExcludedColumn]
) -> None:
    """Write what may be used, and as comments what is left out and why."""
    if not proposed:
        page.add("attributes: {}", look="no column of leads is fit to be used as it stands")
    else:
        page.add("attributes:", "what is not named here is not used; correct kinds, groups and words")
    pad = _pad(a.name for a in proposed)
    for column in proposed:
        words = _entry(column.label, kind=column.kind, group=column.group)
        page.add(f"  {_key(column.name, pad)} {words}", column.remark, column.doubt, column=0)
    if any(entry.suspect for entry in left):
        look = "these may have been written after the outcome was known; use one only if you know better"
        page.add_comment(
            "Suspects: take the mark off a line whose column was filled in before the outcome.", 2, look=look
        )
    for entry in left:
        if entry.suspect:
            _leave_out(
                page, f"{_key(entry.name, 0)} {emit_flow(kind=entry.kind or 'category')}", entry.reason
            )
    if any(not entry.suspect for entry in left):
        page.add_comment("The other columns:", 2)
    for entry in left:
        if not entry.suspect:
            page.add_comment(f"{emit_scalar(entry.name)}: left out: {entry.reason}", 2)


def write_signals(page: YamlDocument, found: list[DetectedSignal], others: dict[str, str]) -> None:
    """Write the activity types that are spoken of by name."""
    if not found:
        page.add("signals: {}", "there are no activities of a kind that is worth a name")
        return
    page.add("signals:", 'activity types by rows; those not named count as "other activity"')
    pad = _pad(s.name for s in found)
    for signal in found:
        effect = {"effect": signal.effect} if signal.effect else {}
        remark = f"{signal.rows:,} on {signal.leads:,} leads"
        page.add(f"  {_key(signal.name, pad)} {_entry(signal.label, **effect)}", remark, column=0)
    for name, reason in list(others.items())[:40]:
        page.add_comment(f"{emit_scalar(name)}: left out: {reason}", 2)
    if len(others) > 40:
        page.add_comment(f"and {len(others) - 40:,} more types, left out: less frequent", 2)


def write_timing(page: YamlDocument, timing: TimingProposal | None) -> None:
    """Write horizon, span and moments, each with its reason."""
    if timing is None:
        page.add_comment(
            "label, history and snapshots say nothing here: a lead without dates is looked at once"
        )
        return
    page.add(f"label: {{horizon_days: {timing.label.horizon_days}}}", timing.why_horizon, timing.doubt)
    since = timing.history.since
    day = f'"{since}"' if since else "null"  # in quotes, for DVC reads a bare day as something else
    page.add(f"history: {{since: {day}, until: null}}", timing.why_since or "all that the files hold")
    ages = timing.snapshots.after_days
    entries = {"at_creation": str(timing.snapshots.at_creation).lower()}
    entries |= {"after_days": f"[{', '.join(map(str, ages))}]"} if ages else {}
    entries["every_days"] = str(timing.snapshots.every_days or "null")
    page.add(f"snapshots: {emit_flow(**entries)}", timing.why_snapshots)


def write_model_sections(page: YamlDocument) -> None:
    """Write split, training and policy, as they are by default."""
    page.add("split: {calibrate_share: 0.2, test_share: 0.2}", "the rest, and the oldest, is for training")
    page.add("training: {seed: 7}")
    page.add_blank()
    page.add_comment("Today's rule book, if there is one, goes here, and a model then has to beat it:")
    page.lines += ["# points:", "#   - {attribute: NAME, is: [VALUE], points: 10}"]
    page.add_blank()
    page.add("policy:", "nobody has agreed on this yet, and every page will say so")
    page.add("  marketing_qualified: top 20 percent")
    page.add("  sales_qualified: top 5 percent")
    page.add_comment('agreed: {by: [Marketing, Sales], "on": "2025-01-31"}', 2)
    page.add_blank()
    page.add("language: en", "en or de")


def _pad(names: Iterable[str]) -> int:
    widths = [len(emit_scalar(name)) + 1 for name in names]
    return min(max(widths, default=0), MAX_WIDTH)


def _key(name: str, pad: int) -> str:
    return f"{emit_scalar(name)}:".ljust(pad)


def _entry(label: str, **more: str) -> str:
    return emit_flow(**more, label=emit_flow(en=emit_scalar(label), de=emit_scalar(label)))


def _leave_out(page: YamlDocument, entry: str, reason: str) -> None:
    """Write an entry that works once its mark is taken off, with the reason beside it or below it."""
    line, beside = f"  # {entry}", f"  # left out: {reason}"
    if len(line) + len(beside) <= WIDTH:
        page.lines.append(f"{line}  {emit_comment(beside)}")
        return
    page.lines.append(line)
    page.add_comment(f"left out: {reason}", 2, hang=4)
