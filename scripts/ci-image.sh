#!/usr/bin/env bash
# Builds the image from dist/ and uses it as an operator would: read-only, with no capability, through a restart.
# Measures its size, its start and its memory, and fails beyond the bounds below. Needs root; leaves nothing running.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=ci-docker.sh
source "$(dirname "$0")/ci-docker.sh"
cd "$(dirname "$0")/.."

image=workspace-server:latest
password='a password of the check'
url=http://127.0.0.1:18060

CONTAINER_ENGINE=$docker scripts/image.sh
at_most "size of the image" "$(docker image inspect --format '{{.Size}}' "$image")" 40000000 bytes
# The binary and the certificates, and nothing beside them.
made=$(docker image inspect --format '{{.Size}}' "$image")
parts=$(($(stat -c %s dist/image/workspace-server) + $(stat -c %s dist/image/ca-certificates.crt)))
[ "$made" = "$parts" ] || fail "the image has $made bytes, the binary and the certificates have $parts"
[ "$(docker image inspect --format '{{.Config.User}} {{.Config.StopSignal}}' "$image")" = "65532:65532 SIGTERM" ] ||
  fail "the image has another user or stop signal"

run() { # run NAME [OPTION...]: as narrow as an engine can make it
  docker run --detach --name "$1" --read-only --cap-drop ALL --security-opt no-new-privileges --pids-limit 256 --memory 256m \
    --health-interval 1s --publish 127.0.0.1:18060:8060 --volume data:/data \
    --env ADMIN_USERNAME=admin --env "ADMIN_PASSWORD=$password" "${@:2}" "$image" >/dev/null
}
is_healthy() { [ "$(docker inspect --format '{{.State.Health.Status}}' "$1")" = healthy ]; }

say "read-only, without capabilities"
begun=$(milliseconds)
run first
wait_for 30 "a healthy container" is_healthy first
at_most "start to healthy" $(($(milliseconds) - begun)) 5000 ms
pid=$(docker inspect --format '{{.State.Pid}}' first)
grep -q '^CapBnd:\s*0000000000000000$' "/proc/$pid/status" || fail "the server has capabilities"
grep -q '^NoNewPrivs:\s*1$' "/proc/$pid/status" || fail "the server may get privileges"
grep -q '^Uid:\s*65532\s' "/proc/$pid/status" || fail "the server is not the user 65532"
if docker exec first /bin/sh -c true >/dev/null 2>&1; then fail "there is a shell in the image"; fi
# Anonymous memory is what it takes from others; the file cache would be given back.
memory() { awk '/^RssAnon:/ { print $2 }' "/proc/$pid/status"; }
at_most "idle memory" "$(memory)" 102400 kB
scripts/ci-traffic.sh first "$url" admin "$password"
at_most "memory after first traffic" "$(memory)" 153600 kB

say "SIGTERM, and a new container with the same volume"
begun=$(milliseconds)
docker stop --time 20 first >/dev/null
code=$(docker inspect --format '{{.State.ExitCode}}' first)
[ "$code" = 0 ] || { docker logs --tail 20 first >&2; fail "SIGTERM ended it with $code"; }
at_most "SIGTERM to gone" $(($(milliseconds) - begun)) 5000 ms
docker rm first >/dev/null
run second
scripts/ci-traffic.sh again "$url" admin "$password"

say "kill -9, and the same again"
docker kill second >/dev/null
docker start second >/dev/null
scripts/ci-traffic.sh again "$url" admin "$password"
docker rm --force second >/dev/null

say "a bad setting ends it with one line that names it"
said=$(docker run --rm --env PORT=many "$image" 2>&1) && fail "it started with PORT=many"
if [ "$(wc -l <<<"$said")" != 1 ] || [[ $said != *"PORT: found"* ]]; then fail "it says: $said"; fi
say "done"
