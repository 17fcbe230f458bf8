"""Gate before training: no mapped name may be a leak unless `audit.allow` names code and column."""

from leadlight.features.errors import ParamsError
from leadlight.pipelines.audit.findings import LEAK, mark_allowed
from leadlight.pipelines.params import Params
from leadlight.pipelines.workspace.workdir import Workdir, read_json

__all__ = ["raise_on_leakage"]


def raise_on_leakage(params: Params, workdir: Workdir) -> None:
    """Refuse to train on leaks of the audit.

    Parameters
    ----------
    params : Params
        Attributes, signals and ``audit.allow`` of today; may be newer than the report.
    workdir : Workdir
        With the report.

    Raises
    ------
    SourceError
        If there is no report.
    ParamsError
        If a mapped attribute or signal is a leak and not allowed.
    """
    report = read_json(workdir.require(workdir.audit_report, "audit"))
    names = {("leads", name): "attributes" for name in params.attributes}
    names |= {("activities", name): "signals" for name in params.signals}
    for finding in mark_allowed(report["findings"], params.audit.allowed):
        section = names.get((finding["table"], finding["column"]))
        if finding["severity"] != LEAK or section is None or finding["allowed"]:
            continue
        name, code = finding["column"], finding["code"]
        raise ParamsError(
            f"The section {section} must name nothing that is known only after the outcome. "
            f"Got {name}, which {finding['sentence']} ({code}): remove it from {section}, or, if it was known before, "
            f'set audit: {{allow: ["{code} {name}"]}} in params.yaml.'
        )
