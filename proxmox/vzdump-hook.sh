#!/usr/bin/env bash
# Hook of vzdump: before a container with workspace-server is saved, the server makes a backup of its own and verifies it, so
# that what vzdump saves has a copy in it that is known to be good. A snapshot alone has the database as after a power cut.
#   cp proxmox/vzdump-hook.sh /usr/local/bin/workspace-vzdump-hook && chmod 755 /usr/local/bin/workspace-vzdump-hook
#   echo 'script: /usr/local/bin/workspace-vzdump-hook' >>/etc/vzdump.conf
# vzdump calls it as: PHASE [MODE VMID]. When the backup cannot be made or verified, that of vzdump fails, too: better
# told tonight than found when it is needed. Other guests are left alone.
set -euo pipefail
phase=${1:-} vmid=${3:-}
[ "$phase" = backup-start ] || exit 0
[ "${VMTYPE:-lxc}" = lxc ] || exit 0
[ "$(pct status "$vmid" 2>/dev/null)" = "status: running" ] || exit 0
pct exec "$vmid" -- test -s /etc/workspace-server/mode 2>/dev/null || exit 0
echo "workspace-server in $vmid: backup"
pct exec "$vmid" -- /usr/local/sbin/workspace-ctl run backup
