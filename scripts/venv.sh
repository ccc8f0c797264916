#!/usr/bin/env bash
# Makes .venv with the pinned tools of requirements.txt. Called by make, which knows when it is needed.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  echo "$1" >&2
  exit 1
}

command -v python3 >/dev/null || fail "python3 is not there: install Python 3.11 or newer, then run this again."
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
  || fail "$(python3 --version) is too old: the pinned tools need Python 3.11 or newer. Put one first in PATH as python3."
python3 -c 'import ensurepip, venv' 2>/dev/null \
  || fail "Python's venv module is missing: install it (Debian and Ubuntu: apt-get install python3-venv), then run this again."

# Left half-made by somebody's interruption: begin anew.
if [ ! -x .venv/bin/pip ]; then
  rm -rf .venv
  python3 -m venv .venv || { rm -rf .venv; fail "python3 -m venv failed, for the reason above (Debian and Ubuntu: apt-get install python3-venv)."; }
fi

install() { # what, requirements, further options of pip
  local total
  total=$(grep -c '==' "$2")
  echo "installing $1 into .venv ($total packages)"
  # stdbuf is not everywhere, so awk flushes by itself.
  .venv/bin/python -m pip install --disable-pip-version-check --no-input --no-deps -r "$2" "${@:3}" 2>.venv/pip.err \
    | awk -v total="$total" '/^(Collecting|Requirement already)/ { n++; if (n % 25 == 0 || n == total) { print "  " n " of " total; fflush() } }
                             /^Installing collected/ { print "  unpacking"; fflush() }' \
    || { cat .venv/pip.err >&2; fail "pip could not install $2: see above (is the package index reachable?), then run this again."; }
}

install "the tools of tests and demo" requirements.txt
# The service model of ECS is read from a newer botocore than the tools agree with; it stands apart.
if [ -f scripts/requirements.txt ]; then
  install "ECS's service model" scripts/requirements.txt --upgrade --quiet --target .venv/shape
fi
rm -f .venv/pip.err
