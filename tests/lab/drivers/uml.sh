# shellcheck shell=sh
# The uml driver: boots one user-mode-linux guest (Debian's package of that name) and runs the netns
# driver inside it. Needs no root, no IPVS on the host and no hypervisor. Leaves what happens in the
# lab to the netns driver.
#
# Invariant: the guest reports through files in its share (`rc`, `stdout`, `stderr`); the kernel's exit
# status says nothing, so a missing `rc` is a failure of the lab itself, status 97.

uml_usable() {
    command -v linux.uml >/dev/null 2>&1 && [ -d /usr/lib/uml/modules ]
}

uml_needs() {
    echo "it needs Debian's package user-mode-linux"
}

# A directory for the guest's memory: it must allow executable mappings and hold the guest.
uml_memory_directory() {
    for directory in /dev/shm "${TMPDIR:-/tmp}" /var/tmp; do
        [ -w "$directory" ] || continue
        free=$(df -Pm "$directory" | awk 'NR == 2 { print $4 }')
        [ "${free:-0}" -ge "$1" ] || continue
        try=$directory/ipvsd-lab-exec.$$
        if cp /bin/true "$try" 2>/dev/null && "$try" 2>/dev/null; then
            rm -f "$try"
            printf '%s\n' "$directory"
            return 0
        fi
        rm -f "$try"
    done
    echo "lab: no directory with $1 MiB free that allows execution for the guest's memory; set TMPDIR to one" >&2
    return 1
}

# The cores this process may use, as numbers.
uml_cores() {
    allowed=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)
    for range in $(printf '%s' "$allowed" | tr ',' ' '); do
        core=${range%-*}
        while [ "$core" -le "${range#*-}" ]; do
            printf '%s\n' "$core"
            core=$((core + 1))
        done
    done
}

# One of them: a guest that wanders between cores is up to 3.6 times slower.
uml_core() {
    # shellcheck disable=SC2046 # the list is to be split
    set -- $(uml_cores)
    shift $(($$ % $#))
    printf '%s\n' "$1"
}

uml_quote() {
    for word in "$@"; do
        printf "'%s' " "$(printf '%s' "$word" | sed "s/'/'\\\\''/g")"
    done
    printf '\n'
}

# Directories of the host that the guest must see although it has a /tmp, /run, /mnt, /dev/shm and /var/log
# of its own: it mounts those of them that it cannot see.
uml_write_paths() {
    for directory in "$LAB_ROOT" "$PWD" "$LAB_BIN" "${LAB_EXECUTABLE%/*}"; do
        case $directory in
        /tmp | /run | /mnt | /dev/shm | /var/log) ;;
        *) [ ! -d "$directory" ] || printf '%s\n' "$directory" ;;
        esac
    done >"$1/paths"
}

# What the guest runs: the same runner with the netns driver, in the same directory and environment.
uml_write_command() {
    share=$1
    shift
    {
        printf 'cd '; uml_quote "$PWD"
        for name in RUST_BACKTRACE RUST_LOG UPDATE PROPTEST_CASES TERM $LAB_ENVIRONMENT; do
            eval "value=\${$name-}"
            # shellcheck disable=SC2154 # set by eval
            [ -z "$value" ] || { printf 'export %s=' "$name"; uml_quote "$value"; }
        done
        printf 'export LAB_RESULTS='; uml_quote "$share/results"
        printf 'exec '; uml_quote "$LAB_ROOT/tests/lab/run" netns "$@"
    } >"$share/command"
}

uml_boot() {
    share=$1
    shift
    memory=${LAB_MEMORY:-512}
    memory_directory=$(uml_memory_directory "$memory") || return 97
    TMPDIR=$memory_directory exec timeout -k 5 "$@" "${LAB_LIMIT:-1800}" \
        taskset -c "$(uml_core)" linux.uml "mem=${memory}M" "uml_dir=$share/uml/" \
        root=/dev/root rootfstype=hostfs rootflags=/ ro "init=$share/init" \
        "LAB_SHARE=$share" "LAB_CONSOLE=$LAB_CONSOLE" con=null con0=fd:0,fd:1 quiet loglevel=3
}

uml_explain() {
    echo 'lab: the guest ended without a result; this is the lab failing, not the thing under test.' >&2
    echo 'lab: its console said:' >&2
    sed 's/^/    /' "$1/console" >&2
}

# uml_run ARGUMENTS-OF-RUN...: boots the guest, shows its output as it comes, returns its status.
uml_run() {
    share=$LAB_SHARE
    mkdir -p "$share/uml" "$share/results"
    cp "$LAB_DIRECTORY/init" "$share/init"
    chmod 755 "$share/init"
    : >"$share/stdout"
    : >"$share/stderr"
    uml_write_paths "$share"
    uml_write_command "$share" "$@"
    if [ "$LAB_CONSOLE" = yes ]; then
        : >"$share/console"
        (uml_boot "$share" --foreground)
    else
        (uml_boot "$share" </dev/null >"$share/console" 2>&1) &
        guest=$!
        trap 'kill "$guest" 2>/dev/null; exit 130' INT TERM HUP
        tail -n +1 -f -s 0.1 --pid="$guest" "$share/stderr" >&2 &
        tail_of_stderr=$!
        tail -n +1 -f -s 0.1 --pid="$guest" "$share/stdout" || :
        wait "$guest" || :
        wait "$tail_of_stderr" || :
        trap - INT TERM HUP
    fi
    [ -f "$share/rc" ] || { uml_explain "$share"; return 97; }
    return "$(cat "$share/rc")"
}
