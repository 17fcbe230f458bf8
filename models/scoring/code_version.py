"""Version and hash of the code that computes scores, kept in a bundle to detect that other code loads it."""

import hashlib
from importlib import metadata
from pathlib import Path

import leadlight

__all__ = ["SCORING_PACKAGES", "describe_code", "find_package_folder"]

#: packages that a score depends on; they go along with a registered model
SCORING_PACKAGES = ("features", "models")


def find_package_folder() -> Path:
    """Return the folder of the imported leadlight package."""
    return Path(leadlight.__file__).resolve().parent


def describe_code() -> dict[str, str]:
    """Return the version of leadlight and the hash of its scoring code.

    Returns
    -------
    dict
        ``version``: of the installed distribution, ``unknown`` where there is none; ``hash``: 12 hex digits
        of the SHA-256 over names and contents of all modules of :data:`SCORING_PACKAGES`.
    """
    package, digest = find_package_folder(), hashlib.sha256()
    for name in SCORING_PACKAGES:
        folder = package / name
        for path in sorted(folder.rglob("*.py"), key=lambda path: path.relative_to(folder).as_posix()):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{name}/{path.relative_to(folder).as_posix()} {content}\n".encode())
    try:
        version = metadata.version("leadlight")
    except metadata.PackageNotFoundError:
        version = "unknown"
    return {"version": version, "hash": digest.hexdigest()[:12]}
