#!/usr/bin/env bash
# Runs proxmox/create.sh, update.sh and vzdump-hook.sh against real unprivileged LXC containers, with a stand-in for what is
# Proxmox's own (scripts/ci-pct.sh): the native installation under its sandbox, then the image under Docker in a second
# container. Needs root; uses a bridge of its own; leaves nothing running.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || fail "needs root: it starts containers"
apt_need lxc debootstrap uidmap iproute2 iptables busybox-static curl python3
scripts/fetch-debs.sh trixie "$cache/compose" docker-compose docker-buildx

# Made on this side, where the mirror can be reached: the containers have no way out. Debian 12, as systemd of 13 does
# not start on the first version of control groups, which machines that build still have.
make_root() {
  local root=$cache/lxc-root mirror
  mirror=$(awk '/^URIs:/ { print $2; exit }' /etc/apt/sources.list.d/debian.sources)
  say "making a root file system, once: a minute or two"
  mkdir -p "$cache"
  rm -rf "$root.new"
  debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,iproute2,iptables,procps,ca-certificates,docker.io,curl \
    bookworm "$root.new" "$mirror" >"$cache/debootstrap.log" 2>&1 || { tail -n 20 "$cache/debootstrap.log" >&2; return 1; }
  # Denied in a user namespace, and the system would count as degraded.
  ln -sf /dev/null "$root.new/etc/systemd/system/sys-kernel-debug.mount"
  systemctl --root="$root.new" --quiet disable docker.service docker.socket containerd.service
  mkdir -p "$root.new/usr/libexec/docker/cli-plugins"
  cp "$cache"/compose/usr/libexec/docker/cli-plugins/docker-compose "$root.new/usr/libexec/docker/cli-plugins/"
  rm -rf "$root.new"/var/cache/apt/archives/*.deb "$root"
  mv "$root.new" "$root"
}
[ -d "$cache/lxc-root" ] || make_root

export CI_LXC CI_ROOT=$cache/lxc-root CI_BRIDGE=wsci0 CI_NET=10.213.9
CI_LXC=$(mktemp -d /var/tmp/workspace-lxc-XXXXXX)
chmod 0755 "$CI_LXC"
# Lines of the unprivileged container's users, as Proxmox has them.
grep -q '^root:100000:' /etc/subuid || usermod --add-subuids 100000-165535 --add-subgids 100000-165535 root

clean_up() {
  local id
  for id in 101 102; do
    # A container that does not run would be waited for.
    if [ "$(pct status "$id")" = "status: running" ]; then lxc-stop -P "$CI_LXC" -n "$id" --kill || true; fi
  done
  ip link delete "$CI_BRIDGE" 2>/dev/null || true
  rm -rf --one-file-system "$CI_LXC"
}
trap clean_up EXIT
ip link delete "$CI_BRIDGE" 2>/dev/null || true
ip link add "$CI_BRIDGE" type bridge
ip address add "$CI_NET.1/24" dev "$CI_BRIDGE"
ip link set "$CI_BRIDGE" up

mkdir "$CI_LXC/bin"
for tool in pct pveam pvesh; do ln -s "$PWD/scripts/ci-pct.sh" "$CI_LXC/bin/$tool"; done
export PATH=$CI_LXC/bin:$PATH YES=1

say "a release, unpacked"
scripts/release.sh "$(uname -m)"
unpack() { # unpack NAME: into its own directory
  mkdir "$CI_LXC/$1"
  tar -xzf dist/workspace-server-"$(uname -m)".tar.gz -C "$CI_LXC/$1" --strip-components 1
}
unpack release
unpack broken
echo '9.9.9 broken 2026-01-01T00:00:00Z' >"$CI_LXC/broken/RELEASE"
cp /bin/busybox "$CI_LXC/broken/dist/workspace-server-$(uname -m)-linux-musl"

say "the unit: no complaint, and its sandbox"
# Where the program is, as the check looks for it.
install -D -m 0755 "$CI_LXC/release/dist/workspace-server-$(uname -m)-linux-musl" "$CI_LXC/unit/usr/local/bin/workspace-server"
sed "s#^ExecStart=#ExecStart=$CI_LXC/unit#" proxmox/workspace-server.service >"$CI_LXC/workspace-server.service"
said=$(systemd-analyze verify --man=no "$CI_LXC/workspace-server.service" 2>&1) || true
[ -z "$said" ] || fail "systemd-analyze verify: $said"
# In tenths: 20 is 2.0.
systemd-analyze security --offline=true --threshold=20 "$CI_LXC/workspace-server.service" >"$CI_LXC/security" ||
  fail "systemd-analyze security rates the unit above 2.0: $(tail -n 1 "$CI_LXC/security")"
say "$(tail -n 1 "$CI_LXC/security" | sed 's/^[^A-Za-z]*//')"

inside() { pct exec "$1" -- "${@:2}"; }
traffic() { scripts/ci-traffic.sh "$1" "http://$CI_NET.$2:8060" admin "$password"; }

say "native: create.sh makes the container, and one logs in"
begun=$(milliseconds)
MODE=native CTID=101 "$CI_LXC/release/proxmox/create.sh"
at_most "from nothing to healthy" $(($(milliseconds) - begun)) 90000 ms
options=$(<"$CI_LXC/101/options")
for wanted in '--unprivileged 1' '--features nesting=1 ' 'mp=/var/workspace,backup=1' '--onboot 1'; do
  [[ $options == *"$wanted"* ]] || fail "pct create has no '$wanted': $options"
done
[[ $(inside 101 cat /proc/self/uid_map) == *" 100000 "* ]] || fail "the container is not unprivileged"
password=$(inside 101 cat /etc/workspace-server/admin_password)
traffic first 101
main_pid() { inside 101 systemctl show --property MainPID --value workspace-server; }
[ "$(inside 101 stat -c %u "/proc/$(main_pid)")" = 65532 ] || fail "the server has another user"
[ "$(inside 101 stat -c '%U %a' /var/workspace/data/database.sqlite)" = "workspace 600" ] || fail "the database is open to others"

say "native: it returns after kill -9, after a standstill, and after a restart of the container"
inside 101 kill -KILL "$(main_pid)"
traffic again 101
inside 101 mkdir -p /run/systemd/system/workspace-server.service.d
inside 101 sh -c 'printf "[Service]\nWatchdogSec=3s\n" >/run/systemd/system/workspace-server.service.d/watchdog.conf'
inside 101 systemctl daemon-reload
inside 101 systemctl restart workspace-server
stopped=$(main_pid)
inside 101 kill -STOP "$stopped"
is_another() { local now; now=$(main_pid); [ "$now" != "$stopped" ] && [ "$now" != 0 ]; }
wait_for 60 "the watchdog" is_another
traffic again 101
pct stop 101
pct start 101
traffic again 101

say "native: create.sh again changes nothing that is there"
MODE=native CTID=101 "$CI_LXC/release/proxmox/create.sh" >/dev/null
[ "$(grep -c '^pct create ' "$CI_LXC/calls")" = 1 ] || fail "it made a second container"
[ "$(inside 101 cat /etc/workspace-server/admin_password)" = "$password" ] || fail "it made another password"
traffic again 101
if MODE=docker CTID=101 "$CI_LXC/release/proxmox/create.sh" >/dev/null 2>&1; then fail "it changed the mode"; fi
traffic again 101

say "native: an update that does not start is taken back, a good one is not"
if "$CI_LXC/broken/proxmox/update.sh" 101 >"$CI_LXC/update.log" 2>&1; then fail "a broken release counts as an update"; fi
grep -q 'taken back' "$CI_LXC/update.log" || { cat "$CI_LXC/update.log" >&2; fail "it says nothing of taking it back"; }
[[ $(inside 101 workspace-ctl status) == *"health=good"* ]] || fail "the old version does not run"
[[ $(inside 101 workspace-ctl status) != *9.9.9* ]] || fail "the broken release counts as installed"
traffic again 101
"$CI_LXC/release/proxmox/update.sh" 101
traffic again 101

say "native: the hook of vzdump makes a backup, and leaves other guests alone"
"$CI_LXC/release/proxmox/vzdump-hook.sh" backup-start snapshot 101
VMTYPE=qemu "$CI_LXC/release/proxmox/vzdump-hook.sh" backup-start snapshot 101 >"$CI_LXC/hook.log"
"$CI_LXC/release/proxmox/vzdump-hook.sh" job-start >>"$CI_LXC/hook.log"
[ ! -s "$CI_LXC/hook.log" ] || fail "the hook spoke where it should not: $(<"$CI_LXC/hook.log")"
pct stop 101

say "docker: the image under Docker, in a container of LXC"
STACK_SERVICES=server MODE=docker CTID=102 "$CI_LXC/release/proxmox/create.sh"
[[ $(<"$CI_LXC/102/options") == *"--features nesting=1,keyctl=1 "* ]] || fail "pct create has no keyctl"
password=$(inside 102 cat /opt/workspace-server/compose/secrets/admin_password)
traffic first 102
[ "$(inside 102 docker info --format '{{.Driver}}')" = overlay2 ] || fail "Docker does not store with overlay2"
say "docker: an update that does not start is taken back, a good one is not"
if STACK_SERVICES=server WAIT_SECONDS=20 "$CI_LXC/broken/proxmox/update.sh" 102 >"$CI_LXC/update.log" 2>&1; then fail "a broken release counts as an update"; fi
grep -q 'taken back' "$CI_LXC/update.log" || { cat "$CI_LXC/update.log" >&2; fail "it says nothing of taking it back"; }
traffic again 102
STACK_SERVICES=server "$CI_LXC/release/proxmox/update.sh" 102
traffic again 102
pct stop 102
say "done"
