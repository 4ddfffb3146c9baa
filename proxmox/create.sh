#!/usr/bin/env bash
# On a Proxmox node, as root, from an unpacked release: makes an unprivileged Debian container with workspace-server in it.
#   proxmox/create.sh
# It asks for what no variable answers; without a terminal, or with YES=1, the defaults hold. Safe to run again: with the
# CTID of a container that it made, it finishes or updates what is there, and leaves the data alone.
set -euo pipefail

say() { printf 'create: %s\n' "$*"; }
fail() { printf 'create: %s\n' "$*" >&2; exit 1; }

# ask NAME DEFAULT QUESTION: sets the variable NAME, unless it is set already.
ask() {
  local name=$1 default=$2 answer=
  if [ -z "${!name+set}" ]; then
    if [ -t 0 ] && [ "${YES:-}" != 1 ]; then
      read -rp "$3 [$default]: " answer
    fi
    printf -v "$name" '%s' "${answer:-$default}"
  fi
}

[ "$(id -u)" = 0 ] || fail "needs root on the Proxmox node"
for tool in pct pveam pvesh; do
  command -v "$tool" >/dev/null || fail "'$tool' is missing: this runs on a Proxmox node"
done
release=$(cd "$(dirname "$0")/.." && pwd)
[ -s "$release/RELEASE" ] || fail "$release is no release: unpack workspace-server-ARCH.tar.gz, and run the script there"

ask MODE native "Mode: native (one service, no Docker) or docker (with Prometheus, Loki and Grafana)"
case $MODE in
native) features=nesting=1 default_disk=4 ;;
docker) features=nesting=1,keyctl=1 default_disk=24 ;;
*) fail "MODE: found '$MODE'; use native or docker" ;;
esac
ask CTID "$(pvesh get /cluster/nextid)" "Number of the container"
[[ $CTID =~ ^[1-9][0-9]{2,8}$ ]] || fail "CTID: found '$CTID'; use a number from 100"

exists=
if config=$(pct config "$CTID" 2>/dev/null); then
  grep -Eq '^tags:.*\bworkspace-server\b' <<<"$config" || fail "CTID: $CTID is another container; choose a free number"
  exists=yes
  say "the container $CTID is there: finishing or updating it"
fi

if [ -z "$exists" ]; then
  ask CT_HOSTNAME workspace "Host name"
  ask STORAGE local-lvm "Storage of the root disk"
  ask DISK_GB "$default_disk" "Size of the root disk in GB"
  ask DATA_STORAGE "$STORAGE" "Storage of the data, a volume of its own that backups take along"
  ask DATA_GB 16 "Size of the data volume in GB"
  ask CORES 2 "Processor cores"
  ask MEMORY_MB 4096 "Memory in MB"
  ask BRIDGE vmbr0 "Network bridge"
  ask VLAN '' "VLAN, empty for none"
  ask IP dhcp "Address: dhcp, or as 192.168.1.60/24"
  GATEWAY=${GATEWAY:-}
  if [ "$IP" != dhcp ]; then ask GATEWAY '' "Gateway"; fi
  ask DNS '' "Name server, empty for that of the node"
  ask TEMPLATE_STORAGE local "Storage of container templates"
  ask SSH_KEYS '' "File with SSH keys for root, empty for none"
fi
ask ADMIN_USERNAME admin "User name of the first admin"
ask PORT 8060 "Port of the server"
[[ $ADMIN_USERNAME =~ ^[A-Za-z0-9._-]+$ ]] || fail "ADMIN_USERNAME: found '$ADMIN_USERNAME'; use letters, digits, . _ -"
[[ $PORT =~ ^[0-9]{1,5}$ ]] || fail "PORT: found '$PORT'; use a number"

if [ -z "$exists" ]; then
  # TEMPLATE names one that is there already, such as local:vztmpl/debian-13-standard_13.1-2_amd64.tar.zst.
  if [ -z "${TEMPLATE:-}" ]; then
    pveam update >/dev/null || say "the list of templates cannot be refreshed: using the one that is there"
    file=$(pveam available --section system | awk '{ print $2 }' | grep '^debian-13-standard' | sort -V | tail -n 1)
    [ -n "$file" ] || fail "no template debian-13-standard to be had; download one, and name it in TEMPLATE"
    TEMPLATE=$TEMPLATE_STORAGE:vztmpl/$file
    if ! pveam list "$TEMPLATE_STORAGE" | grep -qF "$file"; then
      say "downloading $file"
      pveam download "$TEMPLATE_STORAGE" "$file" >/dev/null
    fi
  fi
  net=name=eth0,bridge=$BRIDGE,ip=$IP
  [ -z "$GATEWAY" ] || net+=,gw=$GATEWAY
  [ -z "$VLAN" ] || net+=,tag=$VLAN
  options=(--hostname "$CT_HOSTNAME" --ostype debian --unprivileged 1 --features "$features" --onboot 1 --timezone host
    --cores "$CORES" --memory "$MEMORY_MB" --swap 512 --rootfs "$STORAGE:$DISK_GB"
    # backup=1, or vzdump leaves the data out without a word.
    --mp0 "$DATA_STORAGE:$DATA_GB,mp=/var/workspace,backup=1" --net0 "$net" --tags workspace-server)
  [ -z "$DNS" ] || options+=(--nameserver "$DNS")
  [ -z "$SSH_KEYS" ] || options+=(--ssh-public-keys "$SSH_KEYS")
  say "making the container $CTID"
  pct create "$CTID" "$TEMPLATE" "${options[@]}"
fi

[ "$(pct status "$CTID")" = "status: running" ] || pct start "$CTID"
say "waiting for its system and its address"
address=
for _ in $(seq 60); do
  # shellcheck disable=SC2016
  address=$(pct exec "$CTID" -- sh -c 'systemctl is-system-running 2>/dev/null | grep -Eq "running|degraded" && hostname -I' 2>/dev/null | awk '{ print $1 }') || true
  [ -z "$address" ] || break
  sleep 1
done
[ -n "$address" ] || fail "no address after a minute: pct enter $CTID, then 'ip addr' and 'systemctl --failed'"

say "putting the release into it"
"$release/proxmox/push.sh" "$CTID" "$release"
say "installing"
pct exec "$CTID" -- env "ADMIN_USERNAME=$ADMIN_USERNAME" "PORT=$PORT" "STACK_SERVICES=${STACK_SERVICES:-}" "WAIT_SECONDS=${WAIT_SECONDS:-300}" \
  /opt/workspace-server-release/proxmox/workspace-ctl install "$MODE" /opt/workspace-server-release

if [ "$MODE" = native ]; then password=/etc/workspace-server/admin_password
else password=/opt/workspace-server/compose/secrets/admin_password
fi
say "ready: http://$address:$PORT as '$ADMIN_USERNAME' with this password, to be changed after the first log-in:"
pct exec "$CTID" -- cat "$password"
if [ "$MODE" = docker ]; then
  say "Grafana: http://$address:3000 as 'admin': pct exec $CTID -- cat /opt/workspace-server/compose/secrets/grafana_admin_password"
fi
say "to have a verified copy in each backup of this node, see proxmox/vzdump-hook.sh"
