#!/bin/sh
# Installs the Debian packages that building and testing need; what is there already is left alone.
#
#   tests/install-dependencies.sh [--build-only] [--system] [--fuzz]
#
#   --build-only  what the quick start needs; no ccache
#   --system      also what tests/system drives the programs with (Python's ZeroMQ and MessagePack, faketime, network namespaces)
#   --fuzz        also clang 19 and its fuzzing runtime
#
# Asks nothing; works as root or with sudo; ends with status 3 when packages are missing and cannot be installed.
set -eu

packages="g++ cmake make ninja-build libzmq3-dev cppzmq-dev libmsgpack-cxx-dev libspdlog-dev libfmt-dev catch2
  libcli11-dev libsqlite3-dev libdw-dev libtomlplusplus-dev nlohmann-json3-dev"
extra="ccache"
system=""
fuzz=""
for option in "$@"; do
  case "$option" in
    --build-only) extra="" ;;
    --system) system="python3 python3-zmq python3-msgpack faketime iproute2" ;;
    --fuzz) fuzz="clang-19 libclang-rt-19-dev" ;;
    *) echo "install-dependencies.sh: unknown option '$option'; see the first lines of the file" >&2; exit 2 ;;
  esac
done

missing_of() {
  for package in "$@"; do
    state=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
    [ "$state" = "install ok installed" ] || printf '%s ' "$package"
  done
}

# shellcheck disable=SC2086 - the lists are split on purpose
missing=$(missing_of $packages $extra $system $fuzz)
[ -n "$missing" ] || { echo "packages: all there"; exit 0; }

echo "packages to install: $missing"
if [ "$(id -u)" = 0 ]; then as_root=""
elif command -v sudo >/dev/null 2>&1; then as_root="sudo"
else
  echo "install-dependencies.sh: neither root nor sudo. Have this run as root, then start again:" >&2
  echo "  apt-get install --no-install-recommends $missing" >&2
  exit 3
fi

run_apt() { $as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o Dpkg::Use-Pty=0 "$@"; }
# A refresh may fail without a network while the lists at hand still do; the installation decides.
run_apt update || echo "packages: the lists could not be refreshed; going on with those at hand"
# shellcheck disable=SC2086
run_apt install --no-install-recommends $missing || {
  echo "install-dependencies.sh: apt-get could not install: $missing (its own words are above)" >&2
  exit 3
}
echo "packages: installed"
