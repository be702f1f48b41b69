# shellcheck shell=sh
# `ipvsctl connections` prints the connections of a client, a service or a server as it reads them. It needs no more memory for 40,000
# connections than for 2,000, and prints the lines that `ipvsadm -Lnc` prints.

more=40000
# datagrams PORT FIRST LAST: one to this port of the VIP from each of these ports of the client.
datagrams() {
    # shellcheck disable=SC2016
    on client perl -MSocket -e 'my ($from, $to, $port, $first, $last) = @ARGV;
        my $at = sockaddr_in($port, inet_aton($to));
        for my $source ($first .. $last) {
            socket(my $socket, PF_INET, SOCK_DGRAM, 0) or die $!;
            bind($socket, sockaddr_in($source, inet_aton($from))) or die "$source: $!";
            defined send($socket, "?", 0, $at) or die "$source: $!";
        }' "$CIP" "$VIP" "$@"
}
# kilobytes WORD...: the most memory that the command used, until its last 64 KiB of output.
kilobytes() {
    # shellcheck disable=SC2016
    on director perl -e 'my $pid = open(my $output, "-|", @ARGV) or die $!; my $most = 0;
        while (sysread($output, my $part, 65536)) {
            open(my $status, "<", "/proc/$pid/status") or next;
            while (<$status>) { $most = $1 if /^VmHWM:\s+(\d+)/ && $1 > $most }
        }
        close($output) && $most or die "@ARGV: $?, $most"; print "$most\n"' "$@"
}
connections() { on director ipvsctl connections "$@"; }
rows() { tail -n +3; }

start_founding_director
on director ipvsadm -A -u "$VIP:5353" -s rr
# Nobody answers there.
on director ipvsadm -a -u "$VIP:5353" -r 192.168.6.77:53 -m
on director ipvsadm -A -u "$VIP:5354" -s rr -p 600 -M 255.255.255.0
on director ipvsadm -a -u "$VIP:5354" -r "$RIP2:53" -m
on director ipvsadm --set 0 0 600
answers 3 >/dev/null
datagrams 5353 2000 3999
few=$(kilobytes ipvsctl connections -n)
datagrams 5353 4000 $((2000 + more - 1))
expect_equal 'connections' "$more" "$(connections -n --service "$VIP:5353" | rows | grep -c '^UDP')"
many=$(kilobytes ipvsctl connections -n)
echo "# ipvsctl needs $few kB for 2000 connections and $many kB for $more"
expect [ "$many" -le $((few + 1024)) ]
for command in 'ipvsctl connections --json' 'ipvsctl list -Lnc' 'ipvsctl list -c --json'; do
    # shellcheck disable=SC2086
    used=$(kilobytes $command)
    echo "# $command needs $used kB"
    expect [ "$used" -le $((few + 2048)) ]
done

# The same lines as ipvsadm, but for the time that is left.
lines() { rows | sed 's/^\(...\) .....  */\1 /' | LC_ALL=C sort; }
expect_equal 'titles' "$(on director ipvsadm -Lnc | head -n 2)" "$(connections -n | head -n 2)"
on director ipvsadm -Lnc | lines >"$LAB_TMP/theirs"
connections -n | lines >"$LAB_TMP/ours"
expect cmp "$LAB_TMP/theirs" "$LAB_TMP/ours"

# count ARGUMENT...: connections and templates that meet the conditions.
count() { connections -n "$@" | rows | grep -c . || true; }
datagrams 5354 3000 3001
expect_equal 'of a client to a service, with the template of its network' 3 "$(count --client "$CIP" --service "udp $VIP:5354")"
expect_equal 'of a neighbour: the template' 1 "$(count --client 172.17.60.99 --service "udp $VIP:5354")"
expect_equal 'of a network' 3 "$(count --client 172.17.60.0/24 --service "$VIP:5354")"
expect_equal 'of another network' 0 "$(count --client 192.0.2.0/24)"
expect_equal 'to a server' 3 "$(count --server "$RIP2" --service "$VIP:5354")"
expect_equal 'to a port of a server' "$more" "$(count --server 192.168.6.77:53)"
expect_equal 'of a service by its name' 3 "$(count --service "$VIP:80")"
expect_equal 'of all protocols and ports' $((more + 6)) "$(count --service "$VIP")"
expect_contains 'one line of JSON each' '"destination":{"address":"'"$RIP2"'","port":53}' "$(connections --json --service "$VIP:5354" | head -n 1)"
expect_contains 'an unknown service' 'no virtual service "webb"' "$(connections --service webb 2>&1 || true)"

# By a mark: the kernel does not keep it, so the server counts.
on director iptables-legacy -t mangle -A PREROUTING -d "$VIP" -p udp --dport 5355 -j MARK --set-mark 5
on director ipvsadm -A -f 5 -s rr -p 600
on director ipvsadm -a -f 5 -r "$RIP2:53" -m
datagrams 5355 3000 3000
expect_equal 'of a mark, with its template' 2 "$(count --service 'fwmark 5')"
