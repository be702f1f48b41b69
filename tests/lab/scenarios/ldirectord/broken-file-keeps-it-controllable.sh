# shellcheck shell=sh
# Whatever became of its configuration file, a running ldirectord can be queried, reloaded and stopped, and goes on with what it
# had.
# machines: no, it is about one process and its files, and about packages of the host, not about a network

take_the_place
site | site_define
gives 0 ldirectord "$SITE" start
pid=$(cat "$SITE_PID")
founding_table | eventually_table 5

# A broken file: the daemon stays in reach and on duty with what it had.
{ site; echo frob=1; } | sed 's/scheduler=rr/scheduler=rr\n        quiesent=yes/' | site_define
gives 0 ldirectord "$SITE" status
gives 2 ldirectord "$SITE" reload
expect_contains 'the complaint' "reading file $SITE at line " "$ERR"
expect_equal 'faults that are told' 2 "$(printf '%s\n' "$ERR" | grep -c '^Error \[[0-9]*\] reading file')"
eventually_logged 5 "$SITE: new configuration refused, the previous one stays in force"
gives 2 ldirectord "$SITE" restart
gives 2 ldirectord "$SITE" start
expect_equal 'the pid file' "$pid" "$(cat "$SITE_PID")"
expect alive "$pid"
web_sick real1
printf '%s\n%s\n' "$(service)" "$(server "$RIP2")" | eventually_table 5
web_healthy real1
founding_table | eventually_table 5

# No file at all.
mv "$SITE" "$SITE.away"
gives 0 ldirectord "$SITE" status
kill -s HUP "$pid"
eventually_logged 5 "Error [$pid] reading file $SITE"
expect table_is "$(founding_table)"

gives 0 ldirectord "$SITE" stop
expect gone "$pid"
expect_equal 'the table after the stop' '' "$(table)"
