"""The machine and the versions that a saved result belongs to."""

import datetime
import importlib.metadata
import os
import platform
from typing import Any

__all__ = ["describe_machine"]

PACKAGES = ("numpy", "pandas", "scikit-learn", "lightgbm", "flaml")


def describe_machine() -> dict[str, Any]:
    """Return cores, system, date and package versions."""
    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
    return {
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "versions": {"Python": platform.python_version()} | versions,
    }
