#!/usr/bin/env bash
# Builds a stand-in for the image of Prometheus out of Debian's package, where no registry can be reached:
#   prometheus-image.sh NAME:TAG ROOT    ROOT is where the package is unpacked
# As in the real one: the programs in /bin, wget, the user 65534, data in /prometheus.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"
tag=$1 from=$2
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
put() { install -D -m 0755 "$1" "$context/root/$2"; }
put "$from/usr/bin/prometheus" bin/prometheus
if [ -x "$from/usr/bin/promtool" ]; then put "$from/usr/bin/promtool" bin/promtool; fi
put /bin/busybox bin/busybox
ln -s busybox "$context/root/bin/wget"
# The libraries that it names, where its loader looks for them. Those of name resolution are inside the C library.
ldd "$from/usr/bin/prometheus" | awk '/=> \// { print $3 } $1 ~ /^\/lib/ { print $1 }' | sort -u | while read -r library; do
  put "$(readlink -f "$library")" "$library"
done
mkdir -p "$context/root/etc/prometheus" "$context/data"
echo 'global: {}' >"$context/root/etc/prometheus/prometheus.yml"
echo 'nobody:x:65534:65534::/:/bin/false' >"$context/root/etc/passwd"
echo 'hosts: files dns' >"$context/root/etc/nsswitch.conf"
cat >"$context/Containerfile" <<'C'
FROM scratch
COPY root/ /
COPY --chown=65534:65534 data /prometheus
USER 65534:65534
WORKDIR /prometheus
VOLUME ["/prometheus"]
ENTRYPOINT ["/bin/prometheus"]
C
"${CONTAINER_ENGINE:-docker}" build --quiet -f "$context/Containerfile" -t "$tag" "$context" >/dev/null
say "$tag stands for $("$from/usr/bin/prometheus" --version 2>&1 | head -n 1)"
