"""The stages of the pipeline, in the order in which they run.

The commands, `leadlight run`, `leadlight retrain` and the tests of ``dvc.yaml`` read this table. A stage is
imported only when it runs, so that the command line starts fast.
"""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from leadlight.pipelines.params import Params
    from leadlight.pipelines.workspace.workdir import Workdir

__all__ = ["STAGES", "Stage", "select_stages"]


@dataclass(frozen=True)
class Stage:
    """One stage.

    Parameters
    ----------
    help : str
        Help sentence of its command.
    progress : str
        Text beside the progress bar.
    function : str
        ``module:function`` below ``leadlight.pipelines``.
    summarize : callable
        Returns the line that is printed when the stage has ended, from the result of the function.
    at_moment : str, optional
        ``module:function`` for ``--as-of``: open leads at a moment in place of the training snapshots.
    moment_output : str
        Its output in the working folder, unless ``--output`` names another.
    simulated_only : bool
        Whether the stage needs a simulated CRM.
    in_pipeline : bool
        Whether ``dvc repro`` runs it: all but register, which changes what serves.
    """

    help: str
    progress: str
    function: str
    summarize: Callable[[Any], str]
    at_moment: str | None = None
    moment_output: str = ""
    simulated_only: bool = False
    in_pipeline: bool = True

    def run(self, params: Params, folder: Path, workdir: Workdir, **options: Any) -> Any:
        """Run the stage, with progress and a summary in the terminal.

        Parameters
        ----------
        params : Params
            The params.
        folder : Path
            Folder that paths of the source start from.
        workdir : Workdir
            Where outputs go.
        **options
            Further arguments of the function: ``as_champion`` of register, ``engine`` of featurize; ``as_of``
            and ``output`` with `at_moment`.

        Returns
        -------
        object
            The result of the function.

        Raises
        ------
        ParamsError
            If the stage needs the simulator, which the wheel does not contain.
        """
        from leadlight.features.errors import ParamsError
        from leadlight.pipelines.workspace.console import show_progress

        path = self.at_moment if self.at_moment and options.get("as_of") is not None else self.function
        module, _, name = path.partition(":")
        if self.simulated_only and importlib.util.find_spec("leadlight.pipelines.simulation") is None:
            raise ParamsError("The simulator must be installed to simulate. It is not in the wheel: use a checkout.")
        function = getattr(importlib.import_module(f"leadlight.pipelines.{module}"), name)
        with show_progress(self.progress) as report:
            arguments = {"params": params, "folder": folder, "workdir": workdir, "on_progress": report}
            arguments |= {"on_fitted": lambda candidate: report(detail=f"{candidate} fitted")} | options
            accepted = inspect.signature(function).parameters
            result = function(**{key: value for key, value in arguments.items() if key in accepted})
            where = f" in {options['output']}" if options.get("output") else ""
            report(result=self.summarize(result) + where)
        return result


def select_stages(params: Params) -> dict[str, Stage]:
    """Return the stages that a source needs, in order; those of the simulated CRM only where there is one."""
    return {name: stage for name, stage in STAGES.items() if params.simulation is not None or not stage.simulated_only}


def _summarize_simulation(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{value:,} {key.replace('_', ' ')}" for key, value in counts.items() if value)


def _summarize_ingest(report: Mapping[str, Any]) -> str:
    rows = ", ".join(f"{count:,} {name}" for name, count in report["rows"].items() if name != "attributes")
    return f"{rows}; {sum(entry['rows'] for entry in report['quarantine']):,} in quarantine"


def _summarize_audit(report: Any) -> str:
    from leadlight.pipelines.audit.report import summarize

    return summarize(report)


def _summarize_snapshots(report: Mapping[str, Any]) -> str:
    splits = ((name, report["splits"][name]) for name in ("train", "calibrate", "test"))
    counts = ", ".join(f"{split['snapshots']:,} {name} ({split['wins']:,} won)" for name, split in splits)
    return ". ".join(filter(None, [counts, report["left_truncation"], report["fallback"]]))


def _summarize_training(result: Mapping[str, Any]) -> str:
    return f"{result['chosen']} chosen among {', '.join(result['tuning'])}"


def _summarize_calibration(scorer: Any) -> str:
    if not scorer.metadata.has_signal:
        return "no evidence of signal: every lead has the base score, and no stage is given"
    marketing, sales = (scorer.thresholds[name] for name in ("marketing_qualified", "sales_qualified"))
    return f"{scorer.metadata.candidate} serves; MQL from {marketing.probability:.1%}, SQL from {sales.probability:.1%}"


def _summarize_evaluation(metrics: Mapping[str, Any]) -> str:
    saved = metrics["log_loss_reduction"]["constant"]
    checks = ((group, check["answer"]) for group, check in metrics["calibration"].items() if "answer" in check)
    answers = ", ".join(f"{group} {answer.replace('_', ' ')}" for group, answer in checks)
    return (
        f"log loss {saved['value']:.4f} below the base rate [{saved['low']:.4f}, {saved['high']:.4f}]; "
        f"calibration check: {answers}"
    )


STAGES: dict[str, Stage] = {
    "simulate": Stage(
        "Write a simulated CRM to the files that the source names.",
        "Simulating a CRM",
        "stages.simulate:simulate",
        _summarize_simulation,
        simulated_only=True,
    ),
    "ingest": Stage(
        "Read the source into clean tables; unusable rows go to quarantine.",
        "Reading the source",
        "stages.ingest:ingest",
        _summarize_ingest,
    ),
    "audit": Stage(
        "Report data quality and target leakage of the source before anything is trained.",
        "Auditing the source",
        "audit.report:audit",
        _summarize_audit,
    ),
    "snapshot": Stage(
        "Draw, label and split the training snapshots.",
        "Drawing snapshots",
        "stages.snapshot:snapshot",
        _summarize_snapshots,
    ),
    "featurize": Stage(
        "Compute the feature table of the snapshots, or of the open leads at any moment.",
        "Computing features",
        "stages.featurize:featurize",
        "{:,} rows".format,
        at_moment="stages.featurize:featurize_as_of",
        moment_output="features/{}.parquet",
    ),
    "train": Stage(
        "Judge the candidates, choose one, fit it before the test window and on every matured snapshot.",
        "Training candidates",
        "stages.train:train",
        _summarize_training,
    ),
    "calibrate": Stage(
        "Calibrate the chosen model, set thresholds and grades, write the scorer bundle.",
        "Calibrating, setting thresholds",
        "stages.calibrate:calibrate",
        _summarize_calibration,
    ),
    "truth": Stage(
        "Write the true probability to win, which only a simulated CRM knows.",
        "Simulating futures for the truth",
        "stages.truth:write_ground_truth",
        "{:,} true probabilities".format,
        at_moment="stages.truth:write_ground_truth",
        moment_output="truth-{}.parquet",
        simulated_only=True,
    ),
    "evaluate": Stage(
        "Score the test window once, against what a model has to beat.",
        "Scoring the test window once",
        "stages.evaluate:evaluate",
        _summarize_evaluation,
    ),
    "register": Stage(
        "Log the run to MLflow and register the bundle: as challenger, and as champion if there is none.",
        "Registering in MLflow",
        "jobs.register:register",
        "version {0[version]} is challenger; champion is version {0[champion]}".format,
        in_pipeline=False,
    ),
}
