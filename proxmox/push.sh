#!/usr/bin/env bash
# Puts an unpacked release into a container of this Proxmox node, as /opt/workspace-server-release: push.sh CTID RELEASE
set -euo pipefail
ctid=$1 release=$2
packed=$(mktemp)
trap 'rm -f "$packed"' EXIT
tar -C "$release" --owner=0 --group=0 -cf "$packed" .
pct push "$ctid" "$packed" /root/workspace-server-release.tar
# shellcheck disable=SC2016
pct exec "$ctid" -- sh -euc '
  rm -rf /opt/workspace-server-release
  mkdir -p /opt/workspace-server-release
  tar -C /opt/workspace-server-release -xf /root/workspace-server-release.tar
  rm /root/workspace-server-release.tar'
