"""Codes of findings of reading the source: LL201 and following."""

from leadlight.pipelines.findings.code import FindingCode

__all__ = ["CODES", "find_reason_code"]

_CANNOT = "It cannot be allowed: a row that cannot be read is never used."
_SHARES = "Up to the shares source.max_bad_share and source.max_lost_win_share the run goes on."
_UNKNOWN = "Of a deal, the outcome of its lead is unknown: it is neither labelled nor scored."

NO_LEAD_ID = FindingCode(
    "LL201",
    "no lead id",
    "The column source.leads.lead_id is empty in the row; with source.deals.unit: deal, also source.deals.deal_id.",
    "Nothing can be joined to such a lead.",
    "The row in quarantine.csv; often a blank line or the footer of a report.",
    _SHARES,
)
DUPLICATE_LEAD = FindingCode(
    "LL202",
    "lead id comes a second time",
    "An earlier row of leads has the same id; of e-mail addresses case is ignored. With source.deals.unit: deal the "
    "same holds for the ids of deals.",
    "Two rows of one lead would be scored twice and count its outcome twice.",
    "Both rows in the file; the first is kept.",
    _SHARES,
)
DEAL_BEFORE_LEAD = FindingCode(
    "LL203",
    "deal closed before its lead was created",
    "The time of closing lies before the creation of the lead, or, with source.deals.unit: deal, before the opening of "
    "the deal. A close known by the day alone is aligned first.",
    "The lead was filled in after the deal. Taken as a win it would teach that leads win at once. " + _UNKNOWN,
    "Which process creates leads after their deal: imports, partners, conversions in the CRM.",
    _SHARES,
)
TIME_UNREADABLE = FindingCode(
    "LL204",
    "no time that fits the format",
    "The time is empty or does not fit the format of params.",
    "Without its time a row cannot be placed before or after a snapshot. " + _UNKNOWN,
    "The value in quarantine.csv against the format in params.",
    _SHARES,
)
TIME_IN_FUTURE = FindingCode(
    "LL205",
    "time lies in the future",
    "The time is later than the moment of reading.",
    "It would move the cut-off. A planned close is no close. " + _UNKNOWN,
    "Clocks and time zones of the exporting system; open deals belong to source.deals.status.open.",
    _SHARES,
)
TIME_IMPLAUSIBLE = FindingCode(
    "LL206",
    "time before 1990",
    "The time lies before 1990 although the bulk of the table does not.",
    "It is the zero of a clock, not a date: a lead of 1970 draws hundreds of snapshots. " + _UNKNOWN,
    "Where empty dates become 1970-01-01, 1900-01-01 or 0001-01-01 in the export.",
    _SHARES,
)
TIME_OUTLYING = FindingCode(
    "LL207",
    "time far from the rest of its table",
    "At most one row in a thousand, or a single one, lies after the rest, beyond a gap of four times the longest usual "
    "one and of 14 days; of leads also before the rest, beyond a year.",
    "One row with a wrong clock would move the end of the record, and with it every label. " + _UNKNOWN,
    "The clock of the system that wrote the row.",
    _SHARES,
)
LEAD_UNKNOWN = FindingCode(
    "LL208",
    "lead is not in leads",
    "The id of the row is none of the clean leads.",
    "The outcome or the activity is lost to its lead.",
    "The near misses that are printed; leads that were deleted or merged.",
    _SHARES,
)
STATUS_UNKNOWN = FindingCode(
    "LL209",
    "status of a deal is not known",
    "The status is none of source.deals.status.won, lost and open. Case and blanks around it are ignored unless "
    "source.match_case is true.",
    "A win read as something else would become a loss. " + _UNKNOWN,
    "The values of the column; name each under won, lost or open.",
    _SHARES,
)
ROW_TOO_WIDE = FindingCode(
    "LL210",
    "more cells than the header has columns",
    "The row has more cells than the header, and they are not empty.",
    "Which value belongs to which column is not known.",
    "A delimiter within a text that is not quoted.",
    _SHARES,
)
ROW_TOO_NARROW = FindingCode(
    "LL230",
    "fewer cells than the header has columns",
    "The row of a CSV file ends before the last column of the header.",
    "Which value belongs to which column is not known; a line of a report would become a lead.",
    "Lines at the end of the file, and cells that were lost.",
    "With pad_rows of the table, where an export leaves out empty cells at the end of rows.",
)
NUMBER_UNREADABLE = FindingCode(
    "LL211",
    "not a number",
    "The cell of a column of numbers holds other text; it is read as missing and its row stays.",
    "The lead is scored without the value.",
    "Marks for decimals and thousands, units and words in the column.",
    "Name texts that mean a missing value in source.missing, marks in decimal and thousands; limit: max_emptied_share.",
)
NUMBER_TOO_LARGE = FindingCode(
    "LL212",
    "number beyond the limit",
    "The absolute value is larger than sums can hold exactly; it is read as missing and its row stays.",
    "The lead is scored without the value.",
    "Units, and ids in a column of numbers.",
    _CANNOT,
)
NAME_MISSING = FindingCode(
    "LL213",
    "no activity type, attribute name or stage",
    "The column that says what the row is about is empty.",
    "The row cannot be counted as anything.",
    "The row in the file.",
    _SHARES,
)
REPORT_FOOTER = FindingCode(
    "LL214",
    "line of a report instead of a lead",
    "The row holds an id and at most one more cell, and looks unlike the other rows: it has fewer cells, its id has "
    "blanks where others have none, or hardly any other row is so empty.",
    "It would be scored as a lead of which nothing is known.",
    "The end of the file: totals, time of export, number of rows.",
    _SHARES,
)
ORDER_UNREADABLE = FindingCode(
    "LL215",
    "no number to order by",
    "The column source.leads.order is empty or no number in the row.",
    "The lead cannot be placed before or after others.",
    "The value in quarantine.csv.",
    _SHARES,
)
OUTCOME_UNKNOWN = FindingCode(
    "LL216",
    "outcome of a lead is unknown",
    "A deal of the lead is in quarantine, or its id is that of the lead but for case, blanks, accents, .0 or zeros.",
    "Such a lead is neither labelled nor scored: as a loss it would teach the wrong thing, as open it would top "
    "the queue.",
    "The rows of deals in quarantine.csv, by reason.",
    "Correct the deals, or name in params how ids and values match.",
)
NEAR_MISS = FindingCode(
    "LL217",
    "ids that nearly match",
    "Ids that are not in leads are there after folding case, blanks, accents, a final .0 or leading zeros.",
    "Wins and activities are lost to their leads.",
    "The example that is named.",
    "Name the kinds in source.match_ids; then they match.",
)
ENDS_EARLY = FindingCode(
    "LL218",
    "table ends before the others",
    "The last row of the table lies before the end of the others by more than twice the longest usual gap between "
    "its rows.",
    "What happened since is missing: wins look like losses, closed leads look open.",
    "When the table was exported, and whether the export was complete.",
    "source.max_lag_days names the days by which deals or activities may end early in a night.",
)
RETURNING = FindingCode(
    "LL219",
    "lost leads come back",
    "Lost leads have a signal that raises and is at most a tenth of all activities, in the last 30 days and at least a "
    "day after the loss; or an open deal without a time of opening.",
    "They stay closed, so that a lead with a fresh request is not scored.",
    "The activities of some of them, and how sales reopens a lead.",
    "Map source.deals.opened_at or source.stages.reopens, or name source.deals.reopen_after.",
)
LEADS_WITHOUT_DEAL = FindingCode(
    "LL220",
    "leads without a deal",
    "Leads that no deal of source.deals names, where each deal is scored (source.deals.unit: deal).",
    "They are neither learned from nor scored; many of them may mean that deals are keyed by other ids.",
    "Whether sales opens a deal for each lead, and when.",
    "With unit: lead each lead is scored, with or without a deal.",
)

ACCOUNT_UNKNOWN = FindingCode(
    "LL221",
    "leads name an account that is not there",
    "A lead names an account (source.leads.attributes_from.key) that the table of accounts does not have.",
    "Its account's attributes are missing, as if they were not known.",
    "Whether the export of accounts is complete, and whether ids of both tables are written alike.",
    "The run goes on: it cannot tell deleted accounts from missing ones.",
)

CODES: tuple[FindingCode, ...] = (
    NO_LEAD_ID,
    DUPLICATE_LEAD,
    DEAL_BEFORE_LEAD,
    TIME_UNREADABLE,
    TIME_IN_FUTURE,
    TIME_IMPLAUSIBLE,
    TIME_OUTLYING,
    LEAD_UNKNOWN,
    STATUS_UNKNOWN,
    ROW_TOO_WIDE,
    NUMBER_UNREADABLE,
    NUMBER_TOO_LARGE,
    NAME_MISSING,
    REPORT_FOOTER,
    ORDER_UNREADABLE,
    OUTCOME_UNKNOWN,
    NEAR_MISS,
    ENDS_EARLY,
    ROW_TOO_NARROW,
    RETURNING,
    LEADS_WITHOUT_DEAL,
    ACCOUNT_UNKNOWN,
)

#: beginning of a recorded reason -> its code
_REASONS = {
    "no lead id": NO_LEAD_ID,
    "no deal id": NO_LEAD_ID,
    "lead id comes a second time": DUPLICATE_LEAD,
    "deal id comes a second time": DUPLICATE_LEAD,
    "closed before": DEAL_BEFORE_LEAD,
    "no time that fits the format": TIME_UNREADABLE,
    "lies in the future": TIME_IN_FUTURE,
    "lies before 1990": TIME_IMPLAUSIBLE,
    "lies far from the rest": TIME_OUTLYING,
    "lead is not in leads": LEAD_UNKNOWN,
    "status is not one of": STATUS_UNKNOWN,
    "more cells than the header": ROW_TOO_WIDE,
    "fewer cells than the header": ROW_TOO_NARROW,
    "not a number": NUMBER_UNREADABLE,
    "beyond ": NUMBER_TOO_LARGE,
    "no activity type": NAME_MISSING,
    "no attribute name": NAME_MISSING,
    "no stage": NAME_MISSING,
    "line of a report": REPORT_FOOTER,
    "no number to order by": ORDER_UNREADABLE,
}


def find_reason_code(reason: str) -> str:
    """Return the code of a reason of quarantine; empty text if it has none."""
    return next((entry.code for start, entry in _REASONS.items() if reason.startswith(start)), "")
