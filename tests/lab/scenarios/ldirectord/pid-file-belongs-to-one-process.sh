# shellcheck shell=sh
# ldirectord leaves the pid file of another process alone, and starts at the same time give one daemon.
# machines: no, it is about one process and its files, and about packages of the host, not about a network

take_the_place
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
one_runs() { [ "$(pgrep -f "ldirectord $SITE start")" = "$(cat "$SITE_PID")" ]; }
eventually 5 one_runs
gives 0 ldirectord "$SITE" stop
