#!/usr/bin/env bash
# Packages of the operating system that tests need. Installed where that is allowed (root on Debian or Ubuntu),
# named in one sentence where it is not.
set -euo pipefail

packages=()
find_chromium() { [ -n "${LEADLIGHT_CHROMIUM:-}" ] || command -v chromium chromium-browser google-chrome >/dev/null; }
find_chromium || packages+=(chromium fonts-liberation)
# LightGBM needs the OpenMP runtime of GCC
ldconfig -p 2>/dev/null | grep -q libgomp.so.1 || packages+=(libgomp1)
[ ${#packages[@]} -eq 0 ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing ${packages[*]} ..."
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
else
  echo "Some tests need the packages ${packages[*]}: install them with your package manager; until then those tests are skipped." >&2
fi
