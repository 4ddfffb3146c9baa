#!/usr/bin/env bash
# The image once more, built and run by podman: read-only, without capabilities. Needs root; leaves nothing behind.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || fail "needs root: it has a network of its own"
if [ -z "${INSIDE_OWN_NETWORK:-}" ]; then
  apt_need podman runc netavark aardvark-dns catatonit iptables iproute2 curl python3
  INSIDE_OWN_NETWORK=1 exec unshare --net --mount -- "$0" "$@"
fi
ip link set lo up

own=$(mktemp -d /tmp/podman-XXXXXX)
# It asks for more open files and processes than a machine that builds may have, unless told otherwise; and it knows no
# systemd to run health checks by, so that one is asked for below. The runtime of its choice takes no mixed control groups.
cat >"$own/containers.conf" <<END
[containers]
default_ulimits = ["nofile=$(ulimit -Hn):$(ulimit -Hn)", "nproc=16384:16384"]
log_driver = "k8s-file"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
END
export CONTAINERS_CONF=$own/containers.conf
printf '#!/bin/sh\nexec /usr/bin/podman --root %s/root --runroot %s/run "$@" 2>>%s/log\n' "$own" "$own" "$own" >"$own/podman"
chmod +x "$own/podman"
podman() { "$own/podman" "$@"; }

clean_up() {
  local code=$?
  [ $code = 0 ] || grep -v 'systemd connection' "$own/log" >&2 || true
  podman rm --force --all >/dev/null || true
  umount --recursive "$own/root/overlay" 2>/dev/null || true
  rm -rf "$own"
}
trap clean_up EXIT

CONTAINER_ENGINE=$own/podman scripts/image.sh
password='a password of the check'
podman run --detach --name first --read-only --cap-drop all --security-opt no-new-privileges --publish 127.0.0.1:18060:8060 \
  --volume data:/data --env ADMIN_USERNAME=admin --env "ADMIN_PASSWORD=$password" localhost/workspace-server:latest >/dev/null
scripts/ci-traffic.sh first http://127.0.0.1:18060 admin "$password"
podman healthcheck run first >/dev/null || fail "the health check of the image fails"
podman stop --time 20 first >/dev/null
code=$(podman inspect first --format '{{.State.ExitCode}}')
[ "$code" = 0 ] || fail "SIGTERM ended it with $code"
podman start first >/dev/null
scripts/ci-traffic.sh again http://127.0.0.1:18060 admin "$password"
say "done"
