# shellcheck shell=sh
# `ipvsctl doctor` finds each fault of the real servers and of the paths to them, on the director and on the server itself, and
# its fixes work.
# limit: 900

. "$LAB_DIRECTORY/doctor.sh"
doctor_up

section 'Real servers that are well'
finds real1 ''
finds real3 ''

section 'A real server that answers ARP for the VIP'
sysctl_on real2 net.ipv4.conf.all.arp_ignore=0
on_director server-claims-vip
fixed real2
on_director ''
sysctl_on real2 net.ipv4.conf.all.arp_ignore=3
finds real2 arp-answers
fixed real2
finds real2 ''

section 'The same on a server that was set up by hand'
on real1 ip address add "$DIRECT_VIP/32" dev lo
# With 3 it is silent about some addresses, and not about this one.
sysctl_on real1 net.ipv4.conf.all.arp_ignore=3
sysctl_on real1 net.ipv4.conf.all.arp_announce=2
finds real1 arp-answers
fixed real1
finds real1 ''
on real1 ip address del "$DIRECT_VIP/32" dev lo

section 'A real server that answers neighbour solicitations for the VIP of IPv6'
DIRECT_VIP6=fd00:172:17:60::208
# shellcheck disable=SC2153 # topology.env has that address
{ on director cat "$definitions"; echo "  - {listen: 'tcp://[$DIRECT_VIP6]:80', scheduler: rr, forwarding: dr, real_servers: ['[$DIRECT_RIP62]:80']}"; } | put director "$definitions.six"
on director ip address add "$DIRECT_VIP6/64" dev front nodad
on director ipvsadm -A -t "[$DIRECT_VIP6]:80" -s rr
on director ipvsadm -a -t "[$DIRECT_VIP6]:80" -r "[$DIRECT_RIP62]:80" -g
on real2 ip address add "$DIRECT_RIP62/64" dev front nodad
realserver real2 up --vip "$DIRECT_VIP6" --mode dr
finds director '' --config "$definitions.six"
on real2 ip address add "$DIRECT_VIP6/128" dev front nodad
finds director server-claims-vip --config "$definitions.six"
finds real2 arp-answers
fixed real2
finds real2 ''
finds director '' --config "$definitions.six"

section 'A real server without the VIP of IPv6'
on real2 ip address del "$DIRECT_VIP6/128" dev lo
finds director vip-not-served --config "$definitions.six"
fixed real2
finds director '' --config "$definitions.six"
realserver real2 down --vip "$DIRECT_VIP6"
on real2 ip address del "$DIRECT_RIP62/64" dev front
on director ipvsadm -D -t "[$DIRECT_VIP6]:80"
on director ip address del "$DIRECT_VIP6/64" dev front

section 'A real server of NAT with another gateway'
on real1 ip route replace default via "$RIP3"
on_director nat-reply-path
fixed real1

section 'A real server of NAT with another gateway for IPv6'
{ on director cat "$definitions"; echo "  - {listen: 'tcp://[$VIP6]:80', scheduler: rr, forwarding: nat, real_servers: ['[$RIP61]:80']}"; } | put director "$definitions.six"
on director ipvsadm -A -t "[$VIP6]:80" -s rr
on director ipvsadm -a -t "[$VIP6]:80" -r "[$RIP61]:80" -m
finds director '' --config "$definitions.six"
# Whatever its rank was; of IPv6 routes without one, the newest is the last to be taken.
on real1 ip -6 route del default
on real1 ip -6 route add default via "$RIP63"
finds director nat-reply-path --config "$definitions.six"
fixed real1
finds director '' --config "$definitions.six"
on director ipvsadm -D -t "[$VIP6]:80"

section 'A real server of NAT in the network of the clients'
on director ipvsadm -a -t "$VIP:80" -r "$DIRECT_RIP2:80" -m
seen_on_director nat-on-clients-network
on director ipvsadm -d -t "$VIP:80" -r "$DIRECT_RIP2:80"

section 'Direct routing across a router'
on director ip route add "$TUNNEL_RIP1/32" via "$RIP1"
on director ipvsadm -a -t "$DIRECT_VIP:80" -r "$TUNNEL_RIP1:80" -g
seen_on_director direct-other-network
on director ipvsadm -d -t "$DIRECT_VIP:80" -r "$TUNNEL_RIP1:80"
on director ip route del "$TUNNEL_RIP1/32"

section 'Direct routing with another port'
on director sed "s/$DIRECT_RIP2:80/$DIRECT_RIP2:8080/" "$definitions" | put director "$definitions.port"
finds director port-not-mapped --quiet --config "$definitions.port"

section 'A real server without the VIP'
on real2 ip address del "$DIRECT_VIP/32" dev lo
on_director vip-not-served
finds real2 vip-not-served
fixed real2
finds real2 ''

section 'A real server that does not unwrap the tunnel'
on real3 ip link set lvs-ipip down
on_director tunnel-not-unwrapped
finds real3 tunnel-not-unwrapped
fixed real3
finds real3 ''

# tunnel_of_ipv6 RIP:PORT: a service of IPv6 through a tunnel to real3.
tunnel_of_ipv6() {
    { on director cat "$definitions"; echo "  - {listen: 'tcp://[$DIRECT_VIP6]:80', scheduler: rr, forwarding: tunnel, real_servers: ['$1']}"; } | put director "$definitions.six"
    on director ip address add "$DIRECT_VIP6/64" dev front nodad
    on director ipvsadm -A -t "[$DIRECT_VIP6]:80" -s rr
    on director ipvsadm -a -t "[$DIRECT_VIP6]:80" -r "$1" -i
}
no_tunnel_of_ipv6() {
    realserver real3 down --vip "$DIRECT_VIP6"
    on director ipvsadm -D -t "[$DIRECT_VIP6]:80"
    on director ip address del "$DIRECT_VIP6/64" dev front
}
section 'A real server that does not unwrap the tunnel of IPv6'
tunnel_of_ipv6 "[$RIP63]:80"
finds director tunnel-not-unwrapped --config "$definitions.six"
fixed real3
finds director '' --config "$definitions.six"
finds real3 ''

section 'A tunnel of IPv6 across a narrow path'
on real3 ip6tables-legacy -t mangle -A PREROUTING -i back -m length --length 1361: -j DROP
finds director tunnel-mtu --config "$definitions.six"
grep -q 'those up to 1360 bytes reach' "$LAB_TMP/doctor" || fail "the size that passes is another: $(cat "$LAB_TMP/doctor")"
fixed director
finds director '' --config "$definitions.six"
on real3 ip6tables-legacy -t mangle -F
on director ip -6 route del "$RIP63" dev back
no_tunnel_of_ipv6

section 'A real server without the VIP of IPv6 in a tunnel of IPv4'
tunnel_of_ipv6 "$RIP3:80"
finds director tunnel-not-unwrapped --config "$definitions.six"
fixed real3
finds director '' --config "$definitions.six"
finds real3 ''
no_tunnel_of_ipv6

# The doctor wraps its own echoes as these tunnels do; until the server unwraps them, it refuses.
VIP_BY_GUE=172.17.60.203
VIP_BY_GRE=172.17.60.204
# wrapped VIP FORWARDING OPTION...: a service by that tunnel to real3, which is not yet set up for it.
wrapped() {
    wrapped_vip=$1
    { on director cat "$definitions"; echo "  - {listen: 'tcp://$1:80', scheduler: rr, forwarding: $2, real_servers: ['$RIP3:80']}"; } | put director "$definitions.wrapped"
    shift 2
    on director ip address add "$wrapped_vip/24" dev front
    on director ipvsadm -A -t "$wrapped_vip:80" -s rr
    on director ipvsadm -a -t "$wrapped_vip:80" -r "$RIP3:80" -i "$@"
    finds director tunnel-not-unwrapped --config "$definitions.wrapped"
    fixed real3
    finds director '' --config "$definitions.wrapped"
    finds real3 ''
    realserver real3 down --vip "$wrapped_vip"
    on director ipvsadm -D -t "$wrapped_vip:80"
    on director ip address del "$wrapped_vip/24" dev front
}
section 'A real server that does not know the port of GUE'
wrapped $VIP_BY_GUE '{tunnel: gue, port: 6080}' --tun-type gue --tun-port 6080 --tun-nocsum

section 'A real server without a tunnel of GRE'
wrapped $VIP_BY_GRE '{tunnel: gre, checksum: "on"}' --tun-type gre --tun-csum

section 'A strict filter behind the tunnel'
sysctl_on real3 net.ipv4.conf.lvs-ipip.rp_filter=1
on_director vip-not-served
finds real3 reverse-path-strict
fixed real3
finds real3 ''

section 'Segments that do not fit into the tunnel'
# By whatever of these it was done there.
on real3 sh -c "{ nft delete table inet lvs_realserver_$(echo "$VIP_BY_TUNNEL" | tr . _) || iptables -t mangle -F; iptables-legacy -t mangle -F; } 2>/dev/null || :"
finds real3 segments-too-large
fixed real3
finds real3 ''

section 'A tunnel across a narrow path'
on real3 ip link set back mtu 1300
# A machine's interface may take more than its MTU from outside; a veth does not.
on real3 iptables-legacy -t mangle -A PREROUTING -i back -m length --length 1305: -j DROP
on_director tunnel-mtu
# A veth takes a tag of four bytes beyond its MTU.
grep -q 'those up to 130[0-4] bytes reach' "$LAB_TMP/doctor" || fail "the size that passes is another: $(cat "$LAB_TMP/doctor")"
fixed director
# Nothing of all this is left, and the path is known to be narrow.
on_director ''
