#!/usr/bin/env bash
# Brings up the stack of compose/compose.yaml with what can be had without a registry: the server's image, and Prometheus,
# Alertmanager and Caddy from Debian under the names that the files pin. Loki and Grafana stay away. Needs root; leaves
# nothing running.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"
# Sid moves on: what it has today stands in for the pinned versions.
"$(dirname "$0")/fetch-debs.sh" sid "$cache/stand-ins" prometheus prometheus-alertmanager caddy
# shellcheck source-path=SCRIPTDIR source=ci-docker.sh
source "$(dirname "$0")/ci-docker.sh"
cd "$(dirname "$0")/.."

# In a copy: a developer's .env and passwords are none of its business.
copy=$(mktemp -d)
trap 'stop_daemon; rm -rf "$copy"' EXIT
mkdir "$copy/grafana"
cp -r compose scripts "$copy"
cp -r grafana/provisioning grafana/dashboards "$copy/grafana"
rm -rf "$copy/compose/.env" "$copy/compose/secrets"
printf 'NOFILE=%s\nPORT=18060\nSERVER_HOST=127.0.0.1\n' "$(ulimit -Hn)" >"$copy/compose/.env"
stack() { PATH=$(dirname "$docker"):$PATH "$copy/scripts/compose.sh" "$@"; }

say "all files are valid, alone and together"
for files in compose.yaml compose.yaml:compose.dev.yaml compose.yaml:compose.tls.yaml:compose.alerts.yaml; do
  COMPOSE_FILE=$files SITE_ADDRESS=workspace.example.org stack config --quiet
done
stack config --format json | python3 -c '
import json, sys
for name, service in json.load(sys.stdin)["services"].items():
    assert service["read_only"] and service["cap_drop"] == ["ALL"] and service["security_opt"] == ["no-new-privileges:true"], name
    assert service["healthcheck"] and service["deploy"]["resources"]["limits"]["memory"] and service["logging"]["options"]["max-size"], name
    assert ":" in service["image"] and (name == "server" or not service["image"].endswith(":latest")), name
    assert bool(service.get("ports")) == (name in ("server", "grafana")), name
'

CONTAINER_ENGINE=$docker scripts/image.sh
for kind in prometheus alertmanager caddy; do
  pinned=$(sed -n "s/^ *image: \\(.*$kind:.*\\)/\\1/p" compose/compose*.yaml)
  CONTAINER_ENGINE=$docker scripts/stand-in-image.sh "$kind" "$pinned" "$cache/stand-ins"
done

say "up: the server, then Prometheus"
begun=$(milliseconds)
stack up server prometheus
at_most "up, both healthy" $(($(milliseconds) - begun)) 60000 ms
password=$(<"$copy/compose/secrets/admin_password")
scripts/ci-traffic.sh first http://127.0.0.1:18060 admin "$password"

# Prometheus is not published: one asks it from inside.
ask() { stack exec -T prometheus wget --quiet --output-document=- "http://127.0.0.1:9090/api/v1/$1"; }
target_is_up() { [[ $(ask 'query?query=up%7Bjob=%22workspace-server%22%7D==1') == *'"instance":"server:9060"'* ]]; }
is_known() { [[ $(ask "query?query=$1") == *'"value":'* ]]; }
wait_for 60 "the target server:9060" target_is_up
wait_for 60 "the server's own metrics" is_known workspace_build_info
ask rules | python3 -c '
import glob, json, re, sys
loaded = [rule for group in json.load(sys.stdin)["data"]["groups"] for rule in group["rules"]]
written = sum(len(re.findall(r"^\s*- (?:alert|record):", open(file).read(), re.M)) for file in glob.glob("compose/prometheus/rules/*.yml"))
assert written and len(loaded) == written, f"{written} rules are written, {len(loaded)} are loaded"
print("  rules loaded: %d, of which alerts: %d" % (written, sum(rule["type"] == "alerting" for rule in loaded)))
'

say "down and up again, with the data"
stack down --timeout 30 >/dev/null 2>&1
stack up server >/dev/null 2>&1
scripts/ci-traffic.sh again http://127.0.0.1:18060 admin "$password"

say "with Caddy in front and an Alertmanager: nothing else is published, and a client is who it is"
printf '%s\n' COMPOSE_FILE=compose.yaml:compose.tls.yaml:compose.alerts.yaml SITE_ADDRESS=workspace.localhost >>"$copy/compose/.env"
stack up server prometheus alertmanager caddy
published=$(docker ps --format '{{.Names}} {{.Ports}}' | grep -- '->' | cut -d' ' -f1)
[ "$published" = workspace-caddy-1 ] || fail "published: $published"
# Caddy is its own authority for such a name.
stack exec -T caddy /bin/busybox cat /data/caddy/pki/authorities/local/root.crt >"$copy/root.crt"
export CURL_CA_BUNDLE=$copy/root.crt
scripts/ci-traffic.sh again https://workspace.localhost admin "$password"
[ "$(curl --silent --output /dev/null --write-out '%{http_code}' http://workspace.localhost/login)" = 308 ] || fail "HTTP is not led to HTTPS"
login=$(curl --silent --fail -H 'X-Forwarded-For: 203.0.113.7' https://workspace.localhost/api/auth/login \
  --json "{\"username\":\"admin\",\"password\":\"$password\"}")
token=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])' <<<"$login")
sessions=$(curl --silent --fail -H "Authorization: Bearer $token" https://workspace.localhost/api/auth/sessions)
# The gateway of the network is where this test is.
if [[ $sessions == *203.0.113.7* || $sessions == *172.30.60.10* || $sessions != *172.30.60.1\"* ]]; then
  fail "a client is not seen as who it is: $sessions"
fi
for job in caddy alertmanager; do wait_for 60 "the target $job" is_known "up%7Bjob=%22$job%22%7D==1"; done
told() { [[ $(ask alertmanagers) == *'http://alertmanager:9093/'* ]]; }
wait_for 30 "Prometheus to know whom to tell" told
stack down --timeout 30 --volumes >/dev/null 2>&1
say "done"
