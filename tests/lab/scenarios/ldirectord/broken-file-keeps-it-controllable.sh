# shellcheck shell=sh
# machines: no, it is about one process and its files, and about packages of the host, not about a network
# Whatever became of its configuration, a running ldirectord can be asked, reloaded and stopped; nobody
# touches the pid file of another process, and no signal interrupts a stop.

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
eventually_logged 5 "$SITE: new configuration refused, the former one stays in force"
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

# A stop with signals on top of it is still a whole stop.
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

# The pid file of another process is none of ours.
{ site; echo frob=1; } | site_define
sleep 1000 &
stranger=$!
echo "$stranger" >"$SITE_PID"
gives 2 ldirectord "$SITE" start
gives 0 ldirectord "$SITE" stop
expect alive "$stranger"
expect_equal 'the pid file of a stranger' "$stranger" "$(cat "$SITE_PID")"
kill "$stranger"
gives 1 ldirectord "$SITE" status
rm "$SITE_PID"
gives 2 ldirectord "$SITE" status

# Two starts at once give one daemon.
site | site_define
for turn in 1 2 3; do
    (on director ldirectord "$SITE" start >"$LAB_TMP/start.$turn" 2>&1; echo $? >"$LAB_TMP/status.$turn") &
done
wait
expect_equal 'how many run' 1 "$(pgrep -fc "ldirectord $SITE start")"
expect_equal 'who runs' "$(cat "$SITE_PID")" "$(pgrep -f "ldirectord $SITE start")"
gives 0 ldirectord "$SITE" stop

# A log that cannot be written is told before anything is done.
site | sed 's|^logfile=.*|logfile="/nowhere/site.log"|' | site_define
gives 2 ldirectord "$SITE" start
expect_contains 'the complaint' 'unable to open logfile: /nowhere/site.log' "$ERR"
expect_equal 'the table' '' "$(table)"
