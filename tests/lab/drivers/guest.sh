# shellcheck shell=sh
# What the drivers that boot guests have in common: writing what a guest runs, booting one guest for each part of a run,
# showing their output and joining their results. Leaves to the driver how a guest is booted: DRIVER_boot SHARE PART
# OPTION-OF-TIMEOUT... becomes the guest, and DRIVER_prepare SHARE lays down what only that driver's guest reads.
#
# Invariant: the guest reports through files in its share (`rc`, `stdout`, `stderr`); how its process ended says nothing, so
# a missing `rc` is a failure of the lab itself, status 97.

# The cores this process may use, as numbers.
guest_cores() {
    allowed=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)
    for range in $(printf '%s' "$allowed" | tr ',' ' '); do
        core=${range%-*}
        while [ "$core" -le "${range#*-}" ]; do
            printf '%s\n' "$core"
            core=$((core + 1))
        done
    done
}

# guest_core NUMBER: one of them, another for each number: a guest that wanders between cores is up to 3.6 times
# slower.
guest_core() {
    turn=$(($$ + $1))
    # shellcheck disable=SC2046 # the list is to be split
    set -- $(guest_cores)
    shift $((turn % $#))
    printf '%s\n' "$1"
}

guest_quote() {
    for word in "$@"; do
        printf "'%s' " "$(printf '%s' "$word" | sed "s/'/'\\\\''/g")"
    done
    printf '\n'
}

# Directories of the host that the guest must see although it has a /tmp, /run, /mnt, /dev/shm and /var/log
# of its own: it mounts those of them that it cannot see.
guest_write_paths() {
    for directory in "$LAB_ROOT" "$PWD" "$LAB_BIN" "${LAB_EXECUTABLE%/*}" "$LAB_UML_MODULES"; do
        case $directory in
        /tmp | /run | /mnt | /dev/shm | /var/log) ;;
        *) [ ! -d "$directory" ] || printf '%s\n' "$directory" ;;
        esac
    done >"$1/paths"
}

# What the guest runs: the same runner with the netns driver, in the same directory and environment.
guest_write_command() {
    share=$1
    shift
    {
        printf 'cd '; guest_quote "$PWD"
        for name in RUST_BACKTRACE RUST_LOG UPDATE PROPTEST_CASES TERM $LAB_ENVIRONMENT; do
            eval "value=\${$name-}"
            # shellcheck disable=SC2154 # set by eval
            [ -z "$value" ] || { printf 'export %s=' "$name"; guest_quote "$value"; }
        done
        printf 'export LAB_RESULTS='; guest_quote "$share/results"
        printf 'exec '; guest_quote "$LAB_ROOT/tests/lab/run" netns "$@"
    } >"$share/command"
}

# guest_count DRIVER SCENARIOS: how many guests play that many scenarios. In user-mode-linux a guest waits more than half of the
# time, so that one more than there are cores ends a run in five sixths of the time. An emulated processor has no time to spare.
guest_count() {
    wanted=$(nproc)
    [ "$1" != uml ] || wanted=$((wanted + 1))
    wanted=${LAB_JOBS:-$wanted}
    [ "$wanted" -le "$2" ] || wanted=$2
    echo "$wanted"
}

# guest_prepare DRIVER SHARE ARGUMENTS-OF-RUN...: writes all that the guest reads.
guest_prepare() {
    guest_driver=$1
    shift
    mkdir -p "$1/results"
    cp "$LAB_DIRECTORY/init" "$1/init"
    chmod 755 "$1/init"
    : >"$1/stdout"
    : >"$1/stderr"
    : >"$1/console"
    guest_write_paths "$1"
    guest_write_command "$@"
    "${guest_driver}_prepare" "$1"
}

# guest_reason SHARE: in one sentence, why there is no result.
guest_reason() {
    panic=$(sed -n 's/.*Kernel panic - not syncing: *//p' "$1/console" | head -n 1 | tr -d '\r')
    case $(cat "$1/ended" 2>/dev/null),$panic in
    *,?*) echo "its kernel panicked ($panic)" ;;
    124, | 137,) echo "it did not end within ${LAB_LIMIT:-3600} s (LAB_LIMIT)" ;;
    *) echo "it ended without a result, status $(cat "$1/ended" 2>/dev/null || echo unknown)" ;;
    esac
}

# guest_keep_console CONSOLE: copies it to where it outlives the run, and prints where that is.
guest_keep_console() {
    console=$(mktemp "${TMPDIR:-/tmp}/ipvsd-lab-console.XXXXXX")
    cp "$1" "$console"
    echo "$console"
}

# guest_result SHARE: the status of what the guest ran. Its console outlives the run if there is none.
guest_result() {
    [ ! -f "$1/rc" ] || return "$(cat "$1/rc")"
    echo "lab: the guest did not start: $(guest_reason "$1"); its console is in $(guest_keep_console "$1/console")" >&2
    return 97
}

# guest_end: ends the guests that run.
guest_end() {
    # shellcheck disable=SC2086 # one word each
    { kill $guests; wait $guests; } 2>/dev/null
}

# guest_wait: waits for all guests and what shows their output; how each guest's process ended is in its share.
guest_wait() {
    part=1
    for guest in $guests; do
        ended=0
        wait "$guest" || ended=$?
        echo "$ended" >"$LAB_SHARE/$part/ended"
        part=$((part + 1))
    done
    # shellcheck disable=SC2086 # one word each
    [ -z "$processes" ] || wait $processes || :
}

# guest_start DRIVER PART ARGUMENTS-OF-RUN...: boots one guest in the background and shows its output as it comes; with
# LAB_CONSOLE, boots it on this terminal and waits for its end.
guest_start() {
    guest_driver=$1
    part=$2
    shift 2
    share=$LAB_SHARE/$part
    mkdir "$share"
    guest_prepare "$guest_driver" "$share" "$@"
    if [ "$LAB_CONSOLE" = yes ]; then
        ("${guest_driver}_boot" "$share" "$part" --foreground) || :
        return
    fi
    ("${guest_driver}_boot" "$share" "$part" </dev/null >"$share/console" 2>&1) &
    guests="$guests $!"
    tail -n +1 -f -s 0.1 --pid=$! "$share/stdout" &
    processes="$processes $!"
    tail -n +1 -f -s 0.1 --pid="${guests##* }" "$share/stderr" >&2 &
    processes="$processes $!"
}

# guest_join: brings the results of all guests together and returns the highest status.
guest_join() {
    highest=0
    for share in "$LAB_SHARE"/[1-9]*; do
        code=0
        guest_result "$share" || code=$?
        [ "$code" -le "$highest" ] || highest=$code
        cp -R "$share/results/." "$LAB_RESULTS/"
    done
    cat "$LAB_SHARE"/[1-9]*/results/summary 2>/dev/null |
        awk '{ passed += $1; failed += $3 } END { if (NR) print passed " passed, " failed " failed" }' >"$LAB_RESULTS/summary"
    return "$highest"
}

# guest_build_enter: compiles what enters the hosts of a guest, where that is possible.
guest_build_enter() {
    if "${CC:-cc}" -O2 -static -o "$LAB_SHARE/enter" "$LAB_DIRECTORY/drivers/enter.c" 2>/dev/null; then
        export LAB_ENTER="$LAB_SHARE/enter"
    fi
}

# guest_run DRIVER PARTS ARGUMENTS-OF-RUN...: boots a guest for each part and returns the highest status of them.
guest_run() {
    guest_driver=$1
    parts=$2
    shift 2
    processes=''
    guests=''
    guest_build_enter
    trap "trap '' INT TERM HUP; guest_end; exit 130" INT TERM HUP
    next=1
    while [ "$next" -le "$parts" ]; do
        export LAB_PART="$next/$parts"
        guest_start "$guest_driver" "$next" "$@"
        next=$((next + 1))
    done
    guest_wait
    trap - INT TERM HUP
    guest_join
}
