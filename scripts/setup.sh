#!/usr/bin/env bash
# Create .venv from requirements/lock.txt; with the word `spark` or `notebooks` add requirements/<word>.txt to it. Each is
# done once per lock: a stamp with its checksum says so. With --check it only tells, by its exit code, whether there is
# nothing to do.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
what=lock
case ${1:-} in spark | notebooks) what=$1 ;; esac
lock=requirements/$what.txt
stamp=.venv/.$what-checksum

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "The Python of Leadlight must be 3.11 or newer. Got $("$python" --version). Set PYTHON to another one." >&2
  exit 1
fi

checksum=$(cat "$lock" scripts/setup.sh | "$python" -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())')
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$checksum" ]; then exit 0; fi
if [ "${1:-}" = --check ]; then exit 1; fi

# bytecode is compiled on purpose: without it every command starts several times slower
pip() { env -u PYTHONDONTWRITEBYTECODE .venv/bin/python -m pip install -qq --disable-pip-version-check --no-deps "$@"; }

if [ "$what" != lock ]; then
  echo "Adding to .venv what $lock names (half a minute; Spark: 400 MB) ..."
  if command -v uv >/dev/null; then
    uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --require-hashes -r "$lock"
  else
    pip --no-build-isolation --require-hashes -r "$lock"
  fi
elif command -v uv >/dev/null; then
  echo "Setting up .venv from $lock (well under a minute) ..."
  uv venv --quiet --clear --python "$python" .venv
  uv pip install --quiet --python .venv/bin/python --no-deps --require-hashes -r "$lock"
  uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation -e .
else
  echo "Setting up .venv from $lock (two to three minutes with pip, well under one with uv) ..."
  "$python" -m venv --clear .venv
  pip --require-hashes -r "$lock"
  pip --no-build-isolation -e .
fi
echo "$checksum" > "$stamp"
