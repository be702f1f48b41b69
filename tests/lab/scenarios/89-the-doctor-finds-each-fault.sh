# shellcheck shell=sh
# `ipvsctl doctor` finds each fault that is made on purpose, with what mends it, and none where all is well: on a director
# with NAT, direct routing and a tunnel, and on its real servers.

loader=$(cat /proc/sys/kernel/modprobe)
"$loader" -a ipip iptable_filter xt_conntrack iptable_mangle 2>/dev/null || :
WAIT=${LAB_PATIENCE:-1}
TUNNEL_VIP=172.17.60.202

# realserver HOST ARGUMENT...: hosts of the lab share /run, so each has a memory of its own.
realserver() {
    realserver_host=$1
    shift
    on "$realserver_host" ipvsctl realserver "$@" --state "$LAB_TMP/$realserver_host/realserver.json" >/dev/null
}

# Three services, as they should be: real1 by NAT, real2 by direct routing, real3 through a tunnel.
direct_director
on director ip address add "$TUNNEL_VIP/24" dev front
on real2 ip address add "$DIRECT_RIP2/24" dev front
on real2 ip link set front up
realserver real2 up --vip "$DIRECT_VIP" --mode dr
on real3 ip address add 172.17.60.198/24 dev front
on real3 ip link set front up
realserver real3 up --vip "$TUNNEL_VIP" --mode ipip
healthy_table() {
    on director ipvsadm -R <<T
-A -t $VIP:80 -s rr
-a -t $VIP:80 -r $RIP1:80 -m -w 1
-A -t $DIRECT_VIP:80 -s rr
-a -t $DIRECT_VIP:80 -r $DIRECT_RIP2:80 -g -w 1
-A -t $TUNNEL_VIP:80 -s rr
-a -t $TUNNEL_VIP:80 -r $RIP3:80 -i -w 1
T
}
healthy_table
definitions=$LAB_TMP/director/doctor.yaml
put director "$definitions" <<Y
services:
  - listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    real_servers: [$RIP1:80]
  - listen: tcp://$DIRECT_VIP:80
    scheduler: rr
    forwarding: dr
    real_servers: [$DIRECT_RIP2:80]
  - listen: tcp://$TUNNEL_VIP:80
    scheduler: rr
    forwarding: tunnel
    real_servers: [$RIP3:80]
Y

# doctor HOST [ARGUMENT...]: the faults that it names, one a line, each once, in `found`; its status in `doctor_status`.
doctor() {
    doctor_host=$1
    shift
    doctor_status=0
    on "$doctor_host" ipvsctl doctor --wait "$WAIT" --state "$LAB_TMP/$doctor_host/realserver.json" "$@" >"$LAB_TMP/doctor" 2>&1 || doctor_status=$?
    found=$(sed -n 's/^\([a-z][a-z-]*\): .*/\1/p' "$LAB_TMP/doctor" | sort -u)
}
# finds HOST FAULT [ARGUMENT...]: the doctor finds this fault and no other there, and says what mends it.
finds() {
    finds_host=$1
    wanted=$2
    shift 2
    doctor "$finds_host" "$@"
    [ "$found" = "$wanted" ] || fail "$(printf '%s should have %s:\n%s' "$finds_host" "${wanted:-no fault}" "$(cat "$LAB_TMP/doctor")")"
    expect_equal 'the exit status' "$([ -z "$wanted" ] && echo 0 || echo 1)" "$doctor_status"
    cat "$LAB_TMP/doctor"
}
on_director() {
    finds director "$1" --config "$definitions"
}
on_director ''
finds real1 ''
finds real3 ''

echo '# no routing'
sysctl_on director net.ipv4.ip_forward=0
# The real server's replies to the VIP still end here, so nothing else is amiss.
on_director forwarding-off
sysctl_on director net.ipv4.ip_forward=1

echo '# no VIP'
on director ip address del "$TUNNEL_VIP/24" dev front
on_director vip-missing
on director ip address add "$TUNNEL_VIP/24" dev front

echo '# a stranger with the VIP'
on client ip address add "$VIP/32" dev front
on_director vip-elsewhere
on client ip address del "$VIP/32" dev front

echo '# a real server that answers for the VIP'
sysctl_on real2 net.ipv4.conf.all.arp_ignore=0
on_director server-claims-vip
finds real2 arp-answers
sysctl_on real2 net.ipv4.conf.all.arp_ignore=1

echo '# a real server of NAT with another gateway'
on real1 ip route replace default via "$RIP3"
on_director nat-way-back
on real1 ip route replace default via "$DIP"

echo '# a real server of NAT in the network of the clients'
on director ipvsadm -a -t "$VIP:80" -r "$DIRECT_RIP2:80" -m
on_director nat-on-clients-network
on director ipvsadm -d -t "$VIP:80" -r "$DIRECT_RIP2:80"

echo '# direct routing across a router'
on director ip route add 10.20.0.4/32 via "$RIP1"
on director ipvsadm -a -t "$DIRECT_VIP:80" -r 10.20.0.4:80 -g
on_director direct-other-network
on director ipvsadm -d -t "$DIRECT_VIP:80" -r 10.20.0.4:80
on director ip route del 10.20.0.4/32

echo '# direct routing with another port'
sed "s/$DIRECT_RIP2:80/$DIRECT_RIP2:8080/" "$definitions" | put director "$definitions.port"
finds director port-not-mapped --config "$definitions.port"

echo '# no VIP on the real server'
on real2 ip address del "$DIRECT_VIP/32" dev lo
on_director vip-not-served
finds real2 vip-not-served
realserver real2 up --vip "$DIRECT_VIP" --mode dr

echo '# no tunnel on the real server'
on real3 ip link set lvs-ipip down
on_director tunnel-not-unwrapped
finds real3 tunnel-not-unwrapped
realserver real3 up --vip "$TUNNEL_VIP" --mode ipip

echo '# a strict filter behind the tunnel'
sysctl_on real3 net.ipv4.conf.lvs-ipip.rp_filter=1
finds real3 reverse-path-strict
on_director vip-not-served
sysctl_on real3 net.ipv4.conf.lvs-ipip.rp_filter=2

echo '# a tunnel across a narrow road'
on real3 ip link set back mtu 1300
on_director tunnel-mtu
# A veth takes a tag of four bytes beyond its MTU.
grep -q 'those up to 130[0-4] reach' "$LAB_TMP/doctor" || fail "the size that passes is another: $(cat "$LAB_TMP/doctor")"
on real3 ip link set back mtu 1500

echo '# clients that come in by another interface than their answers would take'
on client ip address add 192.168.6.77/32 dev lo
# The filter also hides the director from ARP of such clients.
mac=$(on director ip -o link show dev front | sed 's/.*link.ether \([^ ]*\) .*/\1/')
on client ip neighbour replace "$VIP" lladdr "$mac" dev front nud permanent
sysctl_on director net.ipv4.conf.front.rp_filter=1
spawn client strayer sh -c "while :; do curl -s -m 1 --interface 192.168.6.77 http://$VIP/; sleep 0.1; done"
on_director reverse-path-drops
signal client strayer KILL
on client ip neighbour del "$VIP" dev front
sysctl_on director net.ipv4.conf.front.rp_filter=0

echo '# a firewall that drops what IPVS hides from it'
on director iptables-legacy -A FORWARD -m conntrack --ctstate INVALID -j DROP
on_director drops-invalid
sysctl_on director net.ipv4.vs.conntrack=1
on_director ''
sysctl_on director net.ipv4.vs.conntrack=0
on director iptables-legacy -F

echo '# nobody serves'
on director ipvsadm -e -t "$VIP:80" -r "$RIP1:80" -m -w 0
on_director nobody-serves
on director ipvsadm -e -t "$VIP:80" -r "$RIP1:80" -m -w 1

echo '# a service that nobody defined'
on director ipvsadm -A -t "$VIP:81" -s rr
on director ipvsadm -a -t "$VIP:81" -r "$RIP1:80" -m
on_director services-of-others
on director ipvsadm -D -t "$VIP:81"

echo '# a reserve that balances'
on director ipvsadm --start-daemon backup --mcast-interface front
on_director backup-balances
sysctl_on director net.ipv4.vs.backup_only=1
on_director ''
sysctl_on director net.ipv4.vs.backup_only=0
on director ipvsadm --stop-daemon backup

echo '# settings of another way of balancing'
finds director profile-differs --profile maglev-ecmp --config "$definitions"

echo '# no counting'
sysctl_on director net.ipv4.vs.run_estimation=0
on_director estimation-off
sysctl_on director net.ipv4.vs.run_estimation=1

# The programs' form has the same findings.
sysctl_on director net.ipv4.ip_forward=0
expect_contains 'the JSON' '"fault": "forwarding-off"' "$(on director ipvsctl doctor --quiet --json --config "$definitions")"
sysctl_on director net.ipv4.ip_forward=1

if ! "$loader" -n -q ip_vs_twos; then
    echo '# a scheduler that this kernel has not'
    sed 's/scheduler: rr/scheduler: twos/' "$definitions" | put director "$definitions.twos"
    finds director scheduler-missing --quiet --config "$definitions.twos"
fi

echo '# more connections than buckets'
on director ipvsadm -A -u "$VIP:53" -s rr
on director ipvsadm -a -u "$VIP:53" -r "$RIP1:53" -m
# shellcheck disable=SC2016 # perl expands
on client perl -MIO::Socket::INET -e '
    for (1 .. 3400) {
        IO::Socket::INET->new(Proto => "udp", PeerAddr => $ARGV[0], PeerPort => 53, LocalPort => 20000 + $_)->send("x")
    }' "$VIP"
finds director "$(printf 'connection-table-full\nservices-of-others')" --quiet --config "$definitions"

# Only in a guest of our own may the module go; there it is the last that happens.
if [ "$loader" = /mnt/modprobe ]; then
    echo '# no IPVS'
    on director ipvsadm -C
    echo /bin/false >/proc/sys/kernel/modprobe
    gone() { "$loader" -r ip_vs_rr ip_vs 2>/dev/null; ! [ -e /sys/module/ip_vs ]; }
    eventually 20 gone
    finds director ipvs-missing --quiet
    echo "$loader" >/proc/sys/kernel/modprobe
    "$loader" ip_vs
fi
