#!/usr/bin/env bash
# Builds the image workspace-server:VERSION (and :latest) from dist/workspace-server-ARCH-linux-musl, which `make static` builds:
#   scripts/image.sh [x86_64|aarch64]
# With Docker or podman, whichever is there, or CONTAINER_ENGINE. Nothing is fetched.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"
cd "$(dirname "$0")/.."
arch=${1:-$(uname -m)}
binary=dist/workspace-server-$arch-linux-musl
[ -s "$binary" ] || fail "$binary is missing: make static ARCHS=$arch"
case $arch in
x86_64) platform=linux/amd64 ;;
aarch64) platform=linux/arm64 ;;
*) fail "unknown architecture '$arch': x86_64 and aarch64 are built" ;;
esac

engine=${CONTAINER_ENGINE:-}
if [ -z "$engine" ]; then
  if have docker; then engine=docker
  elif have podman; then engine=podman
  else fail "neither docker nor podman is here: apt-get install docker.io"
  fi
fi

certificates=/etc/ssl/certs/ca-certificates.crt
[ -s "$certificates" ] || fail "$certificates is missing: apt-get install ca-certificates"
rm -rf dist/image
mkdir -p dist/image/data
install -m 0755 "$binary" dist/image/workspace-server
install -m 0644 "$certificates" dist/image/ca-certificates.crt

# A release has neither Cargo.toml nor git, but a file with what scripts/release.sh found there.
if [ -s RELEASE ]; then
  read -r version revision created <RELEASE
else
  version=$(sed -n '/^version = /{s/.*"\(.*\)"/\1/p;q}' Cargo.toml)
  revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
  created=$(git log -1 --format=%cI 2>/dev/null || echo 1970-01-01T00:00:00Z)
fi
args=(build --platform "$platform" -f Containerfile -t "workspace-server:$version" -t workspace-server:latest
  --build-arg "VERSION=$version" --build-arg "REVISION=$revision" --build-arg "CREATED=$created")
# Podman's own format has no health check.
case $(basename "$engine") in podman) args+=(--format docker) ;; esac
"$engine" "${args[@]}" dist/image >dist/image.log 2>&1 || { cat dist/image.log >&2; fail "$engine cannot build the image"; }
size=$("$engine" image inspect --format '{{.Size}}' "workspace-server:$version")
say "workspace-server:$version: $size bytes, of which the binary has $(stat -c %s "$binary")"
