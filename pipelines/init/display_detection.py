"""Find the columns of leads that people call a lead by; they are shown and not proposed as attributes."""

from collections.abc import Sequence

import pandas as pd

from leadlight.pipelines.init.attribute_detection import DetectedAttribute, ExcludedColumn
from leadlight.pipelines.init.document import YamlDocument
from leadlight.pipelines.init.source_tables import strip_text
from leadlight.pipelines.init.vocabulary import DISPLAY_NAMES, DISPLAY_PREFIXES, normalize_name
from leadlight.pipelines.params.display import DisplaySettings

__all__ = ["exclude_personal", "find_display", "write_display"]

#: share of the values that must look as the name of the column says
MIN_FITTING_SHARE = 0.8
_FITS = {"phone": r"[+(]?[\d\s()/.\-]{5,}", "email": r"[^@\s]+@[^@\s]+"}
_LETTERS = r".*[^\W\d_].*"


def find_display(frame: pd.DataFrame, used: set[str]) -> DisplaySettings | None:
    """Find columns that are clearly named after a person's or company's name, phone number or e-mail address.

    Parameters
    ----------
    frame : pd.DataFrame
        The raw leads.
    used : set of str
        Columns with a role.

    Returns
    -------
    DisplaySettings or None
        None if there is no such column.
    """
    found: dict[str, str] = {}
    for column in map(str, frame.columns):
        key = _classify(column)
        if key and key not in found and column not in used and _fits(frame[column], key):
            found[key] = column
    first, last, whole = (found.pop(key, None) for key in ("first", "last", "name"))
    if first and whole and not last and not _contains(frame[whole], frame[first]):
        last, whole = whole, None  # beside a first name, a name may be the last name
    names = [column for column in (first, last) if column] if last or not whole else [whole]
    return DisplaySettings(name=tuple(names), **found) if names or found else None


def exclude_personal(
    attributes: Sequence[DetectedAttribute], excluded: Sequence[ExcludedColumn], display: DisplaySettings | None
) -> tuple[list[DetectedAttribute], list[ExcludedColumn]]:
    """Move columns that name or reach a person from the attributes to the excluded columns.

    An e-mail address stays an attribute, of which only the domain is kept.
    """
    personal = display.personal_columns if display else {}
    kept = [a for a in attributes if a.name not in personal or (personal[a.name], a.kind) == ("email", "email")]
    names = {attribute.name for attribute in kept}
    gone = [ExcludedColumn(a.name, f"the {personal[a.name]} of a person") for a in attributes if a.name not in names]
    return kept, [*excluded, *gone]


def write_display(document: YamlDocument, display: DisplaySettings | None) -> None:
    """Write the section, if there is a column to show."""
    if display is None:
        return
    document.add("display", value={}, remark="shown to sales, never learned from; kept in the score store alone")
    entries = display.model_dump(exclude_defaults=True)
    for key, columns in entries.items():
        is_single = key == "name" and len(columns) == 1
        document.add("display", key, value=columns[0] if is_single else list(columns) if key == "name" else columns)
    document.add_comment('link: "https://app.example.com/contact/{lead_id}"  # the record in your CRM', 2, wrap=False)
    document.add_comment("")


def _classify(column: str) -> str | None:
    plain = normalize_name(column).replace(" ", "")
    names = [plain, *(plain.removeprefix(prefix) for prefix in DISPLAY_PREFIXES)]
    return next((key for key, words in DISPLAY_NAMES.items() if any(name in words for name in names)), None)


def _fits(values: pd.Series, key: str) -> bool:
    texts = strip_text(values).dropna()
    texts = texts[texts != ""]
    return bool(len(texts)) and texts.str.fullmatch(_FITS.get(key, _LETTERS)).mean() >= MIN_FITTING_SHARE


def _contains(names: pd.Series, parts: pd.Series) -> bool:
    """Return whether most values of one column contain that of the other."""
    texts = pd.DataFrame({"name": strip_text(names), "part": strip_text(parts)}).dropna()
    inside = [part.casefold() in name.casefold() for name, part in texts.itertuples(index=False)]
    return sum(inside) > len(inside) / 2
