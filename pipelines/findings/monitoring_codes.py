"""Codes of findings of monitoring: LL301 and following."""

from leadlight.pipelines.findings.code import FindingCode

__all__ = [
    "ATTRIBUTE_EMPTY",
    "AUC_BELOW",
    "CLOCK_AHEAD",
    "CONSENT_SHARE",
    "FEATURE_DRIFT",
    "HOURS_MOVED",
    "KIND_GONE",
    "LEADS_GONE",
    "NEW_CATEGORY",
    "NEW_KIND",
    "NIGHT_OLD",
    "REWRITTEN_SINCE_RUN",
    "REWRITTEN_SINCE_TRAINING",
    "ROWS_DOUBLED",
    "ROWS_REJECTED",
    "SCALE_CHANGED",
    "SCORE_DRIFT",
    "SLOPE_OFF",
    "TABLE_ENDS_EARLY",
    "THRESHOLD_SHARE",
    "VOLUME_CHANGED",
    "WINS_DIFFER",
]

_NOT_ALLOWED = "It cannot be allowed. A change that is meant is learned by the next training (`leadlight retrain`)."
_LIMITS = "Limits are in `params.yaml` under `watch`. A change that is meant is learned by the next training."

FEATURE_DRIFT = FindingCode(
    "LL301",
    "feature distribution changed",
    "The population stability index of a feature among the open leads, beyond chance and beyond what midnights of the "
    "year before the training cut-off showed: from 0.1 to be looked at, from 0.25 to be acted upon.",
    "The model scores leads unlike those it was trained on.",
    "The export of that column or activity type first, then campaigns and new markets.",
    _LIMITS,
)
SCORE_DRIFT = FindingCode(
    "LL302",
    "score distribution changed",
    "The same index of the scores.",
    "Thresholds were chosen for another distribution.",
    "The features that moved (LL301), and what else was found of the source.",
    _LIMITS,
)
THRESHOLD_SHARE = FindingCode(
    "LL303",
    "share above a threshold changed",
    "The share of open leads at or above MQL or SQL against the training cut-off: from 1.25 times more or fewer to be "
    "looked at, from 2 times to be acted upon, with its 99 % interval and beyond what earlier midnights showed.",
    "Marketing and sales get many more or fewer leads than was agreed.",
    "Other findings of the night; without one, the thresholds and the capacity of the teams.",
    _NOT_ALLOWED,
)
CONSENT_SHARE = FindingCode(
    "LL304",
    "share held back by consent changed",
    "The share of the leads above MQL or SQL that have refused consent, and of all open leads, against the training "
    "cut-off: 10 percentage points more or fewer to be looked at, 25 to be acted upon, with the 99 % interval.",
    "A consent that is spelled another way counts as refused: no lead becomes an MQL or an SQL.",
    "The values of the column `source.leads.consent` and the list `granted`.",
    _NOT_ALLOWED,
)
WINS_DIFFER = FindingCode(
    "LL306",
    "wins differ from expected",
    "Wins of the leads of an earlier run whose whole window has ended over the wins expected of them.",
    "Probabilities are too high or too low; thresholds no longer mean what was agreed.",
    "Whether deals arrive completely; then what changed in sales; then retrain.",
    "Limits: `watch.min_wins`.",
)
AUC_BELOW = FindingCode(
    "LL307",
    "AUC below expected",
    "The AUC of the same scores against the one expected of them.",
    "The order of the queue is worse than it was.",
    "As for LL306.",
    "Limits: `watch.min_wins`.",
)
SLOPE_OFF = FindingCode(
    "LL308",
    "calibration slope off",
    "The calibration slope of the same scores: its 99 % interval outside 0.75 to 1.33.",
    "Probabilities lie too far apart or too close together.",
    "As for LL306.",
    "Limits: `watch.min_wins`.",
)
KIND_GONE = FindingCode(
    "LL309",
    "known type gone",
    "Activity types, attributes of the history, stages, and won and lost deals of the training data that have no or "
    "almost no rows in the last 28 or 84 days, or in the same days before the training cut-off as the night has them, "
    "where every such period of the year before it had at least 12.",
    "Their features say that nothing happened. A type that is spelled another way counts as other activity.",
    "Whether the type was renamed; a name that is like it is named beside it.",
    _NOT_ALLOWED,
)
NEW_KIND = FindingCode(
    "LL310",
    "type never seen before",
    "Activity types, attributes of the history and stages that the training data did not have: from 0.5 % of the rows "
    "of the last 84 days to be looked at, from 5 % to be acted upon.",
    "They count as other activity, or not at all.",
    "Whether a known type was renamed; else name it in `signals` and retrain.",
    _NOT_ALLOWED,
)
ATTRIBUTE_EMPTY = FindingCode(
    "LL311",
    "attribute empty",
    "The share of open leads of which an attribute is known: below 60 % of the smallest share at the training cut-off "
    "and earlier midnights to be looked at, below 25 % of it to be acted upon.",
    "Leads are scored as if nothing was known of them.",
    "The column of the export, and the permissions of whoever exports it.",
    _NOT_ALLOWED,
)
NEW_CATEGORY = FindingCode(
    "LL312",
    "categories never seen before",
    "The share of open leads with a value of a category that no training lead had: from 5 % to be looked at, from 10 % "
    "to be acted upon, or two and three times the share that new values usually have.",
    "The model knows nothing of such a value; recoded categories move all scores.",
    "Whether the list of values was changed in the CRM.",
    _NOT_ALLOWED,
)
VOLUME_CHANGED = FindingCode(
    "LL313",
    "number of rows changed",
    "Rows of a table in the last 28 days against all such periods of the year before the training cut-off: below 0.6 "
    "of the smallest or above 1.8 of the largest to be looked at, below 0.35 or above 3 to be acted upon.",
    "Part of the export is missing, or is there more than once.",
    "The export of that table.",
    _NOT_ALLOWED,
)
ROWS_DOUBLED = FindingCode(
    "LL314",
    "rows doubled",
    "The share of rows of the last 91 days that are exact copies of another, above that in the training data: from one "
    "percentage point to be looked at, from five to be acted upon.",
    "Counts of activities are too high.",
    "Whether files were joined or imported twice.",
    _NOT_ALLOWED,
)
TABLE_ENDS_EARLY = FindingCode(
    "LL315",
    "table ends early",
    "Days from the last row of a table to the night: more than three, more than twice the longest gap of the year "
    "before the training cut-off, and at least 10 rows missing at its slowest pace.",
    "Without the newest deals, leads that are closed are scored; without the newest activities, hot leads are missed.",
    "The export of that table.",
    _NOT_ALLOWED,
)
CLOCK_AHEAD = FindingCode(
    "LL316",
    "rows dated after the rest",
    "Rows that reading left out because they lie in the future or far after the rest of their table, and a table that "
    "ends days after all others.",
    "A wrong clock moves the time up to which outcomes are taken for known.",
    "The rows named, and the clock or time zone of the system that wrote them.",
    _NOT_ALLOWED,
)
HOURS_MOVED = FindingCode(
    "LL317",
    "hours of the day moved",
    "Rows by hour of the day against all quarters of the year before the training cut-off: the shift by whole hours "
    "that fits best, from 1 hour to be looked at, from 2 to be acted upon.",
    "Times are read in another zone; records fall on the wrong side of midnight.",
    "`source.timezone` and the zone of the export.",
    _NOT_ALLOWED,
)
SCALE_CHANGED = FindingCode(
    "LL318",
    "numbers on another scale",
    "The median of a column of numbers against the training cut-off: from 4 times larger or smaller to be looked at, "
    "from 10 times to be acted upon.",
    "A number in other units, or with another decimal sign, is another number to the model.",
    "The unit, and the decimal and thousands signs, of the export.",
    _NOT_ALLOWED,
)
ROWS_REJECTED = FindingCode(
    "LL319",
    "more rows or cells cannot be used",
    "The share of rows and cells in quarantine, above that of the training data: from half a percentage point to be "
    "looked at, from two to be acted upon.",
    "What is in quarantine is missing from features and outcomes.",
    "`work/night/tables/quarantine.csv`.",
    _NOT_ALLOWED,
)
LEADS_GONE = FindingCode(
    "LL320",
    "leads gone without a close",
    "Leads of the last run that the source no longer holds: from 1 % to be looked at, from half of "
    "`source.max_vanished_share` to be acted upon; above it the night is refused.",
    "Half an export looks like a small one: leads are neither scored nor closed.",
    "Whether the export is complete, and whether leads were merged or deleted.",
    "Raise `source.max_vanished_share`.",
)
REWRITTEN_SINCE_TRAINING = FindingCode(
    "LL321",
    "source rewritten since training",
    "The days before the training cut-off are read again from the tables of the night: counts by type, and samples of "
    "row hashes, against what the bundle remembers. Below 95 % the same to be looked at, below 90 % to be acted upon; "
    "attributes without a history, which may change, below 80 % and 50 %.",
    "The model was trained on other records than the source now holds; a fault of the whole export looks like this.",
    "What else was found of the same table.",
    _NOT_ALLOWED,
)
REWRITTEN_SINCE_RUN = FindingCode(
    "LL322",
    "source rewritten since the last run",
    "The same for the days before the last run, against the profile that it stored.",
    "Either the last run or this one read a faulty export.",
    "What else was found of the same table, in both runs.",
    "It is said once: the next run compares with this one.",
)
NIGHT_OLD = FindingCode(
    "LL323",
    "no new night",
    "The time from the as-of time of the newest night to now: above `night.max_age_hours` to be acted upon. Where that "
    "is below 48, a night of the last midnight is expected, and without one it is to be looked at.",
    "Sales works with scores of another day, and every other check judged that day.",
    "The log of the nightly job, and whether it was started.",
    "Where nights come more rarely, set `night.max_age_hours` higher, or to null.",
)

CODES: tuple[FindingCode, ...] = (
    FEATURE_DRIFT,
    SCORE_DRIFT,
    THRESHOLD_SHARE,
    CONSENT_SHARE,
    WINS_DIFFER,
    AUC_BELOW,
    SLOPE_OFF,
    KIND_GONE,
    NEW_KIND,
    ATTRIBUTE_EMPTY,
    NEW_CATEGORY,
    VOLUME_CHANGED,
    ROWS_DOUBLED,
    TABLE_ENDS_EARLY,
    CLOCK_AHEAD,
    HOURS_MOVED,
    SCALE_CHANGED,
    ROWS_REJECTED,
    LEADS_GONE,
    REWRITTEN_SINCE_TRAINING,
    REWRITTEN_SINCE_RUN,
    NIGHT_OLD,
)
