#!/usr/bin/env bash
# Packs dist/workspace-server-ARCH.tar.gz, with all that an installation needs: the static binary that `make static`
# built, the stack, and the scripts for Proxmox. release.sh [x86_64|aarch64]
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"
cd "$(dirname "$0")/.."
arch=${1:-$(uname -m)}
binary=dist/workspace-server-$arch-linux-musl
[ -s "$binary" ] || fail "$binary is missing: make static ARCHS=$arch"
version=$(sed -n '/^version = /{s/.*"\(.*\)"/\1/p;q}' Cargo.toml)
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
created=$(git log -1 --format=%cI 2>/dev/null || echo 1970-01-01T00:00:00Z)

packed=workspace-server-$version
staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT
mkdir -p "$staging/$packed/dist" "$staging/$packed/scripts" "$staging/$packed/grafana"
echo "$version $revision $created" >"$staging/$packed/RELEASE"
install -m 0755 "$binary" "$staging/$packed/dist/"
cp scripts/lib.sh scripts/image.sh scripts/compose.sh "$staging/$packed/scripts/"
cp -r Containerfile README.md README.fr.md LICENSE-MIT LICENSE-APACHE compose proxmox "$staging/$packed/"
cp -r grafana/provisioning grafana/dashboards "$staging/$packed/grafana/"
rm -rf "$staging/$packed/compose/.env" "$staging/$packed/compose/secrets"
# The same bytes from the same commit.
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="$created" -C "$staging" -c "$packed" |
  gzip -n >"dist/workspace-server-$arch.tar.gz"
say "dist/workspace-server-$arch.tar.gz, version $version: $(stat -c %s "dist/workspace-server-$arch.tar.gz") bytes"
