#!/usr/bin/env bash
# On a Proxmox node, as root, from an unpacked newer release: updates the server in a container.
#   proxmox/update.sh CTID
# A backup first, then the new version; when that does not get healthy, the old one is put back with its data.
set -euo pipefail

say() { printf 'update: %s\n' "$*"; }
fail() { printf 'update: %s\n' "$*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || fail "needs root on the Proxmox node"
command -v pct >/dev/null || fail "'pct' is missing: this runs on a Proxmox node"
ctid=${1:-${CTID:-}}
[[ $ctid =~ ^[1-9][0-9]{2,8}$ ]] || fail "usage: update.sh CTID"
release=$(cd "$(dirname "$0")/.." && pwd)
[ -s "$release/RELEASE" ] || fail "$release is no release: unpack workspace-server-ARCH.tar.gz, and run the script there"
[ "$(pct status "$ctid")" = "status: running" ] || fail "the container $ctid does not run: pct start $ctid"
pct exec "$ctid" -- test -s /etc/workspace-server/mode || fail "workspace-server is not installed in the container $ctid"

"$release/proxmox/push.sh" "$ctid" "$release"
say "from: $(pct exec "$ctid" -- /opt/workspace-server-release/proxmox/workspace-ctl status)"
pct exec "$ctid" -- env "STACK_SERVICES=${STACK_SERVICES:-}" "WAIT_SECONDS=${WAIT_SECONDS:-300}" \
  /opt/workspace-server-release/proxmox/workspace-ctl update /opt/workspace-server-release ||
  fail "the container $ctid runs what it ran before; the reason stands above"
say "now: $(pct exec "$ctid" -- /opt/workspace-server-release/proxmox/workspace-ctl status)"
