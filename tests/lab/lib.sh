# shellcheck shell=sh
# The words scenarios are made of: run something on a host, wait for something, expect something.
# Leaves how a host is reached to the driver (driver_on) and addresses to topology.env.
#
# Invariant: nothing here sleeps for a fixed time in order to let something happen; it polls.

PATH=$LAB_BIN:$PATH
: "${LAB_TMP:=/run/lab}"
# What the daemon keeps over a restart; the place of an installed one cannot be written here.
export IPVSD_STATE="$LAB_TMP/director/state.json"

# on HOST COMMAND...: runs the command on a host of the lab, with the words as given.
on() {
    driver_on "$@"
}

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

# --- Time -------------------------------------------------------------------------------------------

# now: hundredths of a second of a steady clock, in NOW (no process is started for it).
now() {
    read -r NOW _ </proc/uptime
    NOW=${NOW%.*}${NOW#*.}
}

# within SECONDS COMMAND...: repeats the command until it succeeds; status 1 when time is up. LAB_PATIENCE
# (a whole number) multiplies all such times, for a slow machine; POLL is the pause between two tries.
within() {
    now
    deadline=$((NOW + $1 * 100 * ${LAB_PATIENCE:-3}))
    shift
    until "$@"; do
        now
        [ "$NOW" -lt "$deadline" ] || return 1
        sleep "${POLL:-0.05}"
    done
}

# eventually SECONDS COMMAND...: the command succeeds within that time, or the scenario fails.
eventually() {
    patience=$1
    shift
    within "$patience" "$@" || fail "not within $patience s: $*"
}

# throughout SECONDS COMMAND...: the command succeeds every time during that time, or the scenario fails.
throughout() {
    now
    deadline=$((NOW + $1 * 100))
    shift
    while [ "$NOW" -lt "$deadline" ]; do
        "$@" || fail "not any more: $*"
        sleep 0.1
        now
    done
}

# --- Expectations -----------------------------------------------------------------------------------

expect() {
    "$@" || fail "$*"
}

expect_not() {
    if "$@"; then fail "should not succeed: $*"; fi
}

# expect_equal WHAT EXPECTED ACTUAL
expect_equal() {
    [ "$2" = "$3" ] || fail "$(printf '%s:\n--- expected\n%s\n--- actual\n%s' "$1" "$2" "$3")"
}

# expect_contains WHAT PART TEXT
expect_contains() {
    case $3 in
    *"$2"*) ;;
    *) fail "$(printf '%s should contain "%s":\n%s' "$1" "$2" "$3")" ;;
    esac
}

# --- Files and processes on hosts -------------------------------------------------------------------

# put HOST PATH: writes standard input to a file there, complete or not at all.
put() {
    # shellcheck disable=SC2016 # the shell on the host expands
    on "$1" sh -c 'mkdir -p "${1%/*}" && cat >"$1.new" && mv "$1.new" "$1"' put "$2"
}

# spawn HOST NAME COMMAND...: starts it in the background; its output goes to NAME.log there.
spawn() {
    spawn_host=$1
    spawn_name=$2
    shift 2
    # shellcheck disable=SC2016
    on "$spawn_host" sh -c 'mkdir -p "$1"; log=$1/$2.log; pid=$1/$2.pid; shift 2
        setsid "$@" >>"$log" 2>&1 </dev/null & echo $! >"$pid"' spawn "$LAB_TMP/$spawn_host" "$spawn_name" "$@"
}

# signal HOST NAME SIGNAL: sends it to what spawn started under that name.
signal() {
    # shellcheck disable=SC2016
    on "$1" sh -c 'read -r pid <"$1" && kill -s "$2" "$pid"' signal "$LAB_TMP/$1/$2.pid" "$3"
}

# running HOST NAME: it has not ended (nobody may have asked yet how it ended).
running() {
    # shellcheck disable=SC2016
    on "$1" sh -c 'read -r pid <"$1" && exec grep -qs "^State:[[:space:]]*[^ZX]" "/proc/$pid/status"' running "$LAB_TMP/$1/$2.pid"
}

ended() {
    ! running "$@"
}

# load_modules HOST MODULE...: the kernel of that host has them; its own loader knows where they are.
load_modules() {
    # shellcheck disable=SC2016
    on "$1" sh -c 'shift; "$(cat /proc/sys/kernel/modprobe)" -a "$@"' load "$@"
}

# has_module HOST MODULE: the kernel of that host can load it.
has_module() {
    # shellcheck disable=SC2016
    on "$1" sh -c '"$(cat /proc/sys/kernel/modprobe)" -n -q "$1"' has "$2"
}

# log_of HOST NAME: what it has printed so far.
log_of() {
    on "$1" cat "$LAB_TMP/$1/$2.log"
}

. "$LAB_DIRECTORY/forwarding.sh"
. "$LAB_DIRECTORY/web.sh"
. "$LAB_DIRECTORY/protocols.sh"
. "$LAB_DIRECTORY/director.sh"
. "$LAB_DIRECTORY/ldirectord.sh"
. "$LAB_DIRECTORY/checks.sh"
. "$LAB_DIRECTORY/states.sh"
. "$LAB_DIRECTORY/agents-and-links.sh"

lab_up() {
    mkdir -p "$LAB_TMP"
    driver_up
    web_up
}
