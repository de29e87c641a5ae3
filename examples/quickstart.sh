#!/bin/bash
# From a bare checkout to a running system: installs what is missing, builds, starts, plays the hello-world steps.
#
#   examples/quickstart.sh [--exit-after] [--no-install] [-- OPTIONS OF `peacepie up`]
#
#   --exit-after   end the system after the steps instead of leaving it in the foreground
#   --no-install   take the Debian packages as they are
#
# PEACEPIE_BROKER changes the endpoint (default tcp://127.0.0.1:5998).  Ctrl-C drains the system and ends with status 0.
set -u
cd "$(dirname "$0")/.." || exit 1

exit_after=no; install=yes
while [ $# -gt 0 ]; do
  case "$1" in
    --exit-after) exit_after=yes ;;
    --no-install) install=no ;;
    -h|--help) sed -n '2,9p' "$0" | sed 's/^# \{0,1\}//'; exit 0 ;;
    --) shift; break ;;
    *) echo "quickstart.sh: unknown option '$1'; try --help" >&2; exit 2 ;;
  esac
  shift
done

export PEACEPIE_BROKER="${PEACEPIE_BROKER:-tcp://127.0.0.1:5998}"
programs="$PWD/build/bin"
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then strong=$'\e[1m'; plain=$'\e[0m'; else strong=""; plain=""; fi
say() { printf '%s%s%s\n' "$strong" "$*" "$plain"; }

build() {
  local launcher=()
  ! command -v ccache >/dev/null || launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_C_COMPILER_LAUNCHER=ccache)
  local log; log=$(mktemp)
  # Ninja knows each folder's targets: the tests are not built here.
  if ! cmake -G Ninja -S . -B build "${launcher[@]}" -DCMAKE_BUILD_TYPE=Release >"$log" 2>&1; then
    cat "$log"; rm -f "$log"
    echo "quickstart.sh: cmake could not configure build/ (its words are above); an old build/ may be in the way: rm -r build" >&2
    exit 1
  fi
  rm -f "$log"
  ninja -C build sdk/all broker/all worker/all plugins/all || exit 1
}

# Prints a command as a person would type it, and runs it.
type_in() {
  local shown="peacepie" word
  for word in "$@"; do
    case "$word" in *[!A-Za-z0-9_./:-]*) shown+=" '$word'" ;; *) shown+=" $word" ;; esac
  done
  printf '\n%s$ %s%s\n' "$strong" "$shown" "$plain"
  "$programs/peacepie" "$@"
}

wait_until_ready() {
  local try
  for try in {1..100}; do
    kill -0 "$up" 2>/dev/null || return 1
    "$programs/peacepie" ask first.main.admin ping --timeout 1 >/dev/null 2>&1 && return 0
    sleep 0.1
  done
  return 1
}

play() {
  type_in ask first.main.admin create_actor \
    '{"class_desc": {"requires_dist": "peacepie_example", "class": "HelloWorld"}, "name": "hello_world"}' &&
  type_in ask hello_world tick &&
  type_in tree &&
  type_in ask first.main.admin remove_actor '{"name": "hello_world"}'
}

print_next() {
  cat <<NEXT

${strong}The system runs in this terminal; Ctrl-C ends it.${plain}  Open another terminal here and type:

  export PATH="$programs:\$PATH"$([ "$PEACEPIE_BROKER" = tcp://127.0.0.1:5998 ] || printf '\n  export PEACEPIE_BROKER=%s' "$PEACEPIE_BROKER")
  peacepie ask first.main.admin create_actor '{"class_desc": {"requires_dist": "peacepie_example", "class": "IteratingHelloWorld"}, "name": "iterating_hello_world"}'
  peacepie ask iterating_hello_world tick_start
  peacepie ask first.main.admin create_process
  peacepie move iterating_hello_world --to first.process_0
  peacepie tree

Read next: examples/README.md (the whole walk-through), sdk/README.md (an actor of your own),
sdk/wire/PROTOCOL.md (a client of your own).  There is no web console yet: the command line is the way in.

NEXT
}

if [ "$install" = yes ]; then
  say "1. packages"; tests/install-dependencies.sh --build-only || exit 1
fi
say "2. build"; build
say "3. peacepie up --bind $PEACEPIE_BROKER $*"
set -m   # a process group of its own, so that Ctrl-C reaches it once: a second signal would cut the draining short
"$programs/peacepie" up --bind "$PEACEPIE_BROKER" "$@" &
up=$!
set +m
trap 'kill -INT "$up" 2>/dev/null' INT TERM
trap 'kill -KILL -- "-$up" 2>/dev/null' EXIT

if ! wait_until_ready; then
  echo "quickstart.sh: the system did not start; its words are above.  Is $PEACEPIE_BROKER in use?  Then choose another:" >&2
  echo "  PEACEPIE_BROKER=tcp://127.0.0.1:6001 examples/quickstart.sh" >&2
  kill -TERM "$up" 2>/dev/null; wait "$up"; exit 1
fi
say "4. the hello-world steps"
play; played=$?
if [ "$exit_after" = yes ]; then
  kill -INT "$up" 2>/dev/null
else
  print_next
fi
# A trapped signal interrupts `wait`: wait again until the system has really ended.
wait "$up"; status=$?
while kill -0 "$up" 2>/dev/null; do wait "$up"; status=$?; done
trap - EXIT
[ "$exit_after" = no ] || [ "$played" = 0 ] || exit "$played"
exit "$status"
