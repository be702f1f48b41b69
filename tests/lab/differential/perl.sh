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
    daemon_gone || within 300 perl_processes "$CASE_PROCESSES" || fail "ldirectord does not have $CASE_PROCESSES processes"
}

# Its main loop has slept once, or it is gone before it came to that.
perl_loops_or_died() {
    daemon_find perl && { [ -s "$ROUNDS_DIRECTORY/$DAEMON" ] || perl_died; }
}

perl_died() {
    daemon_gone && echo 0 >"$ROUNDS_DIRECTORY/$DAEMON"
}

# perl_processes COUNT: so many processes of it have come to their main loop; children and siblings have one each.
perl_processes() {
    set -- "$1" "$ROUNDS_DIRECTORY"/*[0-9]
    [ $# -gt "$1" ]
}

# How many rounds each of its processes has had by now, in ROUNDS: "pid:rounds ..."
perl_note_rounds() {
    ROUNDS=''
    for rounds_file in "$ROUNDS_DIRECTORY"/*[0-9]; do
        read -r rounds <"$rounds_file"
        ROUNDS="$ROUNDS ${rounds_file##*/}:$rounds"
    done
}

# perl_had_rounds COUNT: since perl_note_rounds each of its processes has had so many more, or has ended.
perl_had_rounds() {
    for noted in $ROUNDS; do
        [ -d "/proc/${noted%:*}" ] || continue
        read -r rounds <"$ROUNDS_DIRECTORY/${noted%:*}"
        [ "$rounds" -ge $((${noted#*:} + $1)) ] || return 1
    done
}

# perl_settled WINDOW: a round has ended, and the table is as it was WINDOW rounds before. Leaves it in TABLE.
perl_settled() {
    perl_note_rounds
    within 240 perl_had_rounds 1 || fail 'ldirectord hangs'
    TABLE=$(table)
    for _ in 1 2 3 4 5 6; do
        perl_note_rounds
        within 240 perl_had_rounds "$1" || fail 'ldirectord hangs'
        before=$TABLE
        TABLE=$(table)
        [ "$TABLE" != "$before" ] || return 0
    done
    fail 'the table of ldirectord does not settle'
}
