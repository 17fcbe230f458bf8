"""Labels of columns in the languages in which they are known: no English text under ``de``."""

import re

from leadlight.pipelines.init.vocabulary import format_label, normalize_name

__all__ = ["propose_label"]

#: English names of fields of CRM systems, and what each is in German
_TERMS = (
    ("industry|branch|sector", "Branche|Wirtschaftszweig"),
    ("country|country region", "Land"),
    ("city", "Stadt|Ort"),
    ("postal code|zip|zip code|postcode", "Postleitzahl|PLZ"),
    ("lead source|source|original source", "Leadquelle|Quelle|Herkunft"),
    ("employees|number of employees|no of employees|staff", "Mitarbeiter|Mitarbeiterzahl|Anzahl Mitarbeiter"),
    ("company size", "Unternehmensgröße|Firmengröße|Größe"),
    ("annual revenue", "Jahresumsatz"),
    ("revenue", "Umsatz"),
    ("e-mail|email|mail|email address", "E-Mail|E-Mail-Adresse"),
    ("job title|title", "Position|Berufsbezeichnung"),
    ("language", "Sprache"),
    ("campaign", "Kampagne"),
    ("channel", "Kanal"),
    ("product", "Produkt"),
    ("age", "Alter"),
    ("page views|number of pageviews", "Seitenaufrufe"),
    ("visits|total visits", "Besuche"),
    ("company", "Firma|Unternehmen"),
    ("customer type", "Kundenart"),
)


def _pair(names: str, label: str) -> dict[str, str]:
    return {normalize_name(name): label.partition("|")[0] for name in names.split("|")}


IN_GERMAN = {name: label for english, german in _TERMS for name, label in _pair(english, german).items()}
IN_ENGLISH = {name: format_label(label) for en, de in _TERMS for name, label in _pair(de, en).items()}
#: a name with one of these is German
GERMAN = re.compile(
    r"[äöüß]|\b(der|die|das|des|und|von|mit|seit|anzahl|letzter?|letztes|erster?|erstes|kunde|anfrage)\b"
    r"|(ung|keit|heit|schaft|groesse|zahl|datum|quelle|umsatz|branche|nummer|betrag)\b",
    re.IGNORECASE,
)


def propose_label(name: str) -> dict[str, str]:
    """Return the label of a column or activity type.

    Returns
    -------
    dict
        Its words in the language that they are in, which pages show in the other one too; both for a known term.
    """
    text, plain = format_label(name), normalize_name(name)
    if plain in IN_ENGLISH:
        return {"en": IN_ENGLISH[plain], "de": text}
    if plain in IN_GERMAN:
        return {"en": text, "de": IN_GERMAN[plain]}
    return {"de": text} if GERMAN.search(text) else {"en": text}
