# shellcheck shell=bash
# A Docker daemon for a test, in a network of its own, with Compose. Sourced after lib.sh; the script runs itself again
# inside the new network, so this comes before anything that it does.
# shellcheck disable=SC2154

# Takes the machine's names in /etc/hosts along, has no way out, and ends with the script.
[ "$(id -u)" = 0 ] || fail "needs root: it starts a Docker daemon of its own"
if [ -z "${INSIDE_OWN_NETWORK:-}" ]; then
  apt_need docker.io iptables iproute2 curl python3 busybox-static
  "$(dirname "$0")/fetch-debs.sh" trixie "$cache/compose" docker-compose docker-buildx
  INSIDE_OWN_NETWORK=1 exec unshare --net -- "$0" "$@"
fi
ip link set lo up

export DOCKER_CONFIG=$cache/docker-config
mkdir -p "$DOCKER_CONFIG/cli-plugins"
ln -sf "$cache"/compose/usr/libexec/docker/cli-plugins/docker-* "$DOCKER_CONFIG/cli-plugins/"

daemon=$(mktemp -d /tmp/dockerd-XXXXXX)
export DOCKER_HOST=unix://$daemon/docker.sock
# Debian's own, as another `docker` may stand before it in PATH.
docker=/usr/bin/docker
docker() { "$docker" "$@"; }

stop_daemon() {
  local left
  left=$(docker ps --quiet 2>/dev/null || true)
  # shellcheck disable=SC2086
  [ -z "$left" ] || docker kill $left >/dev/null 2>&1 || true
  "$(dirname "$0")/dockerd.sh" stop "$daemon"
  rm -rf "$daemon"
}
trap stop_daemon EXIT
"$(dirname "$0")/dockerd.sh" start "$daemon"
