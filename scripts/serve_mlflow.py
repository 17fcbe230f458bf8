"""Open MLflow on the registry of a working folder, and print where its runs and its model are.

The start page of MLflow 3 is about language models, and so is that of an experiment, whatever its tags say.
The addresses name the pages on model training.
"""

import argparse
import os
import sys
from pathlib import Path

from leadlight.features.errors import LeadlightError
from leadlight.pipelines.registry.champion import open_registry
from leadlight.pipelines.registry.mlflow_registry import MODEL
from leadlight.pipelines.workspace.workdir import Workdir

PAGES = "?workflowType=machine_learning"


def main() -> None:
    """Print the addresses, then become the server; a server that LEADLIGHT_MLFLOW_URI names runs already."""
    parser = argparse.ArgumentParser(description="Open MLflow on the registry of a working folder.")
    parser.add_argument("--workdir", type=Path, default=Path("work"))
    parser.add_argument("--port", type=int, default=5000)
    options = parser.parse_args()
    try:
        registry = open_registry(Workdir(options.workdir))
        experiment = registry.require_experiment()
    except LeadlightError as error:
        sys.exit(str(error))
    has_server = registry.uri.startswith("http")
    address = registry.uri.rstrip("/") if has_server else f"http://127.0.0.1:{options.port}"
    print(f"Runs:   {address}/#/experiments/{experiment}/runs{PAGES}")
    print(f"Model:  {address}/#/models/{MODEL}{PAGES}", flush=True)
    if has_server:
        return
    environment = os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    command = ["mlflow", "ui", "--workers", "1", "--port", str(options.port), "--backend-store-uri", registry.uri]
    os.execve(sys.executable, [sys.executable, "-m", *command], environment)


if __name__ == "__main__":
    main()
