# shellcheck shell=sh
# The uml driver: boots user-mode-linux guests (Debian's package of that name), one per core when there are
# several scenarios, and runs the netns driver inside. Needs no root, no IPVS on the host and no hypervisor. Leaves what happens in the
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

# uml_core NUMBER: one of them, another for each number: a guest that wanders between cores is up to 3.6 times
# slower.
uml_core() {
    turn=$(($$ + $1))
    # shellcheck disable=SC2046 # the list is to be split
    set -- $(uml_cores)
    shift $((turn % $#))
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

# uml_boot SHARE PART OPTION-OF-TIMEOUT...: becomes the guest.
uml_boot() {
    share=$1
    core=$(uml_core "$2")
    shift 2
    memory=${LAB_MEMORY:-512}
    memory_directory=$(uml_memory_directory "$memory") || return 97
    TMPDIR=$memory_directory exec timeout -k 5 "$@" "${LAB_LIMIT:-3600}" \
        taskset -c "$core" linux.uml "mem=${memory}M" "uml_dir=$share/uml/" \
        root=/dev/root rootfstype=hostfs rootflags=/ ro "init=$share/init" \
        "LAB_SHARE=$share" "LAB_CONSOLE=$LAB_CONSOLE" con=null con0=fd:0,fd:1 quiet loglevel=3
}

# uml_prepare SHARE ARGUMENTS-OF-RUN...: writes all that the guest reads.
uml_prepare() {
    mkdir -p "$1/uml" "$1/results"
    cp "$LAB_DIRECTORY/init" "$1/init"
    chmod 755 "$1/init"
    : >"$1/stdout"
    : >"$1/stderr"
    : >"$1/console"
    uml_write_paths "$1"
    uml_write_command "$@"
}

# uml_result SHARE: the status of what the guest ran.
uml_result() {
    [ ! -f "$1/rc" ] || return "$(cat "$1/rc")"
    echo 'lab: the guest ended without a result; this is the lab failing, not the thing under test.' >&2
    echo 'lab: its console said:' >&2
    sed 's/^/    /' "$1/console" >&2
    return 97
}

# uml_end: ends the guests that run.
uml_end() {
    # shellcheck disable=SC2086 # one word each
    { kill $guests; wait $guests; } 2>/dev/null
}

# uml_run PARTS ARGUMENTS-OF-RUN...: boots a guest for each part, shows their output as it comes, joins their
# results and returns the highest status.
uml_run() {
    parts=$1
    shift
    processes=''
    guests=''
    trap "trap '' INT TERM HUP; uml_end; exit 130" INT TERM HUP
    part=1
    while [ "$part" -le "$parts" ]; do
        share=$LAB_SHARE/$part
        export LAB_PART="$part/$parts"
        mkdir "$share"
        uml_prepare "$share" "$@"
        if [ "$LAB_CONSOLE" = yes ]; then
            (uml_boot "$share" "$part" --foreground)
        else
            (uml_boot "$share" "$part" </dev/null >"$share/console" 2>&1) &
            guests="$guests $!"
            tail -n +1 -f -s 0.1 --pid=$! "$share/stdout" &
            processes="$processes $!"
            tail -n +1 -f -s 0.1 --pid="${guests##* }" "$share/stderr" >&2 &
            processes="$processes $!"
        fi
        part=$((part + 1))
    done
    # shellcheck disable=SC2086 # one word each
    [ -z "$guests" ] || wait $guests $processes || :
    trap - INT TERM HUP

    highest=0
    for share in "$LAB_SHARE"/[1-9]*; do
        code=0
        uml_result "$share" || code=$?
        [ "$code" -le "$highest" ] || highest=$code
        cp -R "$share/results/." "$LAB_RESULTS/"
    done
    cat "$LAB_SHARE"/[1-9]*/results/summary 2>/dev/null |
        awk '{ passed += $1; failed += $3 } END { if (NR) print passed " passed, " failed " failed" }' >"$LAB_RESULTS/summary"
    return "$highest"
}
