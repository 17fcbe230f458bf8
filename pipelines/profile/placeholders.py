"""Detect placeholders for "not known" in forms and exports."""

import re
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

__all__ = ["Placeholder", "find_missing_markers", "find_sentinel_dates", "find_sentinel_numbers", "normalize"]


def _split_list(text: str) -> frozenset[str]:
    return frozenset(word.strip() for word in text.replace("\n", "|").split("|")) - {""}


#: never a value, in any column; compared in lower case without brackets
ALWAYS = _split_list(
    """
    n/a|n.a.|n.a|#n/a|#na|n/d|n.d.|n/v|k.a.|k. a.|k.a|k/a|s/d|s.d.|null|nan|nil|undefined|unspecified|unset
    not specified|not set|not provided|not available|not applicable|not known|not given|not stated
    not selected|no data|no answer|no response|no value|missing|blank|empty|unknown|unkown|unk
    tbd|tba|t.b.d.|to be defined
    to be determined|prefer not to say|do not know|don't know|dont know|no information|choose|select
    unbekannt|keine angabe|keine angaben|ohne angabe|nicht angegeben|nicht bekannt|nicht ausgewählt
    nicht gewählt|nicht verfügbar|nicht zutreffend|leer|weiß nicht|weiss nicht|offen gelassen
    desconhecido|desconhecida|não informado|nao informado|não informada|nao informada|não especificado
    nao especificado|não definido|nao definido|sem informação|sem informacao|não disponível|selecione
    selecionar|vazio|inconnu|inconnue|non renseigné|non renseignée|non renseigne
    non spécifié|non spécifiée|non précisé
    non disponible|sélectionner|sélectionnez|vide|ne sait pas
    desconocido|desconocida|no especificado|no especificada|no informado|no disponible|no definido|sin datos
    sin información|sin informacion|sin especificar|seleccionar|seleccione|vacío
    """
)

#: missing in most columns, but a value among numbers, degrees, or yes and no
NOTHING = _split_list("none|keine|keiner|keines|nenhum|nenhuma|aucun|aucune|ninguno|ninguna|nichts|nada|rien|nothing")
DEGREES = _split_list(
    """
    yes|no|ja|nein|sim|não|nao|oui|non|sí|si|true|false|low|medium|high|one|two|three|some|few|many|several
    all|basic|full|partial|primary|secondary|tertiary|light|moderate|severe|mild|minor|major|niedrig|mittel
    hoch|eins|zwei|wenig|wenige|viel|viele|teilweise|voll|baixo|médio|alto|pouco|muito|faible|moyen|élevé
    bajo|medio|email|phone|sms|post|silver|gold|bronze
    """
)

#: prompt of an untouched drop-down
CHOOSE = re.compile(
    r"(please |bitte |por favor,? |veuillez )?"
    r"(select|choose|pick|wählen|auswählen|bitte|selecione|escolha|sélectionner|sélectionnez|choisir"
    r"|choisissez|seleccione|elija|elige)"
    r"( (one|an?|your|the|from|option|value|sie|uma?|une?|una?)\b.*)?"
)

SENTINEL_NUMBERS = (-1, -9, *(sign * int("9" * digits) for digits in range(2, 11) for sign in (-1, 1)))
SENTINEL_YEARS = frozenset({1, 1753, 1899, 1900, 1970, 2099, 2999, 9999})
SENTINEL_DAYS = frozenset({(1, 1), (12, 30), (12, 31)})
_BRACKETS = " \t.:…-–—_<>()[]{}*'\"«»"


class Placeholder(NamedTuple):
    """A text of the source that seems to mean "not known", its rows and their share of all rows."""

    text: str
    rows: int
    share: float


def normalize(text: str) -> str:
    """Normalize a text for comparison: lower case, single blanks, no brackets."""
    plain = " ".join(text.lower().split())
    if plain in ALWAYS:
        return plain
    return plain.strip(_BRACKETS) or ("" if plain else plain)


def find_missing_markers(texts: Iterable[str], numeric: bool) -> list[str]:
    """Find words for "not known" among the distinct texts of a column.

    Parameters
    ----------
    texts : iterable of str
        Distinct texts.
    numeric : bool
        Whether the column holds numbers, times or addresses; then "none" is not a value.
    """
    distinct = list(texts)
    markers, unclear = [], []
    for text in distinct:
        plain = normalize(text)
        if not plain or (set(plain) <= {"?", "x"} and ("?" in plain or len(plain) >= 3)):
            markers.append(text)  # only dashes, dots and question marks
        elif plain in ALWAYS or CHOOSE.fullmatch(plain):
            markers.append(text)
        elif plain in NOTHING or plain == "na":
            unclear.append(text)
    others = [text for text in distinct if text not in set(markers) | set(unclear)]
    codes = sum(len(text) == 2 and text.isupper() for text in others)
    grades = any(normalize(text) in DEGREES or re.search(r"\d", text) for text in others)
    for text in unclear:
        if normalize(text) == "na":  # Namibia among country codes
            is_value = text == "NA" and codes >= max(2, 0.6 * len(others))
        else:
            is_value = not numeric and (grades or not others)
        if not is_value:
            markers.append(text)
    return markers


def find_sentinel_numbers(numbers: pd.Series, rows: pd.Series) -> list[float]:
    """Find frequent numbers such as -1 and 9999 far from all others.

    Parameters
    ----------
    numbers, rows : pd.Series
        Distinct numbers of a column, and rows with each.
    """
    sentinels: list[float] = []
    min_rows = max(3.0, 0.005 * float(rows.sum()))
    for sentinel in SENTINEL_NUMBERS:
        same = numbers == sentinel
        others = numbers[~same & ~numbers.isin(sentinels)]
        if float(rows[same].sum()) < min_rows or len(others) < 3:
            continue
        alone_below = sentinel < 0 and others.min() >= 0
        far_above = sentinel > 0 and sentinel > 2 * others.max()
        if alone_below or far_above:
            sentinels.append(float(sentinel))
    return sentinels


def find_sentinel_dates(times: pd.Series, rows: pd.Series) -> np.ndarray:
    """Find dates such as 1900-01-01 and 9999-12-31 years away from all others.

    Parameters
    ----------
    times, rows : pd.Series
        Distinct times as tuples of year, month and day, and rows with each.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    if times.empty:
        return np.zeros(0, dtype=bool)
    named = np.array([year in SENTINEL_YEARS and (month, day) in SENTINEL_DAYS for year, month, day in times])
    years = np.array([year for year, _, _ in times])
    plain = years[~named]
    if not len(plain):
        return np.zeros(len(named), dtype=bool)
    away = np.abs(years[:, None] - np.array([[plain.min(), plain.max()]])).min(axis=1) >= 5
    outside = (years < plain.min()) | (years > plain.max())
    is_sentinel: np.ndarray = named & away & outside & (rows.to_numpy() >= 2)
    return is_sentinel
