# shellcheck shell=sh
# Real servers of every service, and single questions to them. A server is up, hangs (it is stopped, so the kernel still
# takes connections for it) or is dead.

# serve HOST NAME ADDRESS: starts servers/NAME of the lab there, in processes of its own that all end with it.
serve() {
    spawn "$1" "$2" unshare --pid --fork --kill-child "$LAB_DIRECTORY/servers/$2" "$LAB_TMP/$1/servers/$2" "$3"
}

# server_first HOST NAME: the first process of it, with which all others end, in SERVER_FIRST.
server_first() {
    server_leader=$(cat "$LAB_TMP/$1/$2.pid")
    SERVER_FIRST=$(tr -d ' ' <"/proc/$server_leader/task/$server_leader/children")
}

# server_processes HOST NAME: their numbers, found by the process namespace that they share.
server_processes() {
    server_first "$@"
    server_space=$(readlink "/proc/$SERVER_FIRST/ns/pid" | sed 's/[][]/\\&/g')
    find /proc -maxdepth 3 -path '/proc/[0-9]*/ns/pid' -lname "$server_space" 2>/dev/null | cut -d/ -f3
}

# server_hangs HOST NAME: one of its processes may end while they are counted.
server_hangs() {
    for process in $(server_processes "$1" "$2"); do kill -s STOP "$process" 2>/dev/null || :; done
}

# server_resumes HOST NAME: it goes on after server_hangs.
server_resumes() {
    for process in $(server_processes "$1" "$2"); do kill -s CONT "$process" 2>/dev/null || :; done
}

# server_dies HOST NAME
server_dies() {
    server_first "$@"
    kill -s KILL "$SERVER_FIRST"
    eventually 10 ended "$1" "$2"
}

# --- Probes --------------------------------------------------------------------------------------

probe_is_good() {
    on director ipvsctl probe "$@" >/dev/null 2>&1
}

# expect_probe RESULT WORDS KIND ADDRESS [OPTION...]: probes and prints the line of the table.
expect_probe() {
    probe_result=$1
    probe_words=$2
    shift 2
    probe_answer=$(on director ipvsctl probe "$@" 2>&1) || :
    printf '%-11s %-7s %s\n' "$1" "$probe_result" "${probe_answer#* ms: }"
    case $probe_answer in
    "$probe_result after "*" ms: $probe_words"*) ;;
    *) fail "$(printf 'expected "%s ... %s" of: ipvsctl probe %s\n%s' "$probe_result" "$probe_words" "$*" "$probe_answer")" ;;
    esac
}

# expect_up HOST NAME WORDS KIND ADDRESS [OPTION...]: waits until the server has started, and asks.
expect_up() {
    up_host=$1
    up_name=$2
    up_words=$3
    shift 3
    within "${CHECK_PATIENCE:-40}" probe_is_good "$@" ||
        fail "$(printf '%s never answered; it said:\n%s' "$up_name" "$(log_of "$up_host" "$up_name")")"
    expect_probe passed "$up_words" "$@"
}
