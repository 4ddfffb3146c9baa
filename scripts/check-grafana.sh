#!/usr/bin/env bash
# Checks what Prometheus, Alertmanager and Grafana are given: check-grafana.sh [SERVER BENCH]
#
# - the dashboards are what grafana/generate.mjs gives, and valid against the types of the pinned Grafana;
# - promtool and amtool find no fault, and every test of the alerts holds;
# - every query gives data in a Prometheus that scrapes a server at work, and every query of Loki is about labels and
#   fields that this server pushes.
#
# Installs what it needs (npm packages into grafana/, Debian packages unpacked beside the build). The checks themselves
# reach this machine only. SERVER and BENCH are programs; without them they are built.
set -euo pipefail
cd "$(dirname "$0")/.."
deps=${CARGO_TARGET_DIR:-target}/test-deps
mkdir -p "$deps"
deps=$(realpath "$deps")
say() { printf 'grafana: %s\n' "$*"; }
fail() { printf 'grafana: %s\n' "$*" >&2; exit 1; }

for tool in node npm openssl; do
  command -v "$tool" >/dev/null || fail "needs $tool: run scripts/install-test-deps.sh, or install it"
done

sum=$(sha256sum grafana/package-lock.json)
if [ "$(cat grafana/node_modules/.stamp 2>/dev/null)" != "$sum" ]; then
  say "installing the npm packages of grafana"
  (cd grafana && npm ci --silent)
  printf '%s\n' "$sum" >grafana/node_modules/.stamp
fi

# The stack's versions are in Debian's newest suite, which moves; the stable one has older ones that will do.
tools=$deps/observability
scripts/fetch-debs.sh sid "$tools" prometheus promtool prometheus-alertmanager ||
  scripts/fetch-debs.sh trixie "$tools" prometheus prometheus-alertmanager ||
  fail "could not fetch Prometheus and Alertmanager from Debian"
export PATH=$tools/usr/bin:$PATH
say "$(prometheus --version 2>&1 | head -n 1 | cut -d '(' -f 1)and $(amtool --version 2>&1 | head -n 1 | cut -d '(' -f 1)"

node grafana/generate.mjs --check

log=$(mktemp)
trap 'rm -f "$log"' EXIT
quiet() { "$@" >"$log" 2>&1 || { cat "$log" >&2; fail "failed: $*"; }; }
quiet promtool check config compose/prometheus/prometheus.yml
for overlay in tls alertmanager; do
  # An overlay's jobs beside the others, as where it is mounted.
  place=$(mktemp -d)
  cp -r compose/prometheus/prometheus.yml compose/prometheus/rules "$place"
  mkdir "$place/scrape.d"
  cp "compose/prometheus/overlays/$overlay.yml" "$place/scrape.d"
  quiet promtool check config "$place/prometheus.yml"
  rm -r "$place"
done
quiet promtool check rules --lint=all --lint-fatal compose/prometheus/rules/*.yml
quiet promtool test rules compose/prometheus/tests/*.yml
quiet amtool check-config compose/alertmanager/alertmanager.yml
for severity in warning critical; do
  quiet amtool config routes test --config.file=compose/alertmanager/alertmanager.yml --verify.receivers=webhook \
    severity=$severity alertname=Latency
done
say "promtool and amtool find no fault, and the tests of the alerts hold"

if [ $# = 2 ]; then
  server=$(realpath "$1") bench=$(realpath "$2")
else
  cargo build --quiet --workspace
  built=$(realpath "${CARGO_TARGET_DIR:-target}/debug")
  server=$built/workspace-server bench=$built/workspace-bench
fi
node grafana/check/main.mjs "$server" "$bench" "$tools/usr/bin/prometheus"
