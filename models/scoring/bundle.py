"""The scorer bundle: one folder of LightGBM text and JSON, with checksums. No pickle."""

import hashlib
import json
from pathlib import Path
from typing import Any

from leadlight.features.catalogue import Catalogue
from leadlight.features.errors import BundleError
from leadlight.models.calibration.parametric import PlattCalibrator
from leadlight.models.candidates.base import load_model, save_model
from leadlight.models.scoring.atomic_folder import restore_path, write_folder_atomically
from leadlight.models.scoring.code_version import describe_code
from leadlight.models.scoring.grades import GradeScale
from leadlight.models.scoring.metadata import ScorerMetadata
from leadlight.models.scoring.scorer import Scorer
from leadlight.models.scoring.thresholds import Threshold

__all__ = [
    "compare_code",
    "get_bundle_checksum",
    "load_evaluation_scorer",
    "load_scorer",
    "refuse_other_code",
    "save_scorer",
    "verify_bundle",
]

FORMAT = 6
#: folder of the scorer that the test window judges
EVALUATION = "evaluation"
KEYS = {"format", "code", "catalogue", "files"}


def save_scorer(scorer: Scorer, folder: Path, evaluation: Scorer | None = None) -> str:
    """Write a bundle, replacing the whole folder or nothing, and return its checksum.

    Parameters
    ----------
    scorer : Scorer
        What serves.
    folder : Path
        Folder of the bundle.
    evaluation : Scorer, optional
        The scorer of the same procedure that the test window judges, kept in a folder of its own.
    """
    with write_folder_atomically(folder) as fresh:
        _write_scorer(scorer, fresh)
        if evaluation is not None:
            (fresh / EVALUATION).mkdir()
            _write_scorer(evaluation, fresh / EVALUATION)
        manifest = {
            "format": FORMAT,
            "code": describe_code(),
            "catalogue": scorer.catalogue.checksum,
            "files": _checksums(fresh),
        }
        _write(fresh / "manifest.json", manifest)
    return get_bundle_checksum(folder)


def load_scorer(folder: Path) -> Scorer:
    """Read the scorer of a bundle that serves.

    Raises
    ------
    BundleError
        If a file is missing or was changed, or the catalogue is not the one it was written with.
    """
    return _read_scorer(folder, verify_bundle(folder)["catalogue"])


def load_evaluation_scorer(folder: Path) -> Scorer:
    """Read the scorer of a bundle that the test window judges; raises as :func:`load_scorer`."""
    manifest = verify_bundle(folder)
    if not (folder / EVALUATION).is_dir():
        raise BundleError(f"The bundle {folder} must hold the scorer that was judged. It is missing: train anew.")
    return _read_scorer(folder / EVALUATION, manifest["catalogue"])


def _write_scorer(scorer: Scorer, folder: Path) -> None:
    save_model(scorer.model, folder / "model")
    content = {
        "catalogue": scorer.catalogue.to_dict(),
        "calibrator": scorer.calibrator.to_dict(),
        "thresholds": {name: threshold.to_dict() for name, threshold in scorer.thresholds.items()},
        "fit_grades": scorer.fit_grades.to_dict(),
        "engagement_grades": scorer.engagement_grades.to_dict(),
        "metadata": scorer.metadata.to_dict(),
    }
    _write(folder / "scorer.json", content)


def _read_scorer(folder: Path, checksum: str) -> Scorer:
    content = json.loads((folder / "scorer.json").read_text(encoding="utf-8"))
    catalogue = Catalogue.from_dict(content["catalogue"])
    if catalogue.checksum != checksum:
        raise BundleError(f"The catalogue of the bundle {folder} must match its manifest. It does not.")
    return Scorer(
        catalogue=catalogue,
        model=load_model(folder / "model"),
        calibrator=PlattCalibrator.from_dict(content["calibrator"]),
        thresholds={name: Threshold.from_dict(entry) for name, entry in content["thresholds"].items()},
        fit_grades=GradeScale.from_dict(content["fit_grades"]),
        engagement_grades=GradeScale.from_dict(content["engagement_grades"]),
        metadata=ScorerMetadata.from_dict(content["metadata"]),
    )


def verify_bundle(folder: Path) -> dict[str, Any]:
    """Compare the files of a bundle with its manifest, which is returned.

    Raises
    ------
    BundleError
        If the manifest cannot be read or has another format, or a file is missing, added or changed.
    """
    restore_path(folder)
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BundleError(f"The bundle {folder} must be complete and readable. Got {error}.") from None
    if isinstance(manifest, dict) and manifest.get("format", FORMAT) != FORMAT:
        raise BundleError(f"The format of the bundle {folder} must be {FORMAT}. Got {manifest['format']}.")
    if not isinstance(manifest, dict) or not set(manifest) >= KEYS:
        raise BundleError(
            f"The manifest of the bundle {folder} must have the keys {', '.join(sorted(KEYS))}. Got less."
        )
    actual, expected = _checksums(folder), manifest["files"]
    changed = sorted(name for name in {*actual, *expected} if actual.get(name) != expected.get(name))
    if changed:
        raise BundleError(
            f"The files of the bundle {folder} must be as they were written. Got a change in {changed[0]}."
        )
    return manifest


def compare_code(folder: Path) -> str | None:
    """Return one sentence if the bundle was written by other scoring code than is imported, else None."""
    written, imported = verify_bundle(folder)["code"], describe_code()
    if written["hash"] == imported["hash"]:
        return None
    return (
        f"The imported code of leadlight should be that of the bundle, version {written['version']} "
        f"({written['hash']}). Got version {imported['version']} ({imported['hash']})."
    )


def refuse_other_code(folder: Path) -> None:
    """Refuse to load a bundle into a process that has imported other scoring code than wrote it.

    Raises
    ------
    BundleError
        If the two differ.
    """
    difference = compare_code(folder)
    if difference:
        raise BundleError(f"{difference[:-1]}: load the model in a process that has not imported leadlight.")


def get_bundle_checksum(folder: Path) -> str:
    """Return the checksum of a written bundle: the first 12 hex digits of the manifest's SHA-256."""
    return hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()[:12]


def _checksums(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "manifest.json")
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def _write(path: Path, content: Any) -> None:
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
