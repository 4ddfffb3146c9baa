#!/usr/bin/env bash
# Fuzzes the telemetry parser for some minutes, ten by default, and keeps what finds new paths in fuzz/corpus/payload.
# Needs a C++ compiler. A crash ends it with an error and leaves the input in fuzz/artifacts.
set -euo pipefail
cd "$(dirname "$0")/../fuzz"
minutes=${1:-10}
target=$(rustc -vV | sed -n 's/^host: //p')
command -v c++ >/dev/null || { echo "fuzz: no C++ compiler: install g++, then run this again" >&2; exit 1; }

# Counters on every edge, and the operands of comparisons: what the engine steers by.
coverage=(
  -Cpasses=sancov-module
  -Cllvm-args=-sanitizer-coverage-level=4
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
  -Cllvm-args=-sanitizer-coverage-pc-table
  -Cllvm-args=-sanitizer-coverage-trace-compares
)
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-../target}/fuzz
RUSTFLAGS="${coverage[*]}" cargo build --release --target "$target"

# Grown in a copy; then only what a smaller corpus would miss is kept.
grown=$(mktemp -d)
trap 'rm -rf "$grown"' EXIT
mkdir -p artifacts
payload=$CARGO_TARGET_DIR/$target/release/payload
"$payload" -max_total_time=$((minutes * 60)) -max_len=16384 -timeout=5 -rss_limit_mb=1024 -dict=payload.dict \
  -artifact_prefix=artifacts/ -jobs=2 -workers=2 "$grown" corpus/payload >"$grown.log" 2>&1 || {
  tail -n 40 "$grown.log" fuzz-*.log >&2
  exit 1
}
grep -h '^Done\|^stat::\|cov:' fuzz-*.log | tail -n 4
rm -f fuzz-*.log "$grown.log"
"$payload" -merge=1 corpus/payload "$grown" 2>&1 | tail -n 1
printf 'fuzz: %s minutes on two cores, no crash; %s inputs in the corpus\n' "$minutes" "$(find corpus/payload -type f | wc -l)"
