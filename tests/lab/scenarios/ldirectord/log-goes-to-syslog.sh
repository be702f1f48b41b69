# shellcheck shell=sh
# With a facility as its log file, ldirectord logs to the local syslog, which may come, go and come back. A reload turns to a log
# file.
# machines: no, it is about one process and its files, and about packages of the host, not about a network

take_the_place

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
founding_table | eventually_table 5
expect_not test -e "$SITE_LOG"

# It comes, goes and comes back.
syslog_start
web_sick real1
eventually 5 received "Deleted real server: $RIP1:80 \($VIP:80\)"
signal director syslog KILL
eventually 5 ended director syslog
rm "$LAB_TMP/director/syslog.log"
web_healthy real1
founding_table | eventually_table 5
syslog_start
web_sick real1
eventually 5 received "Deleted real server: $RIP1:80 \($VIP:80\)"

# A reload turns to a file.
site | site_define
gives 0 ldirectord "$SITE" reload
eventually 5 received 'Reloading Linux Director Daemon config on signal'
web_healthy real1
eventually_logged 5 "Added real server: $RIP1:80 ($VIP:80) (Weight set to 1)"
gives 0 ldirectord "$SITE" stop
