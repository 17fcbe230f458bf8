"""What people call a lead by, and the addresses to reach it: shown and searched, never scored."""

import re
import unicodedata
from typing import NamedTuple
from urllib.parse import quote

from leadlight.features.text_normalization import normalize_text

__all__ = ["LeadDisplay", "build_search_text", "build_tel_link", "clean_display_text", "extract_digits"]

#: more digits than any phone number has (E.164): several numbers in one cell
MAX_PHONE_DIGITS = 15
MIN_PHONE_DIGITS = 3
_PLAIN_NUMBER = re.compile(r"[ (]*\+?[\d\s()/.\-\N{EN DASH}\N{NO-BREAK SPACE}]+")
_PLAIN_ADDRESS = re.compile(r"[^\s@<>\"(),:;\[\]\\]+@[^\s@<>\"(),:;\[\]\\]+")


class LeadDisplay(NamedTuple):
    """What is shown of a lead beside its score.

    Parameters
    ----------
    lead_id : str
    name, company, phone, email, owner : str or None
        As in the source, cleaned by :func:`clean_display_text`.
    link : str or None
        Address of its record in the CRM.
    """

    lead_id: str
    name: str | None = None
    company: str | None = None
    phone: str | None = None
    email: str | None = None
    owner: str | None = None
    link: str | None = None

    @property
    def title(self) -> str:
        """What the lead is called: name, else company, else e-mail address, else id."""
        return self.name or self.company or self.email or self.lead_id

    @property
    def tel_link(self) -> str | None:
        """Link to the phone number."""
        return build_tel_link(self.phone)

    @property
    def mail_link(self) -> str | None:
        """Link to the e-mail address; None unless it is a plain one."""
        if self.email is None or not _PLAIN_ADDRESS.fullmatch(self.email):
            return None
        return "mailto:" + quote(self.email, safe="@")

    @property
    def web_link(self) -> str | None:
        """Link to the record in the CRM; None unless it leads to the web."""
        return self.link if self.link is not None and self.link.startswith(("https://", "http://")) else None


def clean_display_text(text: str) -> str | None:
    """Replace control characters and runs of blanks by one blank; None if nothing is left."""
    plain = "".join(" " if unicodedata.category(character) in ("Cc", "Cs") else character for character in text)
    return " ".join(plain.split()) or None


def extract_digits(phone: str) -> str:
    """Return the digits of a phone number, without the (0) of an international number."""
    if phone.lstrip(" (").startswith(("+", "00")):
        phone = re.sub(r"\(\s*0\s*\)", "", phone)
    return "".join(character for character in phone if character in "0123456789")


def build_tel_link(phone: str | None) -> str | None:
    """Return a ``tel:`` link; None for text that is not one number and nothing else."""
    if phone is None or not _PLAIN_NUMBER.fullmatch(phone):
        return None
    digits = extract_digits(phone)
    if not MIN_PHONE_DIGITS <= len(digits) <= MAX_PHONE_DIGITS:
        return None
    return f"tel:+{digits}" if phone.lstrip(" (").startswith("+") else f"tel:{digits}"


def build_search_text(display: LeadDisplay) -> str:
    """Return the normalized text that a search looks into: id, name, company, e-mail address and phone number."""
    fields = (display.lead_id, display.name, display.company, display.email, display.phone)
    texts = [normalize_text(field) for field in fields if field]
    return "\n".join([*texts, extract_digits(display.phone or "")])
