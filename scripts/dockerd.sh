#!/usr/bin/env bash
# A Docker daemon of one's own, for a test: dockerd.sh start DIRECTORY | stop DIRECTORY
# All of it is in DIRECTORY, whose path must be short: a socket's has at most 107 bytes.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"
[ $# = 2 ] || fail "usage: dockerd.sh start|stop DIRECTORY"
dir=$2
answers() { DOCKER_HOST=unix://$dir/docker.sock docker version; }

case $1 in
start)
  mkdir -p "$dir"
  # A name of the daemon's own in containerd, so that it never sees what another one runs. Its own session, so that
  # an interrupt of the test does not reach it before the clean-up does.
  setsid dockerd --host "unix://$dir/docker.sock" --data-root "$dir/data" --exec-root "$dir/exec" \
    --pidfile "$dir/dockerd.pid" --containerd-namespace workspace --containerd-plugins-namespace workspace-plugins \
    </dev/null >"$dir/dockerd.log" 2>&1 &
  started=$!
  for _ in $(seq 300); do
    if answers >/dev/null 2>&1; then exit 0; fi
    kill -0 "$started" 2>/dev/null || break
    sleep 0.1
  done
  tail -n 20 "$dir/dockerd.log" >&2
  kill "$started" 2>/dev/null || true
  fail "the daemon did not start"
  ;;
stop)
  [ -s "$dir/dockerd.pid" ] || exit 0
  pid=$(cat "$dir/dockerd.pid")
  kill -TERM "$pid" 2>/dev/null || exit 0
  for _ in $(seq 300); do
    kill -0 "$pid" 2>/dev/null || exit 0
    sleep 0.1
  done
  kill -KILL "$pid"
  ;;
*) fail "usage: dockerd.sh start|stop DIRECTORY" ;;
esac
