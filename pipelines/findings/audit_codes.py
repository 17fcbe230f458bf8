"""Codes of findings of the audit: LL101 and following."""

from leadlight.pipelines.findings.code import FindingCode

__all__ = ["CODES"]

CODES: tuple[FindingCode, ...] = ()
