#!/usr/bin/env bash
# Generates the API clients from openapi/openapi.json and compiles them, with the test programs of openapi/clients and the
# examples of README.md: generate-clients.sh DIRECTORY. Does nothing when all of these are as they were the last time.
set -euo pipefail
mkdir -p "$1"
dest=$(realpath "$1")
cd "$(dirname "$0")/.."
venv=$(realpath "${CARGO_TARGET_DIR:-target}")/test-deps/venv
js=$PWD/tests/js/node_modules
if [ ! -x "$venv/bin/python" ] || [ ! -d "$js" ]; then
  echo "clients: run scripts/install-test-deps.sh first" >&2
  exit 1
fi

# Two test runs may ask at once.
exec 9>"$dest/.lock"
flock 9

# DIRECTORY may outlive the checkout that filled it: the link always leads to the packages of this one.
mkdir -p "$dest/typescript"
ln -sfn "$js" "$dest/typescript/node_modules"

sources=$(find openapi/openapi.json openapi/clients README.md tests/js/package-lock.json tests/python/requirements.txt \
  scripts/generate-clients.sh -type f | LC_ALL=C sort | xargs sha256sum)
[ "$(cat "$dest/.stamp" 2>/dev/null)" != "$sources" ] || exit 0
rm -f "$dest/.stamp"
log=$dest/generate.log
trap '[ $? = 0 ] || { tail -n 60 "$log" >&2; echo "clients: failed, all of it stands in $log" >&2; }' EXIT
: >"$log"

# The code block of README.md below `<!-- example: NAME -->`.
example() {
  awk -v name="<!-- example: $1 -->" '
    $0 == name { found = 1; next }
    found && /^```/ { if (inside) exit; inside = 1; next }
    inside { print }
  ' README.md
}

echo "clients: TypeScript"
rm -rf "$dest/typescript"
cp -r openapi/clients/typescript "$dest/typescript"
ln -s "$js" "$dest/typescript/node_modules"
example typescript >"$dest/typescript/readme.ts"
"$js/.bin/openapi-typescript" openapi/openapi.json --output "$dest/typescript/api.d.ts" >>"$log" 2>&1
"$js/.bin/tsc" --project "$dest/typescript" >>"$log" 2>&1

echo "clients: Python"
rm -rf "$dest/python"
mkdir "$dest/python"
PATH=$venv/bin:$PATH "$venv/bin/openapi-python-client" generate --path openapi/openapi.json --meta none --fail-on-warning \
  --config openapi/clients/python/config.yaml --output-path "$dest/python/workspace_client" >>"$log" 2>&1
cp openapi/clients/python/*.py "$dest/python"
example python >"$dest/python/readme.py"
"$venv/bin/python" -m compileall -q "$dest/python" >>"$log" 2>&1

echo "clients: Rust"
rm -rf "$dest/rust"
cp -r openapi/clients/rust "$dest/rust"
cp openapi/openapi.json "$dest/rust/openapi.json"
example rust >"$dest/rust/examples/readme.rs"
CARGO_TARGET_DIR=$dest/rust-target cargo build --locked --quiet --examples --manifest-path "$dest/rust/Cargo.toml" >>"$log" 2>&1

printf '%s' "$sources" >"$dest/.stamp"
