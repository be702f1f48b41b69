# shellcheck shell=sh
# NAT of IPv6 makes the director a router of IPv6, but not while it has routes from router advertisements, which it would lose. A
# stop restores the setting.

. "$LAB_DIRECTORY/hardened.sh"
harden_director
forwards_ipv6() {
    [ "$(setting net.ipv6.conf.all.forwarding)" = 1 ]
}
ipv6_service="  - {listen: 'tcp://[$VIP6]:80', real_servers: ['[$RIP61]:80']}"
definitions_with "$OWN@front" | director_define
on director ip -6 route add default via fe80::1 dev front proto ra
director_start
eventually 15 status_tells 'net.ipv6.conf.all.forwarding=1: not set: .* router advertisements on front'
expect_not forwards_ipv6
on director ip -6 route del default proto ra
eventually 20 forwards_ipv6
eventually 10 answered_by real1 "[$VIP6]"
director_stop
expect_equal 'the machine after a stop of NAT of IPv6' "$before" "$(condition)"
