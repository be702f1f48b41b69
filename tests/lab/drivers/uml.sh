# shellcheck shell=sh
# The uml driver: boots user-mode-linux guests (Debian's package of that name), several side by side when there are
# several scenarios, and runs the netns driver inside. Needs no root, no IPVS on the host and no hypervisor. Leaves what happens in the
# lab to the netns driver, and what all guests have in common to guest.sh.

: "${LAB_UML:=linux.uml}"
: "${LAB_UML_MODULES:=/usr/lib/uml/modules}"

uml_usable() {
    command -v "$LAB_UML" >/dev/null 2>&1 && [ -d "$LAB_UML_MODULES" ]
}

uml_needs() {
    case $(uname -m) in
    x86_64 | i?86) ;;
    *) echo "user-mode-linux exists for x86 only"; return ;;
    esac
    if command -v "$LAB_UML" >/dev/null 2>&1; then
        echo "its modules are not in $LAB_UML_MODULES (LAB_UML_MODULES)"
    elif [ "$LAB_UML" = linux.uml ]; then
        echo "it needs Debian's package user-mode-linux (tests/lab/install installs it)"
    else
        echo "there is no program $LAB_UML (LAB_UML)"
    fi
}

# uml_selftest: boots a guest that only reports; where Linux refuses its registers, once more with xstate.c. Prints in one sentence
# why the guest does not start. Guests preload LAB_SHARE/xstate.so if it is there afterwards.
uml_selftest() {
    if [ "${LAB_XSTATE:-auto}" = always ]; then
        uml_build_xstate || return
    fi
    uml_trial && return
    if [ "${LAB_XSTATE:-auto}" = auto ] && grep -q put_fp_registers "$LAB_SHARE/trial/console"; then
        uml_build_xstate || return
        uml_trial && { echo 'with drivers/xstate.c, since this processor has AMX' >"$LAB_SHARE/note"; return; }
    fi
    uml_reason "$LAB_SHARE/trial/console"
}

# uml_build_xstate: compiles what is preloaded; prints why it cannot.
uml_build_xstate() {
    for compiler in "${CC:-cc}" gcc clang; do
        ! command -v "$compiler" >/dev/null 2>&1 || break
    done
    if ! "$compiler" -O2 -shared -fPIC -o "$LAB_SHARE/xstate.so" "$LAB_DIRECTORY/drivers/xstate.c" 2>"$LAB_SHARE/cc"; then
        rm -f "$LAB_SHARE/xstate.so"
        echo "this processor has registers that user-mode-linux does not know (AMX), and the C compiler that would help failed ($(head -n 1 "$LAB_SHARE/cc" | cut -c 1-200)); install Debian's packages gcc and libc6-dev"
        return 1
    fi
}

# uml_trial: one boot that runs nothing.
uml_trial() {
    trial=$LAB_SHARE/trial
    rm -rf "$trial"
    guest_prepare uml "$trial"
    echo 'exit 0' >"$trial/command"
    # The shell's own word on how the guest ended goes nowhere.
    { (LAB_LIMIT=60 uml_boot "$trial" 1) </dev/null >"$trial/console" 2>&1 || echo $? >"$trial/ended"; } 2>/dev/null
    [ -e "$trial/rc" ]
}

# uml_reason CONSOLE: in one sentence, why a guest did not start and what to do.
uml_reason() {
    kept=$(guest_keep_console "$1")
    if grep -q put_fp_registers "$1"; then
        reason='Linux refuses the registers of its processes (AMX); leave LAB_XSTATE at auto'
    elif grep -qi 'ptrace.*not permitted\|check_ptrace\|PTRACE_.*failed' "$1"; then
        reason='this machine forbids ptrace: set kernel.yama.ptrace_scope below 3, or give the container CAP_SYS_PTRACE'
    elif grep -q '^lab: ' "$1"; then
        reason=$(sed -n 's/^lab: //p' "$1" | head -n 1)
    elif grep -qi 'no space left\|cannot allocate\|out of memory' "$1"; then
        reason='there is not enough memory or space for it; set TMPDIR to a directory with 512 MiB free'
    else
        reason="user-mode-linux does not start: $(LAB_LIMIT=60 guest_reason "${1%/*}")"
    fi
    echo "$reason; its console is in $kept"
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

# uml_boot SHARE PART OPTION-OF-TIMEOUT...: becomes the guest. Its root is that of this machine, and it runs SHARE/init; with UML_IMAGE
# its root is a copy of this image on write, and its own init runs.
uml_boot() {
    share=$1
    root="root=/dev/root rootfstype=hostfs rootflags=/ ro init=$share/init"
    [ -z "${UML_IMAGE:-}" ] || root="ubd0=$share/disk,$UML_IMAGE root=/dev/ubda rw"
    UML_PRELOAD=$LAB_SHARE/xstate.so
    [ -e "$UML_PRELOAD" ] || UML_PRELOAD=''
    core=$(guest_core "$2")
    shift 2
    memory=${LAB_MEMORY:-512}
    memory_directory=$(uml_memory_directory "$memory") || return 97
    # shellcheck disable=SC2086 # one word each
    set -- timeout -k 5 "$@" "${LAB_LIMIT:-3600}" taskset -c "$core" \
        env ${UML_PRELOAD:+"LD_PRELOAD=$UML_PRELOAD"} "$LAB_UML" "mem=${memory}M" "uml_dir=$share/uml/" \
        $root "LAB_SHARE=$share" \
        LAB_SHARE_TYPE=hostfs "LAB_CONSOLE=$LAB_CONSOLE" LAB_TERMINAL=tty0 "LAB_MODULES=$LAB_UML_MODULES" con=null con0=fd:0,fd:1 quiet loglevel=3
    # From 7.0 on, guests that are trusted may run without ptrace, twice as fast.
    ! "$LAB_UML" --help 2>/dev/null | grep -q '^seccomp=' || set -- "$@" seccomp=on
    TMPDIR=$memory_directory exec "$@"
}

# uml_prepare SHARE: where the kernel keeps its socket; its own choice would be below HOME.
uml_prepare() {
    mkdir -p "$1/uml"
}
