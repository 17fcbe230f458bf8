#!/usr/bin/env bash
# Create .venv from requirements/lock.txt. Done once per lock: a stamp with the lock's checksum says so.
# With --check it only tells, by its exit code, whether there is nothing to do.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
lock=requirements/lock.txt
stamp=.venv/.lock-checksum

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "The Python of Leadlight must be 3.11 or newer. Got $("$python" --version). Set PYTHON to another one." >&2
  exit 1
fi

checksum=$(cat "$lock" scripts/setup.sh | "$python" -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())')
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$checksum" ]; then exit 0; fi
if [ "${1:-}" = --check ]; then exit 1; fi

echo "Setting up .venv from $lock (two to three minutes with pip, well under one with uv) ..."
if command -v uv >/dev/null; then
  uv venv --quiet --clear --python "$python" .venv
  uv pip install --quiet --python .venv/bin/python --no-deps --require-hashes -r "$lock"
  uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation -e .
else
  "$python" -m venv --clear .venv
  # bytecode is compiled on purpose: without it every command starts several times slower
  env -u PYTHONDONTWRITEBYTECODE .venv/bin/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r "$lock"
  .venv/bin/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
fi
echo "$checksum" > "$stamp"
