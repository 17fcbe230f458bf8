#!/usr/bin/env bash
# Add JupyterLab to .venv from requirements/notebooks.txt, once per lock, and open it on notebooks/. Words after the
# name go to JupyterLab, such as --no-browser.
set -euo pipefail
cd "$(dirname "$0")/.."

lock=requirements/notebooks.txt
stamp=.venv/.notebooks-lock  # a copy of what is installed; a new .venv has none

if ! cmp -s "$lock" "$stamp"; then
  echo "Adding JupyterLab to .venv from $lock (half a minute) ..."
  if command -v uv >/dev/null; then
    uv pip install --quiet --python .venv/bin/python --no-deps --require-hashes -r "$lock"
  else
    env -u PYTHONDONTWRITEBYTECODE .venv/bin/python -m pip install -qq --disable-pip-version-check --no-deps \
      --require-hashes -r "$lock"
  fi
  cp "$lock" "$stamp"
fi

# no news, no look for a newer version, no list of extensions: nothing is fetched from a network
exec .venv/bin/python -m jupyterlab notebooks --LabApp.news_url=None \
  --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate --LabApp.extension_manager=readonly "$@"
