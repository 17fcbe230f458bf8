"""Codes of findings of monitoring: LL301 and following."""

from leadlight.pipelines.findings.code import FindingCode

__all__ = ["CODES"]

CODES: tuple[FindingCode, ...] = ()
