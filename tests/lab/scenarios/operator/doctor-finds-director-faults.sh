# shellcheck shell=sh
# `ipvsctl doctor` on a director finds each fault of the director, its fixes work, and it finds none where all is well: with
# NAT, direct routing and a tunnel.
# limit: 900

. "$LAB_DIRECTORY/doctor.sh"
doctor_up

section 'All is well'
on_director ''

section 'A director that does not forward'
sysctl_on director net.ipv4.ip_forward=0
# The programs' form has the same findings.
expect_contains 'the JSON' '"fault": "forwarding-off"' "$(on director ipvsctl doctor --quiet --json --config "$definitions")"
# The real server's replies to the VIP still end here, so nothing else is amiss.
on_director forwarding-off
fixed director
seen_on_director ''

section 'A VIP that is not on the director'
on director ip address del "$VIP_BY_TUNNEL/24" dev front
on_director vip-missing
fixed director
seen_on_director ''

section 'Another machine has the VIP'
on client ip address add "$VIP/32" dev front
on_director vip-elsewhere
on client ip address del "$VIP/32" dev front

section 'Another machine has the VIP of IPv6'
{ on director cat "$definitions"; echo "  - {listen: 'tcp://[$VIP6]:80', scheduler: rr, forwarding: nat, real_servers: ['[$RIP61]:80']}"; } | put director "$definitions.six"
on director ipvsadm -A -t "[$VIP6]:80" -s rr
on director ipvsadm -a -t "[$VIP6]:80" -r "[$RIP61]:80" -m
finds director '' --config "$definitions.six"
on client ip address add "$VIP6/128" dev front nodad
finds director vip-elsewhere --config "$definitions.six"
on client ip address del "$VIP6/128" dev front

section 'A director that does not forward IPv6'
sysctl_on director net.ipv6.conf.all.forwarding=0
finds director forwarding-off --config "$definitions.six"
fixed director
finds director '' --quiet --config "$definitions.six"
on director ipvsadm -D -t "[$VIP6]:80"

section 'Clients that come in by another interface than their answers would take'
on client ip address add 192.168.6.77/32 dev lo
# The filter also hides the director from ARP of such clients.
mac=$(on director ip -o link show dev front | sed 's/.*link.ether \([^ ]*\) .*/\1/')
on client ip neighbour replace "$VIP" lladdr "$mac" dev front nud permanent
sysctl_on director net.ipv4.conf.front.rp_filter=1
spawn client strayer sh -c "while :; do curl -s -m 1 --interface 192.168.6.77 http://$VIP/; sleep 0.1; done"
on_director reverse-path-drops
fixed director
# They still come, and are no longer dropped.
on_director ''
signal client strayer KILL
on client ip neighbour del "$VIP" dev front

section 'A firewall that drops what IPVS hides from it'
on director iptables-legacy -A FORWARD -m conntrack --ctstate INVALID -j DROP
seen_on_director drops-invalid
fixed director
seen_on_director ''
sysctl_on director net.ipv4.vs.conntrack=0
on director iptables-legacy -F

section 'No server serves'
on director ipvsadm -e -t "$VIP:80" -r "$RIP1:80" -m -w 0
seen_on_director no-server-serves
on director ipvsadm -e -t "$VIP:80" -r "$RIP1:80" -m -w 1

section 'A service that is not in the configuration'
on director ipvsadm -A -t "$VIP:81" -s rr
on director ipvsadm -a -t "$VIP:81" -r "$RIP1:80" -m
seen_on_director services-of-others
on director ipvsadm -D -t "$VIP:81"

section 'A reserve that balances'
# The last one is as the doctor's fix has added it above.
vips="$VIP/24 $DIRECT_VIP/24 $VIP_BY_TUNNEL/32"
for vip in $vips; do
    on director ip address del "$vip" dev front
    on director ip address add "${vip%/*}/32" dev lo
done
on director ipvsadm --start-daemon backup --mcast-interface front --syncid 8
seen_on_director backup-balances
fixed director
seen_on_director ''

section 'An active director that is set to balance nothing'
for vip in $vips; do
    on director ip address del "${vip%/*}/32" dev lo
    on director ip address add "$vip" dev front
done
seen_on_director backup-stops-balancing
fixed director
seen_on_director ''

section 'Sync daemons with two ids'
on director ipvsadm --start-daemon master --mcast-interface front --syncid 7
seen_on_director sync-ids-differ
for role in master backup; do on director ipvsadm --stop-daemon $role; done

section 'A sync daemon without its interface'
on director ip link add spare type veth peer name far
on director ip link set far up
on director ip link set spare up
on director ipvsadm --start-daemon master --mcast-interface spare --syncid 7
on director ip link set spare down
seen_on_director sync-interface-down
fixed director
seen_on_director ''

section 'A sync daemon whose interface sends to no group'
on director ip link set spare multicast off
seen_on_director sync-group-unreachable
fixed director
seen_on_director ''
on director ipvsadm --stop-daemon master
on director ip link del spare

section 'Ports of clients that stay with a failed server'
sysctl_on director net.ipv4.vs.conn_reuse_mode=1
seen_on_director reused-ports-stay
fixed director
seen_on_director ''

section 'Settings that are not those of the profile'
finds director profile-differs --quiet --profile maglev-ecmp --config "$definitions"
fixed director
finds director '' --quiet --profile maglev-ecmp --config "$definitions"

sysctl_on director net.ipv4.vs.conn_reuse_mode=1
section 'Settings that are not those of the profile for direct routing'
sysctl_on director net.ipv4.vs.conn_reuse_mode=1
finds director profile-differs --quiet --profile dr --config "$definitions"
for name in conn_reuse_mode backup_only expire_quiescent_template; do
    grep -q "$name" "$LAB_TMP/doctor" || fail "nothing is said of $name: $(cat "$LAB_TMP/doctor")"
done
fixed director
finds director '' --quiet --profile dr --config "$definitions"

section 'Counters that do not move'
sysctl_on director net.ipv4.vs.run_estimation=0
seen_on_director estimation-off
fixed director
seen_on_director ''

no_scheduler='A scheduler that this kernel has not'
if has_module director ip_vs_twos; then
    untried "$no_scheduler"
else
    section "$no_scheduler"
    on director sed "s/scheduler: rr/scheduler: twos/" "$definitions" | put director "$definitions.twos"
    finds director scheduler-missing --quiet --config "$definitions.twos"
fi

section 'Nearly as many connections as buckets'
{ on director cat "$definitions"; echo "  - {listen: 'udp://$VIP:53', scheduler: rr, forwarding: nat, real_servers: ['$RIP1:53']}"; } | put director "$definitions.dns"
on director ipvsadm -A -u "$VIP:53" -s rr
on director ipvsadm -a -u "$VIP:53" -r "$RIP1:53" -m
# shellcheck disable=SC2016 # perl expands
on client perl -MIO::Socket::INET -e '
    for (1 .. 3400) {
        IO::Socket::INET->new(Proto => "udp", PeerAddr => $ARGV[0], PeerPort => 53, LocalPort => 20000 + $_)->send("x")
    }' "$VIP"
finds director connection-table-full --quiet --config "$definitions.dns"

# Only in a guest of our own may the module go; there it is the last that happens.
no_ipvs='A kernel without IPVS'
doctor_loader=$(on director cat /proc/sys/kernel/modprobe)
if [ "$doctor_loader" = /mnt/modprobe ]; then
    section "$no_ipvs"
    on director ipvsadm -C
    # Other scenarios follow in this kernel, however this one ends.
    trap 'echo "$doctor_loader" >/proc/sys/kernel/modprobe; "$doctor_loader" ip_vs' EXIT
    echo /bin/false >/proc/sys/kernel/modprobe
    # Schedulers that other scenarios loaded hold it.
    gone() {
        for holder in /sys/module/ip_vs/holders/*; do "$doctor_loader" -r "${holder##*/}" 2>/dev/null; done
        "$doctor_loader" -r ip_vs 2>/dev/null
        ! [ -e /sys/module/ip_vs ]
    }
    eventually 20 gone
    finds director ipvs-missing --quiet
    echo "$doctor_loader" >/proc/sys/kernel/modprobe
    # The guest's modules are not where its modprobe looks; the kernel's own loader knows the place.
    "$doctor_loader" ip_vs
    finds director '' --quiet
else
    untried "$no_ipvs"
fi
