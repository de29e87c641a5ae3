#!/bin/bash
# Installs what is missing, builds and passes the tests.  Ends with one line: `N passed, N failed[, N skipped]`.
#
#   tests/run.sh [--full] [--minutes N] [--build DIR] [--no-install]
#
#   --full         also: address and thread sanitizers over unit, sim and a system run; fuzzing; longer simulation; bench
#   --minutes N    with --full: start no further stage that would not end within N minutes (counted as skipped)
#   --build DIR    where to build (default: build; the sanitizers' folders stand beside it)
#   --no-install   take the packages as they are
#
# Nothing here needs a network but apt-get.  The status is 0 only when nothing failed.
set -u
cd "$(dirname "$0")/.." || exit 1

full=no; minutes=0; build=build; install=yes
while [ $# -gt 0 ]; do
  case "$1" in
    --full) full=yes ;;
    --minutes) minutes="${2:?--minutes needs a number}"; shift ;;
    --build) build="${2:?--build needs a folder}"; shift ;;
    --no-install) install=no ;;
    -h|--help) sed -n '2,11p' "$0" | sed 's/^# \{0,1\}//'; exit 0 ;;
    *) echo "run.sh: unknown option '$1'; try --help" >&2; exit 2 ;;
  esac
  shift
done

python=/usr/bin/python3   # Debian's own, because the ZeroMQ and MessagePack modules are installed for it
tally=$(mktemp); trap 'rm -f "$tally"' EXIT
say() { printf '\n== %s (%d:%02d)\n' "$*" $((SECONDS / 60)) $((SECONDS % 60)); }
note() { printf '%s\t%s\t%s\n' "$1" "$2" "${3:-}" >>"$tally"; }   # passed|failed|skipped, name, why

finish() {
  local passed failed skipped
  passed=$(grep -c '^passed' "$tally"); failed=$(grep -c '^failed' "$tally"); skipped=$(grep -c '^skipped' "$tally")
  [ "$skipped" = 0 ] || { say "skipped"; sed -n 's/^skipped\t\([^\t]*\)\t/  \1: /p' "$tally" | sort | uniq -c | sed 's/^ *1  /  /'; }
  [ "$failed" = 0 ] || { say "failed"; sed -n 's/^failed\t\([^\t]*\)\t\(.*\)/  \1  \2/p' "$tally"; }
  say "done"
  printf '%d passed, %d failed' "$passed" "$failed"
  [ "$skipped" = 0 ] || printf ', %d skipped' "$skipped"
  printf '\n'
  [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
  exit
}

# Whether a stage of about $1 minutes still fits; else it counts as skipped.  On a machine on which the first build took longer
# than usual the others will, too.
pace=10  # tenths
fits() {
  local needed=$(($1 * pace / 10))
  [ "$minutes" = 0 ] && return 0
  [ $((SECONDS / 60 + needed)) -le "$minutes" ] && return 0
  note skipped "$2" "needs about $needed minutes, and $minutes were given in all"
  return 1
}

# build_in DIR cmake-options...  With a failure the stage counts as one failed test.
build_in() {
  local folder=$1; shift
  local launcher=()
  ! command -v ccache >/dev/null || launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_C_COMPILER_LAUNCHER=ccache)
  cmake -G Ninja -S . -B "$folder" "${launcher[@]}" "$@" >"$folder.configure.log" 2>&1 || {
    cat "$folder.configure.log"; note failed "configure $folder" "cmake's words are above"; return 1; }
  rm -f "$folder.configure.log"
  cmake --build "$folder" -j "$(nproc)" || { note failed "build $folder" "the compiler's words are above"; return 1; }
}

# run_ctest STAGE DIR ctest-options...
run_ctest() {
  local stage=$1 folder=$2; shift 2
  local report; report="$folder/ctest-$stage.xml"
  rm -f "$report"
  ctest --test-dir "$folder" -j "$(nproc)" --timeout 120 --output-on-failure --output-junit "$report" "$@" |
    grep -Ev '^( *Start +[0-9]+:|Test project|$)' | sed -E '/^ *[0-9]+\/[0-9]+ Test .* Passed +[0-9.]+ sec$/d'
  "$python" tests/count.py "$stage" "$report" "$tally"
}

# run_system STAGE DIR options...
run_system() {
  local stage=$1 folder=$2; shift 2
  PEACEPIE_BUILD="$folder" timeout --kill-after=10 1200 "$python" tests/system/run.py --stage "$stage" --tally "$tally" "$@"
  local status=$?
  [ "$status" -le 1 ] || note failed "$stage: run.py" "ended with status $status"
}

sanitized() {   # sanitized STAGE DIR value-of-PEACEPIE_SANITIZE ctest-options...
  # Lines in reports, no more: full debug information doubles the time of this stage.  Eight files at once: 24 minutes of one core instead of 34.
  build_in "$2" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG="-O1 -g1" -DPEACEPIE_SANITIZE="$3" \
    -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=8 || return
  run_ctest "$1" "$2" -L '^(unit|sim)$' "${@:4}"
}

build=$(realpath -m "$build")
if [ "$install" = yes ]; then
  say "packages"
  want=(--system); [ "$full" = no ] || want+=(--fuzz)
  tests/install-dependencies.sh "${want[@]}" || { note failed "install-dependencies.sh" "its words are above"; finish; }
fi

say "build"
began=$SECONDS
build_in "$build" -DCMAKE_BUILD_TYPE=Release -DPEACEPIE_TESTS=ON || finish
usual=300  # seconds, without a compiler cache
[ $((SECONDS - began)) -le $usual ] || pace=$(((SECONDS - began) * 10 / usual))
say "unit, sim, abi, conventions"
PEACEPIE_SIM_SEEDS="${PEACEPIE_SIM_SEEDS:-1000}" run_ctest tests "$build" -LE '^python$'  # a minute of one core
say "system"
run_system system "$build"

# bench STAGE options...  To be read: no figure fails a test, but a workload that comes to no end does.
bench() {
  say "$1 (to be read)"
  if tests/bench/run.sh --build "$build" "${@:2}"; then note passed "$1: every workload came to its end"
  else note failed "$1" "its words are above"; fi
}

if [ "$full" = yes ]; then
  bench "bench, the quick form once" --quick --rounds 1  # a minute
  root="$(pwd)/tests"
  export ASAN_OPTIONS="detect_stack_use_after_return=1:strict_string_checks=1:abort_on_error=0:detect_leaks=1"
  export LSAN_OPTIONS="suppressions=$root/leaks.supp:print_suppressions=0"
  export UBSAN_OPTIONS="print_stacktrace=1"
  export TSAN_OPTIONS="suppressions=$root/races.supp:halt_on_error=1:second_deadlock_stack=1"
  # These hand data from thread to thread through ZeroMQ sockets, whose locks the thread sanitizer cannot see.
  blind='client_test|launcher_test|cli_test'
  if fits 6 "address sanitizer: unit and sim"; then say "address and undefined behaviour"; sanitized asan "$build-asan" address; fi
  if fits 6 "thread sanitizer: unit and sim"; then say "data races"
    note skipped "tsan: $blind" "their threads meet in libzmq, which is not instrumented"
    sanitized tsan "$build-tsan" thread -E "^($blind)/"
  fi
  for kind in asan tsan; do
    [ -x "$build-$kind/bin/peacepie" ] || continue
    if fits 5 "$kind: a system run"; then say "$kind: system"; run_system $kind "$build-$kind" --sanitized; fi
  done
  if fits 6 "fuzzing"; then
    say "fuzzing"
    tests/fuzz/run.sh --build "$build-fuzz" --seconds "${PEACEPIE_FUZZ_SECONDS:-60}" --tally "$tally"
  fi
  if fits 5 "longer simulation"; then
    say "longer simulation"
    PEACEPIE_SIM_SEEDS="${PEACEPIE_SIM_SEEDS:-2000}" run_ctest long-sim "$build" -L '^sim$'
  fi
  if fits 4 "bench"; then bench "bench" --quick; fi
fi
finish
