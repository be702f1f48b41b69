# shellcheck shell=sh
# A check with `via: vip` finds what a probe of the server's own address cannot: a VIP that is missing there, a tunnel
# that is not unwrapped, and, with `test_mtu`, a path that loses large packets.

. "$LAB_DIRECTORY/path-checks.sh"
path_checks_start
expect_equal 'who answers' "$(printf '2 real1\n2 real2')" "$(tally 4 "$DIRECT_VIP")"

# The VIP is missing on real1, whose own address answers as ever.
on real1 ip address del "$DIRECT_VIP/32" dev lo
{ services; direct "$DIRECT_RIP2"; tunnel; } | eventually_shown 20
expect_equal 'the page at its own address' OK "$(on director curl -sS -m 5 "http://$DIRECT_RIP1/test.html")"
eventually_log 5 "no answer from $DIRECT_VIP through $DIRECT_RIP1"
on real1 ip address add "$DIRECT_VIP/32" dev lo

# real3 unpacks nothing any more.
on real3 ip link set fromdirector down
{ services; direct "$DIRECT_RIP1"; direct "$DIRECT_RIP2"; } | eventually_shown 20
on real3 ip link set fromdirector up
on real3 ip address replace "$DIRECT_VIP/32" dev fromdirector
all_up | eventually_shown 20

# No probe was ever answered by another server than the one that it was for.
expect_equal 'state changes of healthy servers' '' "$(director_log | grep 'real server is down' | grep -v -e "$DIRECT_RIP1:" -e "$TUNNEL_RIP1:" || true)"

# On the way to real3 packets above 1400 bytes get lost without a word: a small question would be answered.
on real3 iptables-legacy -t mangle -A PREROUTING -i back -m length --length 1400: -j DROP
{ services; direct "$DIRECT_RIP1"; direct "$DIRECT_RIP2"; } | eventually_shown 20
eventually_log 5 'no answer to a full-size packet'
check=$path
path_checks_config | director_define
director_reload
all_up | eventually_shown 20
