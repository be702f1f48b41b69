# shellcheck shell=sh disable=SC2034
# The process of either ldirectord: where it is found, and how it is told to reload and to stop.
#
# Invariant: DAEMON is the process that directs, not the one that was started and has left.

# daemon_find NAME: sets DAEMON for what spawn started under that name. Who stays in the foreground writes no pid file.
daemon_find() {
    pid_file=/run/ldirectord.${CASE_FILE##*/}.pid
    [ "$CASE_FOREGROUND" = no ] || pid_file=$LAB_TMP/director/$1.pid
    [ -s "$pid_file" ] && read -r DAEMON <"$pid_file"
}

daemon_alive() {
    [ -n "$DAEMON" ] && grep -qs '^State:[[:space:]]*[^ZX]' "/proc/$DAEMON/status"
}

daemon_gone() {
    ! daemon_alive
}

daemon_reload() {
    daemon_gone || kill -s HUP "$DAEMON"
}

# daemon_stop NAME: ends it; what it leaves is in TABLE.
daemon_stop() {
    daemon_gone || kill -s TERM "$DAEMON"
    within 120 daemon_gone || fail "$1 does not stop"
    rm -f "/run/ldirectord.${CASE_FILE##*/}.pid"
    TABLE=$(table)
}
