#!/usr/bin/env bash
# Builds a stand-in for an image of the stack out of Debian's package, where no registry can be reached:
#   stand-in-image.sh prometheus|alertmanager|caddy NAME:TAG ROOT    ROOT is where the package is unpacked
# As in the real one: where the program is, who runs it, its volumes, and wget for the health check.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"
kind=$1 tag=$2 from=$3
case $kind in
prometheus) program=$from/usr/bin/prometheus place=/bin/prometheus user=65534 volumes=(/prometheus) arguments='' ;;
alertmanager)
  program=$from/usr/bin/prometheus-alertmanager place=/bin/alertmanager user=65534 volumes=(/alertmanager) arguments=''
  ;;
caddy)
  program=$from/usr/bin/caddy place=/usr/bin/caddy user=0 volumes=(/data /config)
  arguments='"run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"'
  ;;
*) fail "unknown kind '$kind'" ;;
esac

context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
put() { install -D -m 0755 "$1" "$context/root/$2"; }
put "$program" "$place"
put /bin/busybox bin/busybox
ln -s busybox "$context/root/bin/wget"
# The libraries that it names, where its loader looks for them. Those of name resolution are inside the C library.
(ldd "$program" || true) | awk '/=> \// { print $3 } $1 ~ /^\/lib/ { print $1 }' | sort -u | while read -r library; do
  put "$(readlink -f "$library")" "$library"
done
mkdir -p "$context/root/etc" "$context/root/tmp" "$context/root/usr/share/prometheus" "$context/empty"
# Debian keeps the templates of messages outside the program.
if [ "$kind" = alertmanager ]; then cp -rL "$from/usr/share/prometheus/alertmanager" "$context/root/usr/share/prometheus/"; fi
echo 'nobody:x:65534:65534::/:/bin/false' >"$context/root/etc/passwd"
echo 'hosts: files dns' >"$context/root/etc/nsswitch.conf"
{
  echo 'FROM scratch'
  echo 'COPY root/ /'
  for volume in "${volumes[@]}"; do
    echo "COPY --chown=$user:$user empty $volume"
    echo "VOLUME [\"$volume\"]"
  done
  echo 'ENV XDG_CONFIG_HOME=/config XDG_DATA_HOME=/data'
  echo "USER $user:$user"
  # That of Caddy has a command alone, the others an entry point.
  if [ -n "$arguments" ]; then echo "CMD [\"$place\", $arguments]"; else echo "ENTRYPOINT [\"$place\"]"; fi
} >"$context/Containerfile"
"${CONTAINER_ENGINE:-docker}" build --quiet -f "$context/Containerfile" -t "$tag" "$context" >/dev/null
say "$tag is $(basename "$program") of Debian"
