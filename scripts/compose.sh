#!/usr/bin/env bash
# The stack of compose/compose.yaml: compose.sh up [SERVICE...] | down | logs [SERVICE...] | any other command of Compose
# Which further files belong to it says COMPOSE_FILE in compose/.env.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root/compose"
docker compose version >/dev/null 2>&1 ||
  fail "needs Docker with Compose 2.24 or newer (Debian 13: apt-get install docker.io docker-cli docker-compose)"

# setting NAME DEFAULT: of the environment or .env.
setting() {
  local line
  line=${!1:-$(sed -n "s/^$1=//p" .env 2>/dev/null | tail -n 1)}
  printf '%s' "${line:-$2}"
}

# A password for each file that is missing. Containers read it as users of their own, who are strangers here, so the
# file is open and its directory is not.
make_secrets() {
  local file
  mkdir -p secrets
  chmod 0700 secrets
  for file in admin_password grafana_admin_password; do
    if [ ! -s "secrets/$file" ]; then
      head -c 18 /dev/urandom | base64 | tr '+/' '-_' >"secrets/$file"
      say "made a password: compose/secrets/$file"
    fi
    chmod 0444 "secrets/$file"
  done
}

case ${1:-} in
up)
  make_secrets
  image=$(setting SERVER_IMAGE workspace-server:latest)
  built=$root/dist/workspace-server-$(uname -m)-linux-musl
  # Also when the binary is newer than the image; an image of another name is made elsewhere.
  if ! docker image inspect "$image" >/dev/null 2>&1 ||
    { [ "$image" = workspace-server:latest ] && [ -s "$built" ] && ! cmp -s "$built" "$root/dist/image/workspace-server"; }; then
    CONTAINER_ENGINE=docker "$root/scripts/image.sh"
  fi
  if ! docker compose up --detach --wait --wait-timeout "${WAIT_SECONDS:-300}" "${@:2}"; then
    docker compose ps --all >&2
    docker compose logs --no-color --tail 10 >&2
    fail "not all of it gets healthy: see above"
  fi
  docker compose ps --format 'table {{.Service}}\t{{.Status}}\t{{.Ports}}'
  say "first log-in as '$(setting ADMIN_USERNAME admin)' with the password in compose/secrets/admin_password," \
    "in Grafana as '$(setting GRAFANA_USERNAME admin)' with that in compose/secrets/grafana_admin_password"
  ;;
down) docker compose down "${@:2}" ;;
logs) docker compose logs --follow --tail 100 "${@:2}" ;;
'') fail "usage: compose.sh up | down | logs | any other command of Compose" ;;
*) docker compose "$@" ;;
esac
