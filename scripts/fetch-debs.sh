#!/usr/bin/env bash
# Unpacks Debian packages of another suite into a directory, and installs nothing: fetch-debs.sh SUITE DIRECTORY PACKAGE...
# The mirror is that of this machine. Does nothing when the directory has these packages already.
set -euo pipefail
suite=$1 dir=$2
shift 2
stamp=$dir/.packages
wanted="$suite $*"
[ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ] || exit 0
rm -rf "$dir"
mkdir -p "$dir"
dir=$(realpath "$dir")

own=$(mktemp -d)
trap 'rm -rf "$own"' EXIT
mkdir -p "$own/lists/partial" "$own/cache/archives/partial"
# The first paragraph is the archive itself; security has suites of other names.
sed "s/^Suites:.*/Suites: $suite/" /etc/apt/sources.list.d/debian.sources |
  awk 'BEGIN { RS = ""; ORS = "\n\n" } NR == 1' >"$own/suite.sources"
apt=(-qq -o "Dir::Etc::sourcelist=$own/suite.sources" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::lists=$own/lists"
  -o "Dir::Cache=$own/cache" -o APT::Sandbox::User=root -o Acquire::Languages=none
  -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false)
apt-get "${apt[@]}" update >/dev/null
cd "$own"
apt-get "${apt[@]}" download "${@/%//$suite}" >/dev/null
for package in *.deb; do
  dpkg-deb -x "$package" "$dir"
  printf 'fetch-debs: %s\n' "${package%.deb}"
done
printf '%s\n' "$wanted" >"$dir/.packages"
