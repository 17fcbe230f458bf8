"""Writes trainings to MLflow: one run each, found again by the checksum of its bundle."""

import tempfile
import warnings
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.data.code_dataset_source import CodeDatasetSource
from mlflow.data.meta_dataset import MetaDataset
from mlflow.models import infer_signature

from leadlight.models.scoring.bundle import load_scorer
from leadlight.models.scoring.score_table import DEFAULT_REASONS, tabulate_scores
from leadlight.models.scoring.scorer import Scorer
from leadlight.pipelines.registry.mlflow_registry import Registry
from leadlight.pipelines.registry.model_code import copy_scoring_code, ignore_uv_files, list_requirements
from leadlight.pipelines.registry.training_run import DatasetSummary, TrainingRun
from leadlight.pipelines.workspace.workdir import Workdir

__all__ = ["log_model", "log_training"]


def log_training(registry: Registry, training: TrainingRun, workdir: Workdir, params_file: Path) -> str:
    """Log a training as one run, or bring the run of the same bundle up to date.

    Parameters
    ----------
    registry : Registry
        Where to.
    training : TrainingRun
        What is logged.
    workdir : Workdir
        Its plots and model card are logged as artifacts.
    params_file : Path
        Logged as it is, where it exists.

    Returns
    -------
    str
        Identifier of the run.
    """
    with registry.convert_errors():
        earlier = registry.find_run(training.tags["bundle"])
        with mlflow.start_run(
            run_id=earlier,
            experiment_id=None if earlier else registry.require_experiment(),
            run_name=None if earlier else training.name,
            description=None if earlier else training.description,
        ) as run:
            mlflow.set_tags(training.tags)
            # a metric that has not changed keeps its one point
            changed = {name: value for name, value in training.metrics.items() if run.data.metrics.get(name) != value}
            mlflow.log_metrics(changed, timestamp=None if earlier else run.info.start_time)
            if earlier is None:
                mlflow.log_params(training.params)
                for summary in training.datasets:
                    mlflow.log_input(_build_dataset(summary), context=summary.context, tags=summary.tags)
                mlflow.log_table(training.candidates, "candidates.json")
                if len(training.trials):  # the rule book alone has none
                    mlflow.log_table(training.trials, "trials.json")
            mlflow.log_artifacts(str(workdir.plots), "plots")
            if params_file.is_file():
                mlflow.log_artifact(str(params_file))
        return str(run.info.run_id)


def log_model(registry: Registry, run_id: str, bundle: Path, training: TrainingRun) -> Any:
    """Log a bundle as a model of a run, and link the metrics to it and to the test window.

    Returns
    -------
    ModelInfo
        Of MLflow: ``model_uri`` and ``model_id``.
    """
    scorer = load_scorer(bundle)
    example = make_input_example(scorer)
    with (
        registry.convert_errors(),
        mlflow.start_run(run_id=run_id) as run,
        tempfile.TemporaryDirectory(prefix="leadlight-") as staging,
        ignore_uv_files(),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore", UserWarning)  # on columns of whole numbers, of which there are none
        logged = mlflow.pyfunc.log_model(
            name="scorer",
            python_model=str(Path(__file__).resolve().with_name("pyfunc_model.py")),
            artifacts={"bundle": str(bundle)},
            code_paths=[str(copy_scoring_code(Path(staging)))],
            pip_requirements=list_requirements(bundle),
            signature=infer_signature(example, tabulate_scores(scorer, example, **DEFAULT_REASONS), DEFAULT_REASONS),
            # MLflow copies the metrics of the run at this step to the model, without their data set; there are none
            step=1,
            tags={"mlflow.note.content": training.description},
            metadata={key: training.tags[key] for key in ("bundle", "calibration", "candidate")},
        )
        test = next(_build_dataset(summary) for summary in training.datasets if summary.context == "test")
        # at the time of the metrics of the run, of which these are no second points
        started = run.info.start_time
        mlflow.log_metrics(training.metrics, timestamp=started, model_id=logged.model_id, dataset=test)
    return logged


def make_input_example(scorer: Scorer) -> pd.DataFrame:
    """Invent three leads: one of which nothing is known, and two with made-up values; none of a real lead.

    Every feature has a missing value, so that the signature declares it as optional; as_of has none.
    """
    columns = {
        feature.name: [None, "example", "other"] if feature.kind == "category" else [float("nan"), 0.0, 1.0]
        for feature in scorer.catalogue.features
    }
    moment = {"as_of": pd.Timestamp("2025-01-01")} if "as_of" in scorer.columns else {}
    return pd.DataFrame(columns).assign(**moment)


def _build_dataset(summary: DatasetSummary) -> MetaDataset:
    source = CodeDatasetSource({"file": "snapshots/snapshots.parquet", "split": summary.context})
    return MetaDataset(source, name=f"{summary.context} window", digest=summary.digest)
