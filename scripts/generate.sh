#!/usr/bin/env bash
# Writes again what is generated and committed: generate.sh PATH-OF-THE-BINARY
set -euo pipefail
binary=$(realpath "$1")
cd "$(dirname "$0")/.."

"$binary" openapi >openapi/openapi.json.new
mv openapi/openapi.json.new openapi/openapi.json

# between FILE BEGIN END TEXT: puts TEXT between the two lines of FILE that start so.
between() {
  awk -v begin="$2" -v end="$3" -v text="$4" '
    index($0, end) == 1 { inside = 0 }
    !inside { print }
    index($0, begin) == 1 { inside = 1; while ((getline line < text) > 0) print line }
  ' "$1" >"$1.new"
  mv "$1.new" "$1"
}

printed=$(mktemp)
trap 'rm -f "$printed"' EXIT
"$binary" config --markdown >"$printed"
between README.md '<!-- settings: begin' '<!-- settings: end' "$printed"
"$binary" config --dotenv >"$printed"
between compose/.env.example '# settings: begin' '# settings: end' "$printed"
