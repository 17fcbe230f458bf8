#!/usr/bin/env bash
# Packages of the operating system: what the product needs, and, with the word `tests`, what tests need too.
# Installed where that is allowed (root on Debian or Ubuntu), named in one sentence where it is not.
set -euo pipefail

find_openmp() { [ "$(uname)" != Linux ] || [[ "$(ldconfig -p 2>/dev/null)" == *libgomp.so.1* ]]; }
find_chromium() { [ -n "${LEADLIGHT_CHROMIUM:-}" ] || command -v chromium chromium-browser google-chrome >/dev/null; }
find_java() { [ -n "${JAVA_HOME:-}" ] || command -v java >/dev/null; }
find_initdb() { command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }

packages=()
find_openmp || packages+=(libgomp1) # LightGBM loads the OpenMP runtime of GCC
if [ "${1:-}" = tests ]; then
  find_chromium || packages+=(chromium fonts-liberation)
  find_initdb || packages+=(postgresql)
  find_java || packages+=(openjdk-17-jre-headless) # Spark
fi
[ ${#packages[@]} -eq 0 ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing ${packages[*]} ..."
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
elif [ "${1:-}" = tests ]; then
  echo "Some tests need the packages ${packages[*]}: install them with your package manager; until then those tests are skipped." >&2
else
  echo "LightGBM needs the package ${packages[*]}: install it with your package manager." >&2
fi
