"""``leadlight rollback``: the version serves again that the champion took the place of."""

from leadlight.features.errors import BundleError
from leadlight.models.scoring.bundle import load_scorer
from leadlight.pipelines.engines.engine import build_feature_set
from leadlight.pipelines.jobs.promote import ROLLED_BACK, get_utc_now
from leadlight.pipelines.params import Params
from leadlight.pipelines.registry.champion import PREVIOUS_CHAMPION_TAG, open_registry
from leadlight.pipelines.registry.mlflow_registry import CHAMPION, Version, make_no_model_error
from leadlight.pipelines.workspace.workdir import Workdir, read_json

__all__ = ["rollback"]


def rollback(params: Params, workdir: Workdir, reason: str) -> dict[str, str]:
    """Move the champion back by one; a second time moves it further.

    Parameters
    ----------
    params : Params
        The older version has to fit them, for the next night is scored with both.
    workdir : Workdir
        Where the registry is.
    reason : str
        Kept as a tag of the version that goes; with it that version does not come back by itself.

    Returns
    -------
    dict
        from, to: numbers of both versions.

    Raises
    ------
    BundleError
        If the champion took nobody's place, or the older version does not fit the params any more.
    """
    registry = open_registry(workdir)
    found = registry.find_version(CHAMPION)
    if found is None:
        raise make_no_model_error(CHAMPION, registry.uri)
    number, tags = found
    if PREVIOUS_CHAMPION_TAG not in tags:
        raise BundleError(
            f"The champion must have taken the place of a version to go back to. Got version {number}, "
            "before which nobody served."
        )
    older = registry.download_version(tags[PREVIOUS_CHAMPION_TAG])
    if workdir.ingest_report.exists():
        _demand_fit(params, workdir, older)
    # the alias last, for it alone says who serves: a kill before it leaves a reason that has no effect
    registry.set_tags(
        number, {ROLLED_BACK: get_utc_now(), "rollback.to": older.number, "rollback.reason": reason}
    )
    registry.set_alias(CHAMPION, older.number)
    return {"from": number, "to": older.number}


def _demand_fit(params: Params, workdir: Workdir, older: Version) -> None:
    scorer = load_scorer(older.bundle)
    report = read_json(workdir.ingest_report) | {"activity_types": scorer.facts["activity_types"]}
    catalogue = build_feature_set(params, report).catalogue
    if catalogue.checksum != scorer.catalogue.checksum:
        odd = sorted(set(catalogue.names) ^ set(scorer.catalogue.names))
        raise BundleError(
            f"The features of version {older.number} must be those of params.yaml. Got a difference in "
            f"{odd[0] if odd else 'kind, topic or direction'}: bring back the params of its day first."
        )
