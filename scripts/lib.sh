# shellcheck shell=bash
# What the scripts of images, stacks and containers share. Sourced, never run.

# Downloads and root file systems that outlive a clone.
# shellcheck disable=SC2034
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/workspace-server/containers

name=$(basename "$0" .sh)
say() { printf '%s: %s\n' "$name" "$*"; }
fail() { printf '%s: %s\n' "$name" "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif have sudo; then sudo "$@"
  else fail "needs root to run '$*': become root or install sudo"
  fi
}

# apt_need PACKAGE...: installs the ones that are missing. Another run may hold the package manager's lock.
apt_need() {
  local package missing=()
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  have apt-get || fail "this is not Debian: install ${missing[*]} by hand, then run this again"
  say "installing ${missing[*]}"
  as_root apt-get -o DPkg::Lock::Timeout=300 update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends \
    "${missing[@]}" >/dev/null
}

# wait_for SECONDS WHAT COMMAND...: until the command succeeds; else fails, naming what was waited for.
wait_for() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt "$end" ] || fail "waited in vain for $what"
    sleep 0.1
  done
}

# at_most WHAT FOUND BOUND UNIT: prints a figure, and fails when it is beyond its bound.
at_most() {
  printf '  %-28s %10s %s (at most %s)\n' "$1" "$2" "$4" "$3"
  awk -v found="$2" -v bound="$3" 'BEGIN { exit !(found <= bound) }' || fail "$1: $2 $4, more than $3"
}

# milliseconds: of the system's clock, for differences.
milliseconds() { date +%s%3N; }
