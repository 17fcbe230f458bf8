"""The scorer bundle: one folder of LightGBM text and JSON, with checksums. No pickle."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from leadlight.features.catalogue import Catalogue
from leadlight.features.errors import BundleError
from leadlight.models.calibration.selection import read_calibrator
from leadlight.models.candidates.base import load_model, save_model
from leadlight.models.scoring.grades import GradeScale
from leadlight.models.scoring.scorer import Scorer
from leadlight.models.scoring.thresholds import Threshold

__all__ = ["get_bundle_checksum", "load_scorer", "save_scorer"]

FORMAT = 2


def save_scorer(scorer: Scorer, folder: Path) -> str:
    """Write a bundle in place of whatever the folder held.

    Parameters
    ----------
    scorer : Scorer
        The scorer.
    folder : Path
        Its folder; it appears whole or not at all.

    Returns
    -------
    str
        The bundle's checksum: the first 12 hex digits of the manifest's SHA-256.
    """
    fresh = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    save_model(scorer.model, fresh / "model")
    content = {
        "catalogue": scorer.catalogue.to_dict(),
        "calibrator": scorer.calibrator.to_dict(),
        "thresholds": {name: threshold.to_dict() for name, threshold in scorer.thresholds.items()},
        "fit_grades": scorer.fit_grades.to_dict(),
        "engagement_grades": scorer.engagement_grades.to_dict(),
        "facts": scorer.facts,
    }
    _write(fresh / "scorer.json", content)
    manifest = {"format": FORMAT, "catalogue": scorer.catalogue.checksum, "files": _checksums(fresh)}
    _write(fresh / "manifest.json", manifest)
    shutil.rmtree(folder, ignore_errors=True)
    fresh.replace(folder)
    return get_bundle_checksum(folder)


def load_scorer(folder: Path) -> Scorer:
    """Read a bundle.

    Raises
    ------
    BundleError
        If a file is missing or was changed, or the catalogue is not the one it was written with.
    """
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        content = json.loads((folder / "scorer.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BundleError(f"The bundle {folder} must be complete and readable. Got {error}.") from None
    if not isinstance(manifest, dict) or not {"format", "catalogue", "files"} <= set(manifest):
        raise BundleError(
            f"The manifest of the bundle {folder} must name format, catalogue and files. Got less."
        )
    if manifest.get("format") != FORMAT:
        raise BundleError(
            f"The format of the bundle {folder} must be {FORMAT}. Got {manifest.get('format')}."
        )
    found = _checksums(folder)
    changed = sorted(
        name for name in {*found, *manifest["files"]} if found.get(name) != manifest["files"].get(name)
    )
    if changed:
        raise BundleError(
            f"The files of the bundle {folder} must be as they were written. Got a change in {changed[0]}."
        )
    catalogue = Catalogue.from_dict(content["catalogue"])
    if catalogue.checksum != manifest["catalogue"]:
        raise BundleError(f"The catalogue of the bundle {folder} must match its manifest. It does not.")
    thresholds = {name: Threshold.from_dict(entry) for name, entry in content["thresholds"].items()}
    return Scorer(
        catalogue=catalogue,
        model=load_model(folder / "model"),
        calibrator=read_calibrator(content["calibrator"]),
        thresholds=thresholds,
        fit_grades=GradeScale.from_dict(content["fit_grades"]),
        engagement_grades=GradeScale.from_dict(content["engagement_grades"]),
        facts=content["facts"],
    )


def get_bundle_checksum(folder: Path) -> str:
    """Return the short checksum of a written bundle."""
    return hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()[:12]


def _checksums(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "manifest.json")
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def _write(path: Path, content: Any) -> None:
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
