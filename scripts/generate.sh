#!/usr/bin/env bash
# Writes again what is generated and committed: generate.sh PATH-OF-THE-BINARY
set -euo pipefail
binary=$(realpath "$1")
cd "$(dirname "$0")/.."

"$binary" openapi >openapi/openapi.json.new
mv openapi/openapi.json.new openapi/openapi.json

# The settings table stands between two comment lines.
"$binary" config --markdown >README.md.table
awk '
  /<!-- settings: end -->/ { inside = 0 }
  !inside { print }
  /<!-- settings: begin/ { inside = 1; while ((getline line < "README.md.table") > 0) print line }
' README.md >README.md.new
mv README.md.new README.md
rm README.md.table
