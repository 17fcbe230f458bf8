"""Match values and lead ids that are written differently: case, blanks, accents, a final .0, leading zeros."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import pandas as pd

from leadlight.pipelines.findings.source_codes import NEAR_MISS
from leadlight.pipelines.params.source import Source
from leadlight.pipelines.sources.rows.quarantine import Quarantine
from leadlight.pipelines.sources.rows.table_reader import TableReader, make_membership

__all__ = ["LeadIds", "fold_ids", "match_leads", "match_values", "record_near_misses"]

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
#: kind of difference, as named in source.match_ids -> what removes it
_FOLDS: dict[str, Callable[[str], str]] = {
    "case": str.casefold,
    "blanks": lambda text: re.sub(r"[\s\u200b\ufeff]+", "", text),
    "accents": lambda text: "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)),
    "decimals": lambda text: re.sub(r"[.,]0+$", "", text),
    "zeros": lambda text: re.sub(r"^0+(?=.)", "", text),
}


def match_values(words: pd.Series, texts: Iterable[str], *, match_case: bool) -> pd.Series:
    """Return a mask of the words that are among the texts.

    Parameters
    ----------
    words : pd.Series of str
        Values of the source.
    texts : iterable of str
        Values of params.
    match_case : bool
        Whether case counts; for True and False it never does. Blanks around a word never count.
    """
    wanted = {text.strip() for text in texts}
    if match_case:
        forms = wanted | {form for text in wanted & {"True", "False"} for form in (text.lower(), text.upper())}
        return words.str.strip().isin(forms)
    return words.str.strip().str.casefold().isin({text.casefold() for text in wanted})


def fold_ids(ids: pd.Series, source: Source) -> pd.Series:
    """Return ids as they are compared: of e-mail addresses, and of the kinds in source.match_ids, one form."""
    return ids.map({text: _fold(text, source) for text in ids.dropna().unique()}).astype("str")


def _fold(text: str, source: Source) -> str:
    if not source.match_case and _EMAIL.fullmatch(text):
        text = text.casefold()
    return _apply(text, source.match_ids)


def _apply(text: str, kinds: Iterable[str]) -> str:
    for kind in kinds:
        text = _FOLDS[kind](text)
    return text


class LeadIds:
    """The ids of the clean leads, and how ids of other tables match them.

    Parameters
    ----------
    ids : pd.Series of str
        Unique ids.
    source : Source
        Says what is ignored: match_case and match_ids.
    """

    def __init__(self, ids: pd.Series, source: Source) -> None:
        self.source = source
        self._known = set(ids)
        self._is_known = make_membership(ids)
        self._forms: dict[str, str] | None = None
        self._unknown: Counter[str] = Counter()

    def match(self, values: pd.Series) -> pd.Series:
        """Write ids as leads write them; those that match none, or several leads, stay as they are, counted."""
        unknown = values[~self._is_known(values) & values.notna()].value_counts()
        if unknown.empty:
            return values
        if self._forms is None:
            self._forms = self._index(lambda text: _fold(text, self.source))
        found = {text: lead for text in unknown.index if (lead := self._forms.get(_fold(text, self.source)))}
        self._unknown.update({str(text): int(rows) for text, rows in unknown.items() if text not in found})
        return values.mask(values.isin(set(found)), values.map(found)) if found else values

    def find_near_misses(self) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """Find ids, of all that :meth:`match` left, that match a lead after folding more than params allow.

        Returns
        -------
        misses : list of dict
            code, kind, rows, value and lead of an example, and what to write in params.
        leads : dict
            Unknown id -> the one lead that it nearly is.
        """
        rest, misses = set(self._unknown), []
        leads: dict[str, str] = {}
        for kinds in [*((kind,) for kind in _FOLDS), tuple(_FOLDS)]:
            if not rest:
                break
            forms = self._index(lambda text, kinds=kinds: _apply(text, kinds))  # type: ignore[misc]
            found = {text: lead for text in sorted(rest) if (lead := forms.get(_apply(text, kinds)))}
            if found:
                leads |= found
                rest -= set(found)
                example = next(iter(found))
                allowed = [kind for kind in _FOLDS if kind in {*kinds, *self.source.match_ids}]
                misses.append(
                    {
                        "code": NEAR_MISS.code,
                        "kind": " and ".join(kinds),
                        "rows": sum(self._unknown[text] for text in found),
                        "value": example,
                        "lead": found[example],
                        "write": f"source.match_ids: [{', '.join(allowed)}]",
                    }
                )
        return misses, leads

    def _index(self, fold: Callable[[str], str]) -> dict[str, str]:
        """Return folded id -> lead; forms that several leads share are left out."""
        forms: dict[str, str] = {}
        shared: set[str] = set()
        for lead in self._known:
            form = fold(lead)
            if form in forms:
                shared.add(form)
            forms[form] = lead
        return {form: lead for form, lead in forms.items() if form not in shared}


def match_leads(reader: TableReader, leads: pd.DataFrame, quarantine: Quarantine) -> dict[str, str]:
    """Write the ids of a table as leads write them; record near misses.

    Parameters
    ----------
    reader : TableReader
        Its clean column lead_id is replaced.
    leads : pd.DataFrame
        The clean leads.
    quarantine : Quarantine
        Its near misses grow.

    Returns
    -------
    dict
        Id that is not in leads -> the one lead that it nearly is.
    """
    ids = LeadIds(leads["lead_id"], reader.source)
    reader.clean["lead_id"] = ids.match(reader.clean["lead_id"])
    return record_near_misses(reader.name, ids, quarantine)


def record_near_misses(name: str, ids: LeadIds, quarantine: Quarantine) -> dict[str, str]:
    """Record the near misses of a table whose ids were matched; return what :func:`match_leads` does."""
    misses, nearly = ids.find_near_misses()
    quarantine.near_misses += [{"table": name} | miss for miss in misses]
    return nearly
