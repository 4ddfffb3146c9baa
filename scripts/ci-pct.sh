#!/usr/bin/env bash
# Stands in for Proxmox's `pct`, `pveam` and `pvesh` where there is no Proxmox: by the name that it is called as. Containers
# are real ones of LXC, unprivileged as those of Proxmox are; what Proxmox itself does with storage and backups is not here.
#   CI_LXC    directory of the containers; each call is a line of CI_LXC/calls
#   CI_ROOT   directory of a Debian root file system that they are copied from
#   CI_NET    first three numbers of the addresses on the bridge "$CI_BRIDGE"
set -euo pipefail
printf '%s %s\n' "$(basename "$0")" "$*" >>"$CI_LXC/calls"

config() { # config CTID: as Proxmox 8 writes one for an unprivileged container with nesting
  cat <<END
lxc.include = /usr/share/lxc/config/common.conf
lxc.include = /usr/share/lxc/config/userns.conf
lxc.uts.name = ct$1
lxc.arch = $(uname -m)
lxc.rootfs.path = dir:$CI_LXC/$1/rootfs
lxc.rootfs.options = idmap=container
lxc.idmap = u 0 100000 65536
lxc.idmap = g 0 100000 65536
lxc.mount.auto =
lxc.mount.auto = proc:rw sys:rw cgroup:rw:force
lxc.mount.entry = proc dev/.lxc/proc proc create=dir,optional 0 0
lxc.mount.entry = sys dev/.lxc/sys sysfs create=dir,optional 0 0
lxc.net.0.type = veth
lxc.net.0.link = $CI_BRIDGE
lxc.net.0.name = eth0
lxc.net.0.flags = up
lxc.net.0.ipv4.address = $CI_NET.$1/24
END
}

case "$(basename "$0") $1" in
'pvesh get') echo 101 ;;
'pveam update' | 'pveam download') ;;
'pveam available') echo 'system          debian-13-standard_13.1-2_amd64.tar.zst' ;;
'pveam list') ;;
'pct config')
  [ -e "$CI_LXC/$2/options" ] || exit 2
  sed -n 's/.*--tags \([^ ]*\).*/tags: \1/p' "$CI_LXC/$2/options"
  ;;
'pct create')
  mkdir "$CI_LXC/$2"
  cp -a --reflink=auto "$CI_ROOT" "$CI_LXC/$2/rootfs"
  config "$2" >"$CI_LXC/$2/config"
  echo "${*:3}" >"$CI_LXC/$2/options"
  ;;
'pct start') lxc-start -P "$CI_LXC" -n "$2" -d -o "$CI_LXC/$2.log" -l WARN ;;
'pct stop') lxc-stop -P "$CI_LXC" -n "$2" -t 20 ;;
'pct status')
  if lxc-info -P "$CI_LXC" -n "$2" -s 2>/dev/null | grep -q RUNNING; then echo 'status: running'; else echo 'status: stopped'; fi
  ;;
'pct exec')
  [ "$3" = -- ]
  exec lxc-attach -P "$CI_LXC" -n "$2" --clear-env --set-var PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin -- "${@:4}" </dev/null
  ;;
'pct push') lxc-attach -P "$CI_LXC" -n "$2" --clear-env -- /usr/bin/tee "$4" <"$3" >/dev/null ;;
*)
  echo "ci-pct: unknown call: $(basename "$0") $*" >&2
  exit 64
  ;;
esac
