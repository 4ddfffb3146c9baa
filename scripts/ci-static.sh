#!/usr/bin/env bash
# Looks at the binaries that `make static` built: static, stripped, small, and they run without anything around them.
#   scripts/ci-static.sh [ARCH...]    x86_64 unless said otherwise
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"
cd "$(dirname "$0")/.."
apt_need file

[ $# -gt 0 ] || set -- x86_64
for arch in "$@"; do
  binary=dist/workspace-server-$arch-linux-musl
  [ -s "$binary" ] || fail "$binary is missing: make static ARCHS=$arch"
  kind=$(file --brief "$binary")
  case $arch in
  x86_64) [[ $kind == *x86-64* ]] ;;
  aarch64) [[ $kind == *aarch64* ]] ;;
  *) fail "unknown architecture '$arch'" ;;
  esac || fail "$binary is for another machine: $kind"
  [[ $kind == *"statically linked"* || $kind == *"static-pie linked"* ]] || fail "$binary is not static: $kind"
  [[ $kind == *", stripped"* ]] || fail "$binary is not stripped: $kind"
  # That of another architecture is no program to ldd.
  if [ "$arch" = "$(uname -m)" ]; then
    linked=$(ldd "$binary" 2>&1 || true)
    [[ $linked == *"not a dynamic executable"* || $linked == *"statically linked"* ]] || fail "$binary needs libraries: $linked"
    empty=$(mktemp -d)
    cp "$binary" "$empty/server"
    said=$(as_root chroot "$empty" /server --version) || fail "$binary does not run in an empty root"
    rm -rf "$empty"
    say "$said runs in an empty root"
  fi
  say "$binary: $kind"
  at_most "size of the binary" "$(stat -c %s "$binary")" 25000000 bytes
done
