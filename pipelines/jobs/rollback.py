"""``leadlight rollback``: make the version champion again that the champion replaced."""

from leadlight.features.errors import BundleError
from leadlight.models.scoring.bundle import load_scorer
from leadlight.pipelines.engines.engine import build_feature_set
from leadlight.pipelines.jobs.promote import ROLLED_BACK, get_utc_now
from leadlight.pipelines.params import Params
from leadlight.pipelines.registry.champion import PREVIOUS_CHAMPION_TAG, open_registry
from leadlight.pipelines.registry.mlflow_registry import CHAMPION, Version
from leadlight.pipelines.registry.registry_errors import make_no_model_error
from leadlight.pipelines.workspace.workdir import Workdir, read_json

__all__ = ["rollback"]


def rollback(params: Params, workdir: Workdir, reason: str) -> dict[str, str]:
    """Move the champion back by one version; a second call goes one further back.

    Parameters
    ----------
    params : Params
        The older version must have the features that they declare.
    workdir : Workdir
        Where the registry is.
    reason : str
        Stored as a tag of the replaced version, which is then not promoted again.

    Returns
    -------
    dict
        from, to: numbers of both versions.

    Raises
    ------
    BundleError
        If the champion replaced no version, or the older version does not fit the params.
    """
    registry = open_registry(workdir)
    champion = registry.find_version(CHAMPION)
    if champion is None:
        raise make_no_model_error(CHAMPION, registry.uri)
    number, tags = champion
    if PREVIOUS_CHAMPION_TAG not in tags:
        raise BundleError(
            f"The champion must have taken the place of a version to go back to. Got version {number}, "
            "before which nobody served."
        )
    older = registry.download_version(tags[PREVIOUS_CHAMPION_TAG])
    if workdir.ingest_report.exists():
        _require_same_features(params, workdir, older)
    # the alias last: it alone decides, and tags without it have no effect
    registry.set_tags(number, {ROLLED_BACK: get_utc_now(), "rollback.to": older.number, "rollback.reason": reason})
    registry.set_alias(CHAMPION, older.number)
    return {"from": number, "to": older.number}


def _require_same_features(params: Params, workdir: Workdir, older: Version) -> None:
    scorer = load_scorer(older.bundle)
    report = read_json(workdir.ingest_report) | {"activity_types": scorer.metadata.activity_types}
    catalogue = build_feature_set(params, report).catalogue
    if catalogue.checksum != scorer.catalogue.checksum:
        differing = sorted(set(catalogue.names) ^ set(scorer.catalogue.names))
        raise BundleError(
            f"The features of version {older.number} must be those of params.yaml. Got a difference in "
            f"{differing[0] if differing else 'kind, topic or direction'}: "
            "bring back the params of its day first."
        )
