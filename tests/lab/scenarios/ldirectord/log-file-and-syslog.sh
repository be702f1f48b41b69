# shellcheck shell=sh
# machines: no, it is about one process and its files, and about packages of the host, not about a network
# Lines go to a file that may be moved away at any time, or to a facility of the local syslog, which may come, go and come
# back; and a restart waits for the process whose place it takes, however long that needs.

take_the_place

# A director that is slow to end, for as long as the rest of this takes.
site | sed "s/$VIP:80/$VIP:8080/; s|^logfile=.*|logfile=\"/run/slow.log\"|" | site_define /etc/ha.d/slow.cf
gives 0 ldirectord slow.cf start
slow=$(cat /run/ldirectord.slow.cf.pid)
kill -s STOP "$slow"
spawn director restart ldirectord slow.cf restart
is_told_to_end() { [ $((0x$(sed -n 's/^\(Shd\|Sig\)Pnd:[[:space:]]*//p' "/proc/$slow/status" | sort | tail -n 1) & 0x4000)) -ne 0 ]; }
eventually 10 is_told_to_end
now
told=$NOW

# The syslog of these hosts alone.
mkdir /run/dev
cp -a /dev/null /dev/zero /dev/urandom /run/dev
mount --bind /run/dev /dev
syslog_start() {
    rm -f /dev/log
    # shellcheck disable=SC2016 # Perl's own
    spawn director syslog perl -MIO::Socket::UNIX -e '
        $| = 1;
        my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => "/dev/log") or die "$!\n";
        while (defined $socket->recv(my $line, 8192)) { print "$line\n" }'
    eventually 10 test -S /dev/log
}
received() { grep -Eq "^<158>[A-Z][a-z]{2} [ 1-3][0-9] [0-9:]{8} ldirectord\[$pid\]: $1\$" "$LAB_TMP/director/syslog.log"; }
to_syslog() { site | sed 's|^logfile=.*|logfile="local3"|'; }

# Without a syslog the director starts and says what is missing.
to_syslog | site_define
gives 0 ldirectord "$SITE" start
expect_contains 'the complaint' 'no connection to syslog at /dev/log' "$ERR"
pid=$(cat "$SITE_PID")
founding_table | grep . >"$LAB_TMP/wanted"
site_table() { table | grep "$VIP:80 "; }
site_stands() { [ "$(site_table)" = "$(sort "$LAB_TMP/wanted")" ]; }
eventually 5 site_stands
expect_not test -e "$SITE_LOG"

# It comes, goes and comes back.
syslog_start
web_sick real1
eventually 5 received "Deleted real server: $RIP1:80 \($VIP:80\)"
signal director syslog KILL
eventually 5 ended director syslog
rm "$LAB_TMP/director/syslog.log"
web_healthy real1
eventually 5 site_stands
syslog_start
web_sick real1
eventually 5 received "Deleted real server: $RIP1:80 \($VIP:80\)"

# A reload turns to a file, and every line after a rotation is in the new one, without a signal and with one.
site | site_define
gives 0 ldirectord "$SITE" reload
eventually 5 received 'Reloading Linux Director Daemon config on signal'
web_healthy real1
eventually_logged 5 "Added real server: $RIP1:80 ($VIP:80) (Weight set to 1)"
mv "$SITE_LOG" "$SITE_LOG.1"
web_sick real1
eventually_logged 5 "Deleted real server: $RIP1:80 ($VIP:80)"
mv "$SITE_LOG" "$SITE_LOG.1"
kill -s USR1 "$pid"
web_healthy real1
eventually_logged 5 "Added real server: $RIP1:80 ($VIP:80) (Weight set to 1)"
expect alive "$pid"
gives 0 ldirectord "$SITE" stop

# A path from where it was started leads to its file for as long as it runs.
# shellcheck disable=SC2016 # the shell's own
nearby() { gives 0 sh -c 'cd /run/near && exec ldirectord near.cf "$1"' nearby "$1"; }
site | site_define /run/near/near.cf
nearby start
eventually 5 site_stands
site | sed 's/scheduler=rr/scheduler=wrr/' | site_define /run/near/near.cf
nearby reload
{ service wrr; server "$RIP1"; server "$RIP2"; } >"$LAB_TMP/wanted"
eventually 5 site_stands
nearby stop

# The restart from the beginning has not given up.
long_enough() { now; [ $((NOW - told)) -gt 1100 ]; }
eventually 20 long_enough
expect running director restart
expect_equal 'who runs' "$slow" "$(cat /run/ldirectord.slow.cf.pid)"
kill -s CONT "$slow"
eventually 20 ended director restart
expect gone "$slow"
expect_contains 'what it said' "ldirectord waits for pid $slow to end" "$(log_of director restart)"
expect alive "$(cat /run/ldirectord.slow.cf.pid)"
gives 0 ldirectord slow.cf stop
expect_equal 'the table after the stop' '' "$(table)"
