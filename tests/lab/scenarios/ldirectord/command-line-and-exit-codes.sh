# shellcheck shell=sh
# The ldirectord command has all words of Debian's, with the same exit statuses, texts and pid files.
# machines: no, it is about one process and its files, and about packages of the host, not about a network

take_the_place

# Whoever asks wrongly learns how to ask; nothing is started.
gives 0 ldirectord -v
expect_equal 'first line of the version' 'Linux Director v1.186-ha' "$(printf '%s\n' "$OUT" | head -n 1)"
gives 255 ldirectord
expect_contains 'usage' 'ldirectord [-d|--debug]' "$OUT"
gives 255 ldirectord -x start
expect_equal 'complaint' 'Unknown option: x' "$ERR"
gives 255 ldirectord site.cf frob
gives 1 ldirectord none.cf start
expect_equal 'complaint' 'Config file none.cf not found' "$ERR"

# Stopped.
site | site_define
gives 3 ldirectord "$SITE" status
expect_equal 'status of a stopped one' "ldirectord is stopped for $SITE" "$OUT"
gives 0 ldirectord "$SITE" stop
gives 0 ldirectord "$SITE" try-restart
gives 1 ldirectord "$SITE" reload

# What a process that died has left is no daemon, and in nobody's way.
echo 99999 >"$SITE_PID"
gives 1 ldirectord "$SITE" status
expect_equal 'status of a stale one' "ldirectord stale pid file /var/run/ldirectord.site.cf.pid for $SITE" "$ERR"
gives 0 ldirectord "$SITE" stop
gives 1 ldirectord "$SITE" force-reload

# Running: the pid file holds its pid, its command line is the old one, it hangs on nobody's terminal.
gives 0 ldirectord "$SITE" start
pid=$(cat "$SITE_PID")
expect alive "$pid"
expect_equal 'command line' "ldirectord $SITE start " "$(tr '\0' ' ' <"/proc/$pid/cmdline" | sed 's|^/usr/sbin/||')"
# The processes that started it are gone when they are buried.
found_by() { [ "$(pgrep "$@")" = "$pid" ]; }
eventually 5 found_by -f "ldirectord $SITE start"
eventually 5 found_by -x ldirectord
expect_equal 'working directory' / "$(readlink "/proc/$pid/cwd")"
for descriptor in 0 1 2; do
    expect_equal "descriptor $descriptor" /dev/null "$(readlink "/proc/$pid/fd/$descriptor")"
done
expect_equal 'session' "$pid" "$(ps -o sid= -p "$pid" | tr -d ' ')"
gives 0 ldirectord "$SITE" status
expect_equal 'status' "ldirectord for $SITE is running with pid: $pid" "$ERR"
gives 0 ldirectord "$SITE" start
expect_equal 'the pid after another start' "$pid" "$(cat "$SITE_PID")"
founding_table | eventually_table 5
gives 0 ldirectord site.cf status
expect_equal 'found in /etc/ha.d' "ldirectord for $SITE is running with pid: $pid" "$ERR"

# Another one in its place.
gives 0 ldirectord "$SITE" restart
expect gone "$pid"
pid=$(cat "$SITE_PID")
gives 0 ldirectord "$SITE" try-restart
expect gone "$pid"
pid=$(cat "$SITE_PID")
expect alive "$pid"
founding_table | eventually_table 5

# The end: when stop returns, all is done.
gives 0 ldirectord "$SITE" stop
expect gone "$pid"
expect_not test -e "$SITE_PID"
expect_equal 'the table after the stop' '' "$(table)"
expect logged "Purged real server (stop): $RIP1:80 ($VIP:80)"
expect logged "Purged virtual server (stop): $VIP:80"
expect logged 'Linux Director Daemon terminated on signal: TERM'
gives 3 ldirectord "$SITE" status

# Without a name it is ldirectord.cf, under another pid file than with that name.
site | site_define /etc/ha.d/ldirectord.cf
gives 0 ldirectord start
expect test -s /run/ldirectord.ldirectord.pid
gives 0 ldirectord status
expect_contains 'status' 'ldirectord for /etc/ha.d/ldirectord.cf is running' "$ERR"
gives 3 ldirectord ldirectord.cf status
gives 0 ldirectord stop
