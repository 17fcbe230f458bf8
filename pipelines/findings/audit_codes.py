"""Codes of suspected leaks that the audit finds: LL101 to LL115."""

from leadlight.pipelines.findings.code import FindingCode

__all__ = ["CODES", "REPORTED"]

_LEAK = (
    "Training refuses a mapped attribute or signal of this kind if it is a leak. If it was known before the outcome, "
    "write code and column under `audit.allow`."
)
REPORTED = "Training does not stop. Code and column under `audit.allow` take it out of what is to be looked at."

PRESENCE_GIVES_OUTCOME_AWAY = FindingCode(
    "LL101",
    "attribute filled after the win",
    "Compares how often a column is filled for leads that won and for the others. A leak where nearly all filled "
    "leads win, where it is hardly ever filled for winners, or where filled or not alone saves 30 % of the log "
    "loss.",
    "The model learns that an empty cell means no win. At night the cell is empty for every open lead, so that all "
    "scores are too low and the metrics of the test window are too good.",
    "Open ten leads that won and see in the CRM when the field was written, and by whom.",
    _LEAK,
)
SAME_AS_OUTCOME = FindingCode(
    "LL102",
    "copy of the outcome",
    "Predicts the outcome from the column alone, cross-fitted. A leak where at least 90 % of the log loss is saved.",
    "The column is the outcome under another name: the model would learn nothing else.",
    "Compare the column with the status of deals.",
    _LEAK,
)
GIVES_OUTCOME_AWAY = FindingCode(
    "LL103",
    "column that gives the outcome away",
    "Predicts the outcome from the column alone, cross-fitted. A leak where the lower ends of the 99 % intervals "
    "reach an AUC of 0.88 and 35 % of the log loss.",
    "Nothing that is known before an outcome is that strong alone in any source that was tried; it was written "
    "afterwards.",
    "Ask who writes the field, and see the history of ten leads.",
    _LEAK,
)
VERY_STRONG = FindingCode(
    "LL104",
    "very strong column",
    "As LL103, with an AUC of 0.80 or 25 % of the log loss.",
    "It may be a strong attribute, or one that is partly written after the outcome.",
    "Make sure that the values of open leads are written before their outcome is known.",
    REPORTED,
)
PRESENCE_TELLS = FindingCode(
    "LL105",
    "filled more often for one outcome",
    "As LL101, with an AUC of 0.64 and 5 % of the log loss.",
    "A field that is filled in as a lead proceeds says how far it got, which is not known at its start.",
    "See when the field is filled in.",
    REPORTED,
)
NEARLY_PURE_VALUES = FindingCode(
    "LL106",
    "values with which nearly every lead wins",
    "Looks for values of at least 30 leads of which nearly all win. A leak where they cover a quarter of all wins.",
    "Such a value is mostly a status that is set at the win.",
    "Read the values that are named, and ask who sets them.",
    _LEAK,
)
TIME_AFTER_CLOSE = FindingCode(
    "LL107",
    "times after the close",
    "Compares times of a column with the close of the lead, with a day of tolerance. A leak where 80 % are later, "
    "to be looked at from 30 %.",
    "The column was written when the outcome was known.",
    "See which process writes the time.",
    _LEAK,
)
ABSENT_FROM_FRESH_LEADS = FindingCode(
    "LL108",
    "values absent from new leads",
    "Compares the values that go with an outcome among older leads and among the newest ones, of which few have "
    "closed.",
    "Values that are written when a lead closes are missing in exactly the leads that are to be scored.",
    "Look at leads of the last days: is the field empty or at its default?",
    _LEAK,
)
FILLED_AT_CLOSE = FindingCode(
    "LL109",
    "filled in or emptied when a lead closes",
    "Compares the share that is filled among closed leads and among open ones that were created at the same time "
    "(Mantel-Haenszel weights, 99 % interval). Found from a difference of 5 percentage points at any level, unless the "
    "filled share of all leads stays the same while they close: then the column was known at creation and goes with a "
    "quick close. A leak from 20 points, where that share grows by at least half of the difference, or where no lead "
    "is young enough to tell and leads without the value hardly ever close; otherwise to be looked at.",
    "As LL101: the open leads do not have the value yet, or have it still. It harms a model even where a win is pure "
    "chance: it tells which leads have closed.",
    "Open ten open leads and ten closed ones of the same month.",
    _LEAK,
)
OVERWRITTEN = FindingCode(
    "LL110",
    "overwritten after the start",
    "Compares the predictive power of today's values with that of the first values of the history.",
    "Today's value holds what became known later. Training reads the history where the attribute is mapped with one.",
    "See the history of ten leads; map the history in `source.history`.",
    _LEAK,
)
WRITTEN_WITH_A_LEAK = FindingCode(
    "LL111",
    "written together with a leak",
    "Looks for columns that are filled only where another leak is, and that depend on it given the outcome.",
    "The same step wrote both.",
    "Look at the leak that is named first.",
    _LEAK,
)
OVERWRITTEN_STATE = FindingCode(
    "LL112",
    "state noted at two moments",
    "Looks for two columns with the same options that often, but not always, agree. A leak where the name says that"
    " it is the last one.",
    "One of them is overwritten as time goes on, and holds what became known later.",
    "Find out which of the two is the first state; keep that one.",
    _LEAK,
)
SCORING_STEP = FindingCode(
    "LL113",
    "written by a step of scoring",
    "Looks for a number and a grade cut from it that are filled for the same part of the leads. A leak where the "
    "names say score or grade.",
    "Another scoring wrote them, perhaps after the lead proceeded.",
    "See when the other score is computed, and from what.",
    _LEAK,
)
FOLLOWS_THE_CLOSE = FindingCode(
    "LL114",
    "activity after the close",
    "Counts the activities of a type at or after the close of their lead. A leak from 95 %, to be looked at from 50 %.",
    "The type happens because of the outcome. Features count activities before a moment, so that a model cannot use"
    " it well, and it confuses reasons.",
    "See what creates activities of this type.",
    _LEAK,
)
RECORDS_THE_WIN = FindingCode(
    "LL115",
    "activity that records the win",
    "Looks for a type in the last minute before most wins that hardly any other lead has.",
    "The activity is the win itself, noted a moment earlier.",
    "See what creates activities of this type.",
    _LEAK,
)
CODES: tuple[FindingCode, ...] = (
    PRESENCE_GIVES_OUTCOME_AWAY,
    SAME_AS_OUTCOME,
    GIVES_OUTCOME_AWAY,
    VERY_STRONG,
    PRESENCE_TELLS,
    NEARLY_PURE_VALUES,
    TIME_AFTER_CLOSE,
    ABSENT_FROM_FRESH_LEADS,
    FILLED_AT_CLOSE,
    OVERWRITTEN,
    WRITTEN_WITH_A_LEAK,
    OVERWRITTEN_STATE,
    SCORING_STEP,
    FOLLOWS_THE_CLOSE,
    RECORDS_THE_WIN,
)
