# shellcheck shell=sh
# Runs Debian's ldirectord on the director and knows when what it does to the table has settled.
#
# Invariant: settled is counted in its own rounds of checks (observe/Rounds.pm), not in seconds, so that a
# slow machine waits longer and a fast one does not.

ROUNDS_DIRECTORY=$LAB_TMP/rounds

# Its path leads to Debian's programs only: it starts others of its name.
perl_start() {
    DAEMON=''
    rm -rf "$ROUNDS_DIRECTORY"
    mkdir -p "$ROUNDS_DIRECTORY"
    spawn director perl env PATH=/usr/sbin:/usr/bin:/sbin:/bin "PERL5LIB=$DIFFERENTIAL/observe" PERL5OPT=-MRounds \
        "ROUNDS_DIRECTORY=$ROUNDS_DIRECTORY" /usr/sbin/ldirectord "$CASE_FILE" start
    within 300 perl_loops_or_died ||
        fail "ldirectord did not get to its main loop: $(log_of director perl; cat /var/log/ldirectord.log)"
}

# Its main loop has slept once, or it is gone before it came to that.
perl_loops_or_died() {
    daemon_find perl && { [ -s "$ROUNDS_DIRECTORY/$DAEMON" ] || perl_died; }
}

perl_died() {
    daemon_gone && echo 0 >"$ROUNDS_DIRECTORY/$DAEMON"
}

perl_rounds() {
    daemon_gone || { read -r rounds <"$ROUNDS_DIRECTORY/$DAEMON" && [ "$rounds" -ge "$1" ]; }
}

# perl_settled WINDOW: one round has ended, and the table is as it was WINDOW rounds before. Leaves it in TABLE.
perl_settled() {
    read -r rounds <"$ROUNDS_DIRECTORY/$DAEMON"
    next=$((rounds + 1))
    within 240 perl_rounds "$next" || fail 'ldirectord hangs'
    TABLE=$(table)
    for _ in 1 2 3 4 5 6; do
        next=$((next + $1))
        within 240 perl_rounds "$next" || fail 'ldirectord hangs'
        before=$TABLE
        TABLE=$(table)
        [ "$TABLE" != "$before" ] || return 0
    done
    fail 'the table of ldirectord does not settle'
}
