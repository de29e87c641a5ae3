#!/usr/bin/env bash
# safety.sh [--folder DIR] [--jobs N] [--rounds N] [--scale X] [--only NAME,…] - what each safety costs.
#
# Each patch in without/ takes one safety out of the product.  This builds a copy of the sources as they are and once with each
# patch, and measures them in turns: there is no such switch in the product.
#
#   --folder DIR  where to build; what is there already is used (default: a new one, removed at the end)
#   --jobs N      compilers at a time (default: one per core)
#   everything else goes to safety.py, whose --help tells it
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
folder= jobs=$(nproc) options=()
while [ $# -gt 0 ]; do
    case $1 in
        --folder) folder=$2; shift 2 ;;
        --jobs) jobs=$2; shift 2 ;;
        -h|--help) sed -n '2,9p' "$0" | sed 's/^# \{0,1\}//'; exec /usr/bin/python3 "$here/safety.py" --help ;;
        *) options+=("$1"); shift ;;
    esac
done
if [ -z "$folder" ]; then folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; fi
source=$folder/source build=$folder/build
export GIT_CEILING_DIRECTORIES=$folder   # a checkout above would make `git apply` look elsewhere

# One tree and one build folder for all: from one patch to the next only what it touches is compiled.
rm -rf "$source"
mkdir -p "$source"
tar -C "$top" --exclude=./.git --exclude='./build*' --exclude=__pycache__ -cf - . | tar -xmf - -C "$source"
launcher=(); ! command -v ccache >/dev/null || launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
cmake -S "$source" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release "${launcher[@]}" >/dev/null
build_as() {
    cmake --build "$build" -j "$jobs" --target bench_programs >/dev/null
    rm -rf "${folder:?}/$1"
    mkdir -p "$folder/$1/tests/bench"
    cp -r "$build/bin" "$folder/$1/"
    cp -r "$build/tests/bench/packages" "$build/tests/bench/client" "$folder/$1/tests/bench/"
}
build_as whole
for patch in "$here"/without/*.patch; do
    (cd "$source" && git apply "$patch")
    build_as "$(basename "$patch" .patch)"
    (cd "$source" && git apply -R "$patch")
done
/usr/bin/python3 "$here/safety.py" "$folder" "${options[@]}"
