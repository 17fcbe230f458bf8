#!/usr/bin/env bash
# The whole way once: simulated CRM -> dvc repro -> champion -> last night's scores -> the top of the queue.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"
export MLFLOW_DISABLE_TELEMETRY=true DVC_NO_ANALYTICS=true

before=2025-08-31 night=2025-09-01
echo "Leadlight on a simulated CRM: 20,000 leads over 24 months, none of them real."
dvc repro --quiet
leadlight register
leadlight score --as-of "$before" > /dev/null   # so that there is a yesterday to compare with
leadlight score --as-of "$night"
leadlight explain
cat <<TEXT

What there is to open:
  make serve                                  the queue and the lead pages, http://127.0.0.1:8000 (?language=de)
  .venv/bin/leadlight explain LEAD_ID         why a lead has its score (--language de for German)
  .venv/bin/leadlight report changes          what changed since the night before (also: thresholds, persona)
  work/plots/card.html                        the model card: data, figures, calibration, thresholds, limits
  work/plots/curves.png                       ROC, precision and recall, reliability, gains of the test window
  work/metrics.json                           15 figures of the test window; with intervals: work/details.json
  make mlflow                                 runs and registered models: it prints their addresses
TEXT
