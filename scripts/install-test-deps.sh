#!/usr/bin/env bash
# Installs what the tests need and this machine lacks: Debian packages, npm packages (tests/js/node_modules), and
# Python packages and promtool (test-deps/ in Cargo's target directory). Says a line for each; quick when all is there.
set -euo pipefail
cd "$(dirname "$0")/.."
deps=${CARGO_TARGET_DIR:-target}/test-deps
mkdir -p "$deps/bin"

say() { printf 'test-deps: %s\n' "$*"; }
fail() { printf 'test-deps: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif have sudo; then sudo "$@"
  else fail "needs root to run '$*': become root or install sudo"
  fi
}

apt_ready=
apt_lists() {
  [ -z "$apt_ready" ] || return 0
  have apt-get || fail "this is not Debian: install $* by hand, then run this again"
  say "refreshing the package lists"
  as_root apt-get update -qq
  apt_ready=1
}

have cargo || fail "no Rust toolchain: install Rust 1.95 or newer, then run this again"
have cc || fail "no C compiler: install gcc, then run this again"

packages=()
need() { # need PACKAGE WHY
  packages+=("$1")
  say "missing: $1 ($2)"
}
have chromium || need chromium "the browser of the dashboard tests"
have curl || need curl "the commands of the README"
have git || need git "lists what is committed"
have ps || need procps "sends signals to the server"
have shellcheck || need shellcheck "checks the shell scripts"
have sqlite3 || need sqlite3 "looks into the database from outside the server"
have node || need nodejs "runs the JavaScript SDK"
have npm || need npm "installs the JavaScript SDK"
have python3 || need python3 "runs the Python SDK"
python3 -c 'import ensurepip, venv' 2>/dev/null || need python3-venv "keeps the Python packages apart"
if [ ${#packages[@]} -gt 0 ]; then
  apt_lists "${packages[@]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
  say "installed ${packages[*]}"
fi

# The package would start a Prometheus on this machine; the tests want one file of it.
if [ ! -x "$deps/bin/promtool" ]; then
  if have promtool; then
    ln -sf "$(command -v promtool)" "$deps/bin/promtool"
  else
    apt_lists prometheus
    unpacked=$(mktemp -d)
    trap 'rm -rf "$unpacked"' EXIT
    (cd "$unpacked" && apt-get download -qq -o APT::Sandbox::User=root prometheus >/dev/null && dpkg-deb -x prometheus_*.deb .)
    cp "$unpacked/usr/bin/promtool" "$deps/bin/promtool"
    say "installed promtool (checks the metrics)"
  fi
fi

# A stamp holds the checksum of the list that was installed.
stamp_is() { [ "$(cat "$1" 2>/dev/null)" = "$2" ]; }

sum=$(sha256sum tests/js/package-lock.json)
if ! stamp_is tests/js/node_modules/.stamp "$sum"; then
  say "installing the npm packages of tests/js"
  (cd tests/js && npm ci --silent)
  printf '%s\n' "$sum" >tests/js/node_modules/.stamp
fi

sum=$(sha256sum tests/python/requirements.txt)
if ! stamp_is "$deps/venv/.stamp" "$sum"; then
  say "installing the Python packages of tests/python"
  python3 -m venv --clear "$deps/venv"
  "$deps/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement tests/python/requirements.txt
  printf '%s\n' "$sum" >"$deps/venv/.stamp"
fi
say "all there"
