# shellcheck shell=sh disable=SC2034
# Runs our ldirectord on the same file in the place of the Perl program.
#
# Invariant: what it should come to is known beforehand (TARGET), so it is waited for, and then looked at again
# after as long as a further change could take.

ours_start() {
    DAEMON=''
    spawn director ours "$LAB_BIN/ldirectord" "$CASE_FILE" start
    within 30 ours_runs || fail "our ldirectord does not run: $(log_of director ours; cat /var/log/ldirectord.log)"
}

ours_runs() {
    daemon_find ours && daemon_alive
}

ours_at_target() {
    TABLE=$(table)
    [ "$TABLE" = "$TARGET" ]
}

# ours_settled WINDOW: the table comes to TARGET and is at it WINDOW check intervals of a second later, or time is up.
# Leaves it in TABLE.
ours_settled() {
    for _ in 1 2 3; do
        within 30 ours_at_target || return 0
        sleep "$1"
        ! ours_at_target || return 0
    done
}
