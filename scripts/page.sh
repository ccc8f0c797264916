#!/usr/bin/env bash
# `make page`: clicks through the dashboard's page in a browser. Where none is installed and root may, Chromium is installed.
set -euo pipefail
cd "$(dirname "$0")/.."

browser() { command -v chromium || command -v chromium-browser || command -v google-chrome-stable || command -v google-chrome; }

if ! browser >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "installing Chromium"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq >/dev/null 2>&1 && apt-get install -y -qq --no-install-recommends chromium fonts-liberation >/dev/null 2>&1 || true
fi
if ! browser >/dev/null; then
  echo "the page was NOT looked at in a browser: no Chromium is installed, and it cannot be (apt-get, as root)"
  exit 0
fi
exec .venv/bin/python -m pytest -q -rs tests/page "$@"
