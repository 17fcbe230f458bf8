"""``leadlight run``: all training stages in order, without DVC, for any params file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from leadlight.pipelines.audit.report import audit, summarize
from leadlight.pipelines.params import Params
from leadlight.pipelines.stages.calibrate import calibrate
from leadlight.pipelines.stages.evaluate import evaluate
from leadlight.pipelines.stages.featurize import featurize
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.stages.register import register
from leadlight.pipelines.stages.simulate import simulate, write_ground_truth
from leadlight.pipelines.stages.snapshot import snapshot
from leadlight.pipelines.stages.train import train
from leadlight.pipelines.workspace.console import show_progress
from leadlight.pipelines.workspace.workdir import Workdir

__all__ = ["STAGES", "run", "run_stage", "select_stages"]

_SIMULATED_ONLY = ("simulate", "truth")


def run(params: Params, folder: Path, workdir: Workdir) -> dict[str, Any]:
    """Run every stage that the source needs; return the test figures."""
    metrics: dict[str, Any] = {}
    for name in select_stages(params):
        result = run_stage(name, params, folder, workdir)
        metrics = result if name == "evaluate" else metrics
    return metrics


def select_stages(params: Params) -> tuple[str, ...]:
    """Return the stages that a source needs, in order; one of one's own is not simulated."""
    return tuple(name for name in STAGES if params.simulation is not None or name not in _SIMULATED_ONLY)


def run_stage(name: str, params: Params, folder: Path, workdir: Workdir, **options: Any) -> Any:
    """Run one stage and say what it came to.

    Parameters
    ----------
    name : str
        One of :data:`STAGES`.
    params : Params
        The params.
    folder : Path
        Folder that the source's paths start from.
    workdir : Workdir
        Where everything goes.
    **options
        Of the stage: ``as_champion`` of ``register``, ``engine`` of ``featurize``.
    """
    return _RUNNERS[name](params, folder, workdir, **options)


def _simulate(params: Params, folder: Path, workdir: Workdir) -> Any:
    with show_progress("Simulating a CRM") as tell:
        counts = simulate(params, folder, lambda share: tell(share=share))
        tell(result=", ".join(f"{value:,} {key.replace('_', ' ')}" for key, value in counts.items() if value))
    return counts


def _ingest(params: Params, folder: Path, workdir: Workdir) -> Any:
    with show_progress("Reading the source") as tell:
        report = ingest(params, folder, workdir)
        rows = ", ".join(
            f"{count:,} {name}" for name, count in report["rows"].items() if name != "attributes"
        )
        quarantined = sum(entry["rows"] for entry in report["quarantine"])
        tell(result=f"{rows}; {quarantined:,} in quarantine")
    return report


def _audit(params: Params, folder: Path, workdir: Workdir) -> Any:
    with show_progress("Auditing the source") as tell:
        report = audit(params, folder, workdir)
        tell(result=summarize(report))
    return report


def _snapshot(params: Params, folder: Path, workdir: Workdir) -> Any:
    with show_progress("Drawing snapshots") as tell:
        report = snapshot(params, workdir)
        parts = [f"{report['splits'][n]['snapshots']:,} {n} ({report['splits'][n]['wins']:,} won)"
                 for n in ("train", "calibrate", "test")]  # fmt: skip
        tell(result=", ".join(parts))
        if report["left_truncation"]:
            tell(result=", ".join(parts) + ". " + report["left_truncation"])
    return report


def _featurize(params: Params, folder: Path, workdir: Workdir, engine: str | None = None) -> Any:
    with show_progress("Computing features") as tell:
        rows = featurize(params, workdir, engine)
        tell(result=f"{rows:,} rows")
    return rows


def _train(params: Params, folder: Path, workdir: Workdir) -> Any:
    with show_progress("Training candidates") as tell:
        chosen = train(params, workdir, lambda name: tell(detail=f"{name} fitted"))
        tell(result=", ".join(chosen))
    return chosen


def _calibrate(params: Params, folder: Path, workdir: Workdir) -> Any:
    with show_progress("Calibrating, setting thresholds") as tell:
        scorer = calibrate(params, workdir)
        t = scorer.thresholds
        tell(
            result=f"{scorer.facts['candidate']} serves; "
            f"MQL from {t['marketing_qualified'].probability:.1%}, "
            f"SQL from {t['sales_qualified'].probability:.1%}"
        )
    return scorer


def _truth(params: Params, folder: Path, workdir: Workdir) -> Any:
    with show_progress("Simulating futures for the truth") as tell:
        rows = write_ground_truth(params, folder, workdir, on_progress=lambda share: tell(share=share))
        tell(result=f"{rows:,} true probabilities")
    return rows


def _evaluate(params: Params, folder: Path, workdir: Workdir) -> Any:
    with show_progress("Scoring the test window once") as tell:
        metrics = evaluate(params, workdir)
        saved = metrics["log_loss_saved_against"]["constant"]
        check = "passed" if metrics["calibration"]["passed"] else "failed, the number is shown as a rank"
        tell(
            result=f"log loss {saved['value']:.4f} below the base rate "
            f"[{saved['low']:.4f}, {saved['high']:.4f}]; calibration check {check}"
        )
    return metrics


def _register(params: Params, folder: Path, workdir: Workdir, as_champion: bool = False) -> Any:
    with show_progress("Registering in MLflow") as tell:
        result = register(params, workdir, as_champion)
        tell(result=f"version {result['version']} is challenger; champion is version {result['champion']}")
    return result


_RUNNERS: dict[str, Callable[..., Any]] = {
    "simulate": _simulate,
    "ingest": _ingest,
    "audit": _audit,
    "snapshot": _snapshot,
    "featurize": _featurize,
    "train": _train,
    "calibrate": _calibrate,
    "truth": _truth,
    "evaluate": _evaluate,
    "register": _register,
}

#: in the order in which they run
STAGES = tuple(_RUNNERS)
