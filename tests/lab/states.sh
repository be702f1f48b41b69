# shellcheck shell=sh
# The table service x {up, wrong answer, hangs, refused, host gone}: a scenario says what a daemon on a file of ldirectord
# is to find in each state of the real servers, and every_state brings those states about. Each check is a virtual
# service of its own; so is each way in which an answer is wrong. Leaves reading the status to states-compare.
#
# Invariant: a row is only printed when the words of its check, its state and the weight in the kernel's table were as
# expected in every column.

STATES=$LAB_TMP/states
STATES_LIMIT=$((5 * ${LAB_PATIENCE:-1}))
STATES_PORT=1000
STATES_SERVED=''

# serve_all HOST NAME ADDRESS: as serve; every_state knows of it.
serve_all() {
    serve "$@"
    STATES_SERVED="$STATES_SERVED $1/$2"
}

# asked NAME HOST:PORT WORDS DIRECTIVE...: a row of the table. The check is good with these words while the server is up; in
# the other states it fails as most checks do, see otherwise.
asked() {
    states_name=$1
    states_server=$2
    states_words=$3
    shift 3
    states_directives=$(printf '%s\n' "$@")
    states_service
    states_expect up up "$states_words"
    states_expect hangs down "no answer within $STATES_LIMIT s"
    states_expect refused down 'connection refused'
    states_expect gone down "no answer within $STATES_LIMIT s|no route to host"
}

# otherwise COLUMN STATE WORDS: what the check says in that state, where it is not the usual; | parts alternatives.
otherwise() {
    sed -i "/^$STATES_PORT	$states_name	$1	/d" "$STATES/expected"
    states_expect "$@"
}

# wrong WORDS DIRECTIVE...: asked with these directives in the place of its own, the server gives a wrong answer.
wrong() {
    states_words=$1
    shift
    states_own=$states_directives
    for directive in "$@"; do
        states_directives=$(printf '%s\n' "$states_directives" | grep -v "^${directive%%=*}=" || :)
    done
    states_directives=$(printf '%s\n' "$states_directives" "$@")
    states_service
    states_expect wrong down "$states_words"
    states_directives=$states_own
}

states_service() {
    mkdir -p "$STATES"
    STATES_PORT=$((STATES_PORT + 1))
    {
        printf '\nvirtual=%s:%s\n    real=%s masq\n' "$VIP" "$STATES_PORT" "$states_server"
        printf '%s\n' "$states_directives" | sed '/^$/d; s/^/    /'
    } >>"$STATES/services"
}

states_expect() {
    printf '%s\t%s\t%s\t%s\t%s\n' "$STATES_PORT" "$states_name" "$1" "$2" "$3" >>"$STATES/expected"
}

# states_column COLUMN: what the daemon says and what the kernel holds become as expected for that state.
states_column() {
    now
    states_began=$NOW
    # shellcheck disable=SC2034 # within reads it
    POLL=$((1 * ${LAB_PATIENCE:-1}))
    if ! within "${CHECK_PATIENCE:-60}" states_column_is "$1"; then
        fail "$(printf 'in the state "%s":\n%s\n--- the servers said\n%s' "$1" "$(cat "$STATES/differs")" "$(states_logs)")"
    fi
    unset POLL
    now
    echo "# $1: after $(((NOW - states_began) / 100)) s"
}

states_column_is() {
    on director ipvsadm -S -n >"$STATES/table"
    on director ipvsctl status --json >"$STATES/status" &&
        perl "$LAB_DIRECTORY/states-compare" "$STATES" "$1" >"$STATES/differs"
}

states_logs() {
    for served in $STATES_SERVED; do
        echo "- $served"
        log_of "${served%/*}" "${served#*/}" | tail -n 15
    done
}

# every_state: all checks at once through all states, and the table.
every_state() {
    {
        printf 'checkinterval=%s\nchecktimeout=%s\nnegotiatetimeout=%s\nquiescent=yes\n' $((3 * ${LAB_PATIENCE:-1})) $STATES_LIMIT $STATES_LIMIT
        cat "$STATES/services"
    } | director_define
    # A host says "port unreachable" once a second at most, and half of the checks by datagram would not hear it.
    for host in real1 real2; do sysctl_on $host net.ipv4.icmp_ratelimit=0; done
    director_start
    states_column wrong
    states_column up
    for served in $STATES_SERVED; do server_hangs "${served%/*}" "${served#*/}"; done
    states_column hangs
    for served in $STATES_SERVED; do server_dies "${served%/*}" "${served#*/}"; done
    states_column refused
    for host in real1 real2; do on $host ip link set back down; done
    states_column gone
    perl "$LAB_DIRECTORY/states-compare" "$STATES" --print
}
