#!/bin/bash
# Builds the fuzz targets with clang and runs each for a while on its kept corpus.
#
#   tests/fuzz/run.sh [--build DIR] [--seconds N] [--tally FILE] [--keep]
#
#   --keep   add the smallest 60 of those inputs to tests/fuzz/corpus that together cover what this run reached
#
# A crash is left in the build folder as crash-*, and the command that repeats it is printed.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=build-fuzz; seconds=60; tally=/dev/null; keep=no
while [ $# -gt 0 ]; do
  case "$1" in
    --build) build="$2"; shift ;;
    --seconds) seconds="$2"; shift ;;
    --tally) tally="$2"; shift ;;
    --keep) keep=yes ;;
    *) sed -n '2,8p' "$0" >&2; exit 2 ;;
  esac
  shift
done
build=$(realpath -m "$build")
note() { printf '%s\tfuzzing: %s\t%s\n' "$1" "$2" "${3:-}" >>"$tally"; }

if ! command -v clang++-19 >/dev/null; then
  note skipped "codec and hello" "there is no clang++-19; tests/install-dependencies.sh --fuzz installs it"
  echo "fuzzing: skipped, there is no clang++-19"; exit 0
fi
launcher=(); ! command -v ccache >/dev/null || launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
if ! { cmake -G Ninja -S . -B "$build" "${launcher[@]}" -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19 \
         -DCMAKE_BUILD_TYPE=RelWithDebInfo -DPEACEPIE_FUZZ=ON >"$build.log" 2>&1 \
       && cmake --build "$build" -j "$(nproc)" --target codec_fuzz hello_fuzz >>"$build.log" 2>&1; }; then
  tail -n 40 "$build.log"; note failed "build" "the compiler's words are above"; exit 1
fi
rm -f "$build.log"

status=0
for target in codec hello; do
  corpus="tests/fuzz/corpus/$target"; found="$build/found-$target"; mkdir -p "$found"
  command=("$build/fuzz/${target}_fuzz" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=8192
           -artifact_prefix="$build/" -print_final_stats=1 "$found" "$corpus")
  if "${command[@]}" >"$found.log" 2>&1; then
    note passed "$target for $seconds s"
    printf '%s: %s runs, %s inputs in the corpus\n' "$target" \
      "$(sed -n 's/^stat::number_of_executed_units: *//p' "$found.log")" "$(ls "$corpus" | wc -l)"
  else
    status=1; note failed "$target" "see the words above"
    tail -n 40 "$found.log"; echo "repeat it: $build/fuzz/${target}_fuzz $(ls -t "$build"/{crash,oom,timeout}-* 2>/dev/null | head -n 1)"
  fi
  if [ "$keep" = yes ]; then
    merged=$(mktemp -d); "$build/fuzz/${target}_fuzz" -merge=1 -max_len=2048 "$merged" "$corpus" "$found" >/dev/null 2>&1
    find "$merged" -type f -printf '%s %p\n' | sort -n | head -n 60 | cut -d' ' -f2- | xargs -I{} cp {} "$corpus"/
    rm -rf "$merged"
  fi
done
exit $status
