"""All codes of findings by their name."""

from leadlight.features.errors import ParamsError
from leadlight.pipelines.findings import audit_codes, monitoring_codes, quality_codes, source_codes
from leadlight.pipelines.findings.code import FindingCode

__all__ = ["find_code", "list_codes"]


def list_codes() -> list[FindingCode]:
    """Return every code in the order of its number."""
    found = [*audit_codes.CODES, *quality_codes.CODES, *source_codes.CODES, *monitoring_codes.CODES]
    return sorted(found, key=lambda entry: entry.code)


def find_code(code: str) -> FindingCode:
    """Return the code of a name such as ``LL101``, in any case.

    Raises
    ------
    ParamsError
        If there is none; the allowed ones are named.
    """
    known = {entry.code: entry for entry in list_codes()}
    if code.upper() not in known:
        raise ParamsError(f"The code of a finding must be one of {', '.join(known) or 'none'}. Got {code!r}.")
    return known[code.upper()]
