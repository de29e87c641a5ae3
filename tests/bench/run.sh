#!/usr/bin/env bash
# run.sh [--build DIR] [--quick] [--json FILE] - builds optimised and prints the figures; see figures.py.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=$top/build
options=()
while [ $# -gt 0 ]; do
    case $1 in
        --build) build=$2; shift 2 ;;
        --quick) options+=(--rounds 3 --scale 0.25); shift ;;
        --json) options+=(--json "$2"); shift 2 ;;
        -h|--help) sed -n '2p' "$0"; exit 0 ;;
        *) echo "run.sh: unknown option $1" >&2; exit 2 ;;
    esac
done
[ -f "$build/CMakeCache.txt" ] || cmake -S "$top" -B "$build" -G Ninja >/dev/null
cmake --build "$build" --target peacepie peacepie-broker peacepie-worker peacepie_bench bench_forwarder >/dev/null
exec python3 "$here/figures.py" --build "$build" "${options[@]}"
