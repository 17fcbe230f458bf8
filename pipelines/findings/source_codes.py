"""Codes of findings of reading the source: LL201 and following."""

from leadlight.pipelines.findings.code import FindingCode

__all__ = ["CODES"]

CODES: tuple[FindingCode, ...] = ()
