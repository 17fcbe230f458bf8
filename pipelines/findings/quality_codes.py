"""Codes of findings of the audit on quality: LL116 and following."""

from leadlight.pipelines.findings.audit_codes import REPORTED
from leadlight.pipelines.findings.code import FindingCode

__all__ = ["CODES"]

PLACEHOLDER = FindingCode(
    "LL116",
    "placeholder instead of an empty cell",
    "Looks for values such as Select, n/a or 999 that are not named in `source.missing`.",
    "The model takes them for values.",
    "Add them to `source.missing` if they mean that nothing is known.",
    REPORTED,
)
EMPTY = FindingCode(
    "LL117",
    "empty column",
    "Counts filled cells.",
    "It says nothing; where it was filled before, the export lost it.",
    "Compare with an earlier export.",
    REPORTED,
)
CONSTANT = FindingCode(
    "LL118", "one value only", "Counts distinct values.", "It says nothing.", "Leave it out of attributes.", REPORTED
)
MOSTLY_CONSTANT = FindingCode(
    "LL119",
    "nearly always the same value",
    "Looks for a value that 99 % of the filled rows have.",
    "It says next to nothing, and its few other values rest on few leads.",
    "Leave it out of attributes, or keep it if the rare values matter.",
    REPORTED,
)
LEFT_TRUNCATED = FindingCode(
    "LL120",
    "wins recorded only from a day on",
    "Compares wins before the first recorded one with what later rates make expected.",
    "Older leads look as if they could not be won.",
    "Ask since when deals are recorded; set `history.since` to that day.",
    REPORTED,
)
WINNERS_ONLY = FindingCode(
    "LL121",
    "deals of wins only",
    "Looks for a deal that was lost.",
    "A lead without a deal counts as lost only when its horizon has ended; columns of deals exist for winners only.",
    "Export lost deals too, if the CRM has them.",
    REPORTED,
)
FILLED_BY_OUTCOME = FindingCode(
    "LL122",
    "column of deals filled for one outcome",
    "Compares the filled shares of columns of deals for won and lost leads.",
    "As an attribute it would be a leak.",
    "Do not map it as an attribute.",
    REPORTED,
)
BEFORE_CREATION = FindingCode(
    "LL124",
    "activities before their lead",
    "Counts activities that are earlier than the creation of their lead; they are kept.",
    "Anonymous visits before a form are normal; a large share may be another time zone.",
    "Look at how many hours they are early.",
    REPORTED,
)
KNOWN_BY_DAY = FindingCode(
    "LL125",
    "known by the day only",
    "Looks for times that are all midnight.",
    "What came first on a day is not known, so that a day counts as known when it is over.",
    "Export the time of day where the CRM has it.",
    REPORTED,
)
DUPLICATE_CONTACT = FindingCode(
    "LL127",
    "same person twice",
    "Counts rows with the e-mail address or telephone number of an earlier one.",
    "One person who is two leads is won once and lost once.",
    "Merge duplicates in the CRM.",
    REPORTED,
)
EQUAL_LEADS = FindingCode(
    "LL128",
    "leads equal in all columns",
    "Counts leads that equal an earlier one where chance makes that unlikely.",
    "The same leads were imported twice.",
    "Look at the ids and days of the equal rows.",
    REPORTED,
)
NO_HISTORY = FindingCode(
    "LL129",
    "attributes without a history",
    "Names attributes whose changes the source does not hold.",
    "Today's values are used for the past; some may have been filled in later.",
    "Map `source.history` if the CRM records changes.",
    REPORTED,
)
INSTANT_WINS = FindingCode(
    "LL123",
    "wins within a day of creation",
    "Counts wins closed less than a day after their lead was created, from 5 % of the wins.",
    "Leads entered when the deal was already made are no leads: the model learns that new leads win at once.",
    "See how those leads came into the CRM.",
    REPORTED,
)
UNUSED_ALLOWANCE = FindingCode(
    "LL126",
    "allowance that matches nothing",
    "Compares `audit.allow` with the findings.",
    "A misspelled column allows nothing; an old one may hide a new leak.",
    "Correct or delete the entry of `audit.allow`.",
    REPORTED,
)
FROZEN = FindingCode(
    "LL130",
    "frozen column",
    "Looks in the history for an attribute that changed until a day and never since, while others change on, and "
    "among numbers without a history for one that all new leads have alike, or lack. From 60 days of silence, twice "
    "as long as any before it, if its own rate before makes it less likely than one in a million and a year lies "
    "before or in it, so that a season would have shown. Where new leads still have different values, it is a note.",
    "A model learns from the past of the column, and is judged well on it; no lead that is to be scored has a value of "
    "its own. A CRM freezes a property where a new one takes its place, such as an old score.",
    "See in the CRM whether the property is still computed, and what replaced it.",
    REPORTED,
)


CODES: tuple[FindingCode, ...] = (
    PLACEHOLDER,
    EMPTY,
    CONSTANT,
    MOSTLY_CONSTANT,
    LEFT_TRUNCATED,
    WINNERS_ONLY,
    FILLED_BY_OUTCOME,
    BEFORE_CREATION,
    KNOWN_BY_DAY,
    DUPLICATE_CONTACT,
    EQUAL_LEADS,
    NO_HISTORY,
    INSTANT_WINS,
    UNUSED_ALLOWANCE,
    FROZEN,
)
