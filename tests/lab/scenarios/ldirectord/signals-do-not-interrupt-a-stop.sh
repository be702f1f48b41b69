# shellcheck shell=sh
# Signals that arrive during a stop do not interrupt it: the table is emptied and the pid file removed.
# machines: no, it is about one process and its files, and about packages of the host, not about a network

take_the_place
site | site_define
gives 0 ldirectord "$SITE" start
pid=$(cat "$SITE_PID")
founding_table | eventually_table 5
on director ldirectord "$SITE" stop &
stop=$!
for name in TERM TERM INT HUP TERM QUIT; do kill -s $name "$pid" 2>/dev/null || :; done
expect wait $stop
expect gone "$pid"
expect_equal 'the table after the stop' '' "$(table)"
expect_not test -e "$SITE_PID"
