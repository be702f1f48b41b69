# shellcheck shell=sh
# The uml driver: boots user-mode-linux guests (Debian's package of that name), one per core when there are
# several scenarios, and runs the netns driver inside. Needs no root, no IPVS on the host and no hypervisor. Leaves what happens in the
# lab to the netns driver, and what all guests have in common to guest.sh.

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

# uml_boot SHARE PART OPTION-OF-TIMEOUT...: becomes the guest.
uml_boot() {
    share=$1
    core=$(guest_core "$2")
    shift 2
    memory=${LAB_MEMORY:-512}
    memory_directory=$(uml_memory_directory "$memory") || return 97
    TMPDIR=$memory_directory exec timeout -k 5 "$@" "${LAB_LIMIT:-3600}" \
        taskset -c "$core" linux.uml "mem=${memory}M" "uml_dir=$share/uml/" \
        root=/dev/root rootfstype=hostfs rootflags=/ ro "init=$share/init" \
        "LAB_SHARE=$share" "LAB_CONSOLE=$LAB_CONSOLE" con=null con0=fd:0,fd:1 quiet loglevel=3
}

# uml_prepare SHARE: where the kernel keeps its socket; its own choice would be below HOME.
uml_prepare() {
    mkdir -p "$1/uml"
}
