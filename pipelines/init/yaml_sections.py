"""All sections of a proposed params file except ``source``."""

from leadlight.models.scoring.thresholds import MIN_LEADS
from leadlight.pipelines.init.attribute_detection import DetectedAttribute, ExcludedColumn
from leadlight.pipelines.init.document import YamlDocument, format_entry
from leadlight.pipelines.init.horizon_selection import TimingProposal
from leadlight.pipelines.init.signal_detection import DetectedSignal
from leadlight.pipelines.params.sections import Policy

__all__ = ["write_attributes", "write_model_sections", "write_signals", "write_timing"]

MAX_LISTED = 40


def write_attributes(
    document: YamlDocument, attributes: list[DetectedAttribute], excluded: list[ExcludedColumn]
) -> None:
    """Write the proposed attributes, and the excluded columns as comments with the reason."""
    if attributes:
        remark = "columns not named here are not used; check kinds, groups and labels"
        document.add("attributes", value={}, remark=remark)
    else:
        document.add("attributes", value={}, look="no column of leads can be used as it is")
    taken: set[str] = set()
    for attribute in attributes:
        entry = {"kind": attribute.kind, "group": attribute.group, "label": _drop_taken(attribute.label, taken)}
        document.add("attributes", attribute.name, value=entry, remark=attribute.remark, look=attribute.doubt)
    suspects = [column for column in excluded if column.suspect]
    others = [column for column in excluded if not column.suspect]
    if suspects:
        look = "these may have been written after the outcome: uncomment one only if you know it was not"
        document.add_comment(look, 2, look=True)
    for column in suspects:
        document.add_comment(f"{column.name}: left out: {column.reason}", 2)
        document.add_comment(format_entry(column.name, {"kind": column.kind or "category"}), 2, wrap=False)
    if others:
        document.add_comment("The other columns:", 2)
    for column in others:
        document.add_comment(f"{column.name}: left out: {column.reason}", 2)


def write_signals(document: YamlDocument, signals: list[DetectedSignal], others: dict[str, str]) -> None:
    """Write the named activity types, and the others as comments with the reason."""
    if not signals:
        document.add("signals", value={}, look="no activity type is frequent enough to be named")
        return
    remark = 'activity types by frequency; all others count as "other activity"'
    document.add("signals", value={}, remark=remark)
    for signal in signals:
        entry = {"effect": signal.effect} if signal.effect else {}
        remark = f"{signal.rows:,} on {signal.leads:,} leads"
        document.add("signals", signal.name, value=entry | {"label": signal.label}, remark=remark)
    for name, reason in list(others.items())[:MAX_LISTED]:
        document.add_comment(f"{name}: left out: {reason}", 2)
    if len(others) > MAX_LISTED:
        document.add_comment(f"and {len(others) - MAX_LISTED:,} more types, left out: less frequent", 2)


def write_timing(document: YamlDocument, timing: TimingProposal | None) -> None:
    """Write horizon, history and snapshots, each with its reason."""
    if timing is None:
        document.add_comment("label, history and snapshots have no effect: a lead without dates has a single snapshot")
        return
    label = {"horizon_days": timing.label.horizon_days}
    document.add("label", value=label, remark=timing.why_horizon, look=timing.doubt)
    since = timing.history.since
    # text, because DVC reads a bare day as a date
    history = {"since": str(since) if since else None, "until": None}
    document.add("history", value=history, remark=timing.why_since or "all that the files hold")
    snapshots = timing.snapshots.model_dump(include={"at_creation", "after_days", "every_days"}, mode="json")
    document.add("snapshots", value=snapshots, remark=timing.why_snapshots)


def write_model_sections(document: YamlDocument, policy: Policy) -> None:
    """Write split, training and language with their defaults, and a policy."""
    split = {"calibrate_share": 0.2, "test_share": 0.2}
    document.add("split", value=split, remark="shares of the days; the oldest part is for training")
    document.add("training", value={"seed": 7})
    document.add_comment("")
    document.add_comment("Add today's rule book here, if there is one; a model then has to beat it:")
    document.add_comment("points:", wrap=False)
    document.add_comment("  - {attribute: NAME, is: [VALUE], points: 10}", wrap=False)
    document.add_comment("")
    document.add("policy", value={}, remark="not agreed on yet; every page says so")
    document.add("policy", "marketing_qualified", value=policy.marketing_qualified)
    document.add("policy", "sales_qualified", value=policy.sales_qualified)
    if policy.min_leads != MIN_LEADS:
        look = "few leads: so many must be above a threshold, and its figures are rough"
        document.add("policy", "min_leads", value=policy.min_leads, look=look)
    document.add_comment("agreed:  # who agreed, when, and on what", 2)
    document.add_comment("  by: [Marketing, Sales]", 2)
    document.add_comment('  "on": "2025-01-31"', 2)
    document.add_comment(f"  marketing_qualified: {policy.marketing_qualified}", 2)
    document.add_comment(f"  sales_qualified: {policy.sales_qualified}", 2)
    document.add_comment("")
    document.add("language", value="en", remark="en or de")


def _drop_taken(label: dict[str, str], taken: set[str]) -> dict[str, str]:
    """Drop a translation that an attribute above has: two source columns are not one in German."""
    kept = {language: text for language, text in label.items() if text not in taken} or label
    taken |= set(label.values())
    return kept
