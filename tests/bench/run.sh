#!/usr/bin/env bash
# run.sh [--build DIR] [--peers DIR] [--quick] [--only NAME,…] [--json FILE] … - builds optimised and prints the figures.
#
#   --build DIR   where to build (default: build)
#   everything else goes to figures.py, whose --help tells it
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=$top/build
options=()
while [ $# -gt 0 ]; do
    case $1 in
        --build) build=$2; shift 2 ;;
        -h|--help) sed -n '2,5p' "$0" | sed 's/^# \{0,1\}//'; exec /usr/bin/python3 "$here/figures.py" --help ;;
        *) options+=("$1"); shift ;;
    esac
done
[ -f "$build/CMakeCache.txt" ] || cmake -S "$top" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release >/dev/null
cmake --build "$build" --target bench_programs >/dev/null
exec /usr/bin/python3 "$here/figures.py" --build "$build" "${options[@]}"
