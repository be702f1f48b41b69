# shellcheck shell=sh
# The service manager gets READY=1 (sd_notify) when the kernel holds the desired table, not before, WATCHDOG=1 twice in the time of the
# watchdog, and STOPPING=1 at the end.

fast_definitions | director_define
manager=$LAB_TMP/director/manager.sock
# Writes what it hears, with the number of real servers in the kernel's table at that moment.
# shellcheck disable=SC2016
spawn director manager perl -MIO::Socket::UNIX -e '
    $| = 1;
    my $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0]) or die "no socket: $!";
    while (defined $s->recv(my $text, 4096)) {
        my $servers = () = qx(ipvsadm -L -n) =~ /^  -> \d/mg;
        print "$servers servers: $_\n" for split /\n/, $text;
    }' "$manager"
eventually 5 on director test -S "$manager"

spawn director daemon env NOTIFY_SOCKET="$manager" WATCHDOG_USEC=400000 ipvsd --config "$DEFINITIONS"
director_ready
heard() { log_of director manager | grep -qx "$1"; }
eventually 5 heard '2 servers: READY=1'
expect_equal 'how often readiness is told' 1 "$(log_of director manager | grep -c 'READY=1')"
eventually 5 heard "2 servers: WATCHDOG=1"
director_stop
eventually 5 heard '0 servers: STOPPING=1'
