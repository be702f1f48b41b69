# shellcheck shell=sh disable=SC2034
# Debian's keepalived on the director, and ours with the same file.

KEEPALIVED_CONF=$LAB_TMP/director/keepalived.conf

# director_log: what either of them has said, for a failure.
director_log() {
    log_of director keepalived 2>/dev/null || :
    log_of director daemon 2>/dev/null || :
}

# keepalived_start: the checker half of keepalived begins with the file. Its own names for its files keep it apart from one of
# the machine.
keepalived_start() {
    spawn director keepalived keepalived -C -n -l -f "$KEEPALIVED_CONF" -p "$LAB_TMP/director/parent.pid" -c "$LAB_TMP/director/checkers.pid"
}

keepalived_stop() {
    signal director keepalived TERM
    eventually 20 ended director keepalived
}

# keepalived_kill: both of its processes end without a chance to remove anything. The parent is stopped first: when it ends, the
# checkers remove their services; when they end, it starts new ones.
keepalived_kill() {
    # shellcheck disable=SC2016
    on director sh -c 'read -r checkers <"$1" && read -r parent <"$2" && kill -s STOP "$parent" && kill -s KILL "$checkers" && kill -s KILL "$parent"' keepalived_kill \
        "$LAB_TMP/director/checkers.pid" "$LAB_TMP/director/keepalived.pid"
    eventually 5 ended director keepalived
}

# ipvsd_start: the daemon begins with the same file.
ipvsd_start() {
    DEFINITIONS=$KEEPALIVED_CONF
    director_start
}
