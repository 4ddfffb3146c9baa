#!/usr/bin/env bash
# Builds dist/workspace-server-ARCH-linux-musl, linked statically, for x86_64 and aarch64 or the ones that are named:
#   scripts/static.sh [x86_64] [aarch64]
# Zig is the C compiler and the linker. The standard library for musl is rustup's where it can be fetched; else that of
# Debian's compiler, which is built here from its source.
set -euo pipefail
cd "$(dirname "$0")/.."
archs=("$@")
[ ${#archs[@]} -gt 0 ] || archs=(x86_64 aarch64)
# Absolute, and apart from the other builds: other flags would build every dependency again.
target_dir=$(readlink -m "${CARGO_TARGET_DIR:-target}")/static

say() { printf 'static: %s\n' "$*"; }
fail() { printf 'static: %s\n' "$*" >&2; exit 1; }
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else fail "needs root to run '$*': become root or install sudo"
  fi
}

for arch in "${archs[@]}"; do
  case $arch in
  x86_64 | aarch64) ;;
  *) fail "unknown architecture '$arch': x86_64 and aarch64 are built" ;;
  esac
done

zig=$target_dir/zig
if [ ! -x "$zig/bin/cargo-zigbuild" ]; then
  say "fetching Zig and cargo-zigbuild"
  python3 -m venv "$zig" || fail "needs python3-venv: apt-get install python3-venv"
  "$zig/bin/pip" install --quiet --disable-pip-version-check ziglang==0.17.1 cargo-zigbuild==0.24.0
fi
export PATH=$zig/bin:$PATH

debian_toolchain() {
  [ ! -e /usr/share/doc/rust-web-src ] || return 0
  command -v apt-get >/dev/null || fail "rustup cannot fetch the library for $arch, and this is not Debian"
  say "installing Debian's compiler and the source of its library"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    rustc-web cargo-web rust-web-src >/dev/null
}

WORKSPACE_COMMIT=$(git describe --always --dirty --abbrev=12 --exclude='*' 2>/dev/null || echo unknown)
export WORKSPACE_COMMIT CARGO_INCREMENTAL=0

build() { # build ARCH
  local arch=$1 dir=$target_dir/rustup target=$1-unknown-linux-musl flags=()
  local command=(cargo-zigbuild zigbuild --release --locked --bin workspace-server --target "$target")
  if command -v rustup >/dev/null && rustup target add "$target" >/dev/null 2>&1; then
    say "$arch: $(rustc --version), its library from rustup"
  else
    debian_toolchain
    # Another compiler: in a directory of its own, or the two would build each other's dependencies again.
    dir=$target_dir/debian
    export RUSTC=/usr/bin/rustc CARGO=/usr/bin/cargo RUSTC_BOOTSTRAP=1
    command+=("-Zbuild-std=std,panic_unwind")
    # Zig brings the start files and the unwinder, which this compiler would look for in a target it does not have.
    flags+=(-Clink-self-contained=no)
    say "$arch: $(/usr/bin/rustc --version), its library from source"
  fi
  # The same bytes wherever it is built: the paths of this machine are named for what they are. Those of the sources
  # are relative already, and naming the checkout here would build the dependencies again for each one.
  flags+=("--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo" "--remap-path-prefix=$target_dir=/target")
  RUSTFLAGS="${flags[*]}" CARGO_TARGET_DIR=$dir "${command[@]}"
  out=dist/workspace-server-$arch-linux-musl
  cp "$dir/$target/release/workspace-server" "$out"
  say "$out: $(stat -c %s "$out") bytes"
}

mkdir -p dist
for arch in "${archs[@]}"; do
  # In a shell of its own: the choice of a compiler ends with it.
  (build "$arch")
done
