# shellcheck shell=sh
# The director under test: its definitions, its daemon, and the kernel table it keeps.
#
# LAB_DIRECTOR=ldirectord puts the Perl program of Debian in the daemon's place, for scenarios that speak
# of the table only: the same promise, asked of both.

DEFINITIONS=$LAB_TMP/director/definitions.cf

# definitions [KEY=VALUE...]: the founding example, or the one named by EXAMPLE, with these global directives
# changed or added.
definitions() {
    text=$(cat "$LAB_ROOT/examples/${EXAMPLE:-nat-round-robin.cf}")
    for setting in "$@"; do
        text=$(printf '%s\n' "$text" | awk -v s="$setting" '
            BEGIN { key = substr(s, 1, index(s, "=")) }
            !done && index($0, key) == 1 { print s; done = 1; next }
            !done && /^virtual/ { print s; done = 1 }
            { print }')
    done
    printf '%s\n' "$text"
}

# fast_definitions [KEY=VALUE...]: the same, checked every second, so that nobody waits.
fast_definitions() {
    definitions checkinterval=1 failurecount=1 "$@"
}

# director_define: standard input becomes the definitions file of the director.
director_define() {
    put director "$DEFINITIONS"
}

# director_knows: standard input becomes the director's file of names (in namespaces that of all hosts); the machine's own
# lies unharmed beneath it.
director_knows() {
    # shellcheck disable=SC2016
    on director sh -eu -c '[ -e "$1" ] || { mkdir -p "${1%/*}"; : >"$1"; mount --bind "$1" /etc/hosts; }; cat >/etc/hosts' \
        director_knows "$LAB_TMP/director/hosts"
}

# director_start: starts the daemon on its definitions and waits until it answers.
director_start() {
    if [ "${LAB_DIRECTOR:-ipvsd}" = ldirectord ]; then
        spawn director daemon ldirectord -d "$DEFINITIONS" start
    else
        spawn director daemon ipvsd --config "$DEFINITIONS"
        director_ready
    fi
}

director_ready() {
    if ! within 10 director_answers_or_ended || [ "$director_has_ended" = yes ]; then
        fail "$(printf 'the daemon does not answer; it said:\n%s' "$(log_of director daemon)")"
    fi
}

director_answers_or_ended() {
    director_has_ended=no
    running director daemon || { director_has_ended=yes; return 0; }
    on director ipvsctl status >/dev/null 2>&1
}

director_answers() {
    director_answers_or_ended && [ "$director_has_ended" = no ]
}

# director_stop: asks the daemon to stop and waits for its end.
director_stop() {
    signal director daemon TERM
    eventually 10 ended director daemon
}

# director_kill: the daemon ends without a chance to do anything.
director_kill() {
    signal director daemon KILL
    eventually 5 ended director daemon
}

director_reload() {
    signal director daemon HUP
}

director_log() {
    log_of director daemon
}

# log_contains TEXT: the daemon has logged it.
log_contains() {
    on director grep -qF -- "$1" "$LAB_TMP/director/daemon.log"
}

# log_matches PATTERN: a line of it matches.
log_matches() {
    on director grep -q -- "$1" "$LAB_TMP/director/daemon.log"
}

# eventually_log SECONDS TEXT: the daemon logs it within that time. It logs an operation when the kernel has carried it out, so
# that the table shows it first.
eventually_log() {
    within "$1" log_contains "$2" || fail "$(printf 'not in the log within %s s: %s\n--- the daemon said\n%s' "$1" "$2" "$(director_log | tail -n 40)")"
}

# director_status: what the daemon says of itself.
director_status() {
    on director ipvsctl status --wide
}

# status_says TEXT: it says that of itself.
status_says() {
    case $(director_status) in *"$1"*) ;; *) return 1 ;; esac
}

# status_lacks TEXT: the daemon answers, and does not say that.
status_lacks() {
    said=$(director_status) || return 1
    case $said in *"$1"*) return 1 ;; esac
}

# status_matches PATTERN: a line of it matches.
status_matches() {
    director_status | grep -q -- "$1"
}

# table_complete: the kernel's table is as the configuration wants it, with every server that needs no check.
table_complete() {
    [ "$(on director ipvsctl plan "$DEFINITIONS" 2>/dev/null)" = 'nothing to change' ]
}

# --- The kernel's table -----------------------------------------------------------------------------

# table: the director's kernel table in ipvsadm's save format, sorted.
table() {
    on director ipvsadm -S -n | sort
}

# table_is TEXT: the table is exactly these lines, in any order.
table_is() {
    [ "$(table)" = "$(printf '%s\n' "$1" | sort)" ]
}

# table_fails WHEN WANTED: the scenario fails, with the table as it is and what the daemon said.
table_fails() {
    fail "$(printf 'the table %s:\n--- expected\n%s\n--- actual\n%s\n--- the daemon said\n%s' \
        "$1" "$(printf '%s\n' "$2" | sort)" "$(table)" "$(director_log | tail -n 30)")"
}

# eventually_table SECONDS: the table becomes the lines of standard input within that time.
eventually_table() {
    wanted=$(cat)
    within "$1" table_is "$wanted" || table_fails "after $1 s" "$wanted"
}

# throughout_table SECONDS: the table is and stays the lines of standard input for that long.
throughout_table() {
    wanted=$(cat)
    throughout "$1" table_stays "$wanted"
}

# table_stays LINES: as table_is, and the scenario fails at once where it is not.
table_stays() {
    table_is "$1" || table_fails "within that time" "$1"
}

# service [SCHEDULER]: the founding service as a line of the table.
# shellcheck disable=SC2120 # scenarios give it
service() {
    echo "-A -t $VIP:80 -s ${1:-rr}"
}

# server RIP [WEIGHT]: one of its real servers as a line of the table.
server() {
    echo "-a -t $VIP:80 -r $1:80 -m -w ${2:-1}"
}

# open_connections RIP: how many connections the kernel counts as active at a server of the founding service.
open_connections() {
    on director ipvsadm -L -n | awk -v s="$1:80" '$2 == s { print $5 }'
}

# weight VIP:PORT RIP: the weight that the kernel has for that server, at its port 80, in a TCP service; nothing when it has none.
weight() {
    on director ipvsadm -L -n | awk -v v="$1" -v s="$2:80" '$1 == "TCP" { in_it = $2 == v } in_it && $2 == s { print $4 }'
}

# weight_is VIP:PORT RIP WEIGHT
weight_is() {
    [ "$(weight "$1" "$2")" = "$3" ]
}

# founding_table: the founding service with both its servers.
founding_table() {
    service rr
    server "$RIP1"
    server "$RIP2"
}

# start_founding_director [KEY=VALUE...]: a director on the founding example, its table complete.
start_founding_director() {
    fast_definitions "$@" | director_define
    director_start
    founding_table | eventually_table 5
}
