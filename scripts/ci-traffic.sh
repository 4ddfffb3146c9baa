#!/usr/bin/env bash
# What a person and an application do with a server, and whether it is still there later:
#   ci-traffic.sh first|again URL USERNAME PASSWORD
# `first` logs in, makes an event and a message, and reports as an application; `again` finds all of it.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"
[ $# = 4 ] || fail "usage: ci-traffic.sh first|again URL USERNAME PASSWORD"
phase=$1 url=$2 username=$3 password=$4

# field NAME: that member of the JSON object on stdin.
field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
call() { # call METHOD PATH [BODY]
  local body=()
  [ $# -lt 3 ] || body=(--data "$3" -H 'Content-Type: application/json')
  curl --silent --show-error --fail-with-body --max-time 10 -X "$1" "$url$2" ${token:+-H "Authorization: Bearer $token"} "${body[@]}" ||
    fail "$1 $2 is refused"
}
finds() { # finds PATH TEXT: a 200 that has the text in it
  local answer
  answer=$(call GET "$1")
  [[ $answer == *"$2"* ]] || fail "GET $1 does not show '$2'"
}

wait_for 20 "$url/ready" curl --silent --fail --max-time 2 "$url/ready"
token=
login=$(call POST /api/auth/login "{\"username\":\"$username\",\"password\":\"$password\"}")
token=$(field access_token <<<"$login")

if [ "$phase" = first ]; then
  call POST /api/agenda '{"title":"Check of the image","start":"2026-12-07T10:00:00","time_zone":"Europe/Paris"}' >/dev/null
  call POST /api/chat/rooms/general/messages '{"body":"Message of the check"}' >/dev/null
  made=$(call POST /api/app-keys '{"app":"check"}')
  key=$(field key <<<"$made")
  report='{"meta":{"app":{"name":"check","version":"1.0.0"},"session":{"id":"s1"}},"logs":[{"message":"Line of the check","level":"warn"}]}'
  status=$(curl --silent --output /dev/null --write-out '%{http_code}' --max-time 10 "$url/collect/$key" --json "$report")
  [ "$status" = 202 ] || fail "/collect answers $status to a report, not 202"
  status=$(curl --silent --output /dev/null --write-out '%{http_code}' --max-time 10 "$url/collect/wsk_not_a_key" --json "$report")
  [ "$status" = 401 ] || fail "/collect answers $status to an unknown key, not 401"
fi

finds '/api/agenda?from=2026-12-01T00:00:00Z&to=2026-12-31T00:00:00Z' 'Check of the image'
finds /api/chat/rooms/general/messages 'Message of the check'
finds '/api/logs?search=Line+of+the+check' 'Line of the check'
token=
finds /login '</html>'
