# shellcheck shell=sh
# What the kernel changes along with what the director made comes back too: the forwarding of each interface and the
# redirects that are taken, the other addresses of a VIP's network, the routes by it. A VIP waits for an interface that is
# down, since nobody can be asked there, and comes by itself when that is up. NAT of IPv6 makes a router of the machine, but
# not where that would lose its own routes.

OWN=198.51.100.10
THEIRS=198.51.100.20
LATE=203.0.113.10
export DEFINITIONS="$LAB_TMP/director/definitions.yaml"
setting() {
    on director sysctl -n "$1"
}
# What a stop must leave as it was.
condition() {
    # shellcheck disable=SC2016 # the shell on the host expands
    on director sh -c 'ip -4 -o address show; ip route show; sysctl net.ipv4.ip_forward net.ipv4.conf.all.promote_secondaries
        for name in forwarding accept_redirects promote_secondaries; do grep . /proc/sys/net/ipv4/conf/*/$name; done
        grep . /proc/sys/net/ipv6/conf/*/forwarding' |
        sed 's/\(valid_lft\|preferred_lft\|expires\) [0-9]*sec//g'
}
has() {
    on director ip -o address show | grep -q " $1/"
}
has_not() {
    ! has "$1"
}
status_tells() {
    on director ipvsctl status | grep -q "HOST: $1"
}
tells_no_more() {
    ! status_tells "$1"
}
definitions_with() {
    cat <<Y
director: {resync: 1s, profile: nat-gateway}
defaults:
  service: {scheduler: rr, forwarding: nat, on_stop: remove, check: {tcp: {}, every: 1s}}
services:
Y
    for placed in "$@"; do
        echo "  - {listen: \"tcp://${placed%@*}:80\", vip: {interface: ${placed#*@}, prefix: 24}, real_servers: [\"$RIP1:80\"]}"
    done
    echo "$ipv6_service"
}

ipv6_service=''
# A hardened machine that does not route, but for one interface; and a network that others use as well.
sysctl_on director net.ipv4.ip_forward=0 net.ipv4.conf.all.accept_redirects=0 net.ipv4.conf.front.accept_redirects=0 \
    net.ipv4.conf.back.forwarding=1 net.ipv4.conf.all.promote_secondaries=0 net.ipv4.conf.front.promote_secondaries=0
on director ip link add spare type veth peer name far
sysctl_on director net.ipv6.conf.all.forwarding=0 net.ipv6.conf.back.forwarding=1 net.ipv6.conf.front.accept_ra=1
before=$(condition)

definitions_with "$OWN@front" "$LATE@spare" "$VIP@nowhere" | director_define
director_start
eventually 15 has "$OWN"
expect_equal 'forwarding while it runs' 1 "$(setting net.ipv4.ip_forward)"
expect_equal 'redirects while it runs' 0 "$(setting net.ipv4.conf.all.accept_redirects)"
expect_equal 'forwarding of IPv6, which nobody needs' 0 "$(setting net.ipv6.conf.all.forwarding)"

# An interface that is down has nobody to ask yet.
eventually 10 status_tells "$LATE/24 on spare: not added yet: spare is down"
expect has_not "$LATE"
on director ip link set far up
on director ip link set spare up
eventually 10 has "$LATE"
eventually 5 tells_no_more "$LATE/24"
on director ip link set spare down
on director ip link set far down

# Somebody else takes an address of the VIP's network, the second one there, and routes by it.
on director ip address add "$THEIRS/24" brd + dev front label front:1
on director ip route add 192.0.2.0/24 via 198.51.100.1
expect_contains 'the address of somebody else' secondary "$(on director ip -o address show dev front | grep "$THEIRS")"
director_stop
expect has_not "$OWN"
expect_contains 'the address of somebody else' "$THEIRS/24" "$(on director ip address show label front:1)"
expect_contains 'the route by its network' 'via 198.51.100.1 dev front' "$(on director ip route show 192.0.2.0/24)"
on director ip route del 192.0.2.0/24
on director ip address del "$THEIRS/24" dev front
expect_equal 'the machine after the stop' "$before" "$(condition)"

# Servers by NAT of IPv6 are answered by way of a router of IPv6.
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
expect_equal 'who answers over IPv6' real1 "$(ask "[$VIP6]")"
director_stop
expect_equal 'the machine after a stop of NAT of IPv6' "$before" "$(condition)"
ipv6_service=''

# After a kill the next director knows what to put back.
definitions_with "$OWN@front" | director_define
director_start
eventually 15 has "$OWN"
director_kill
definitions_with "$OWN@front" | sed 's/, profile: nat-gateway//' | director_define
director_start
restored() {
    [ "$(setting net.ipv4.ip_forward)" = 0 ]
}
eventually 10 restored
director_stop
expect_equal 'the machine after a kill and a stop' "$before" "$(condition)"

# What somebody has changed since is his.
definitions_with "$OWN@front" | director_define
director_start
eventually 15 has "$OWN"
sysctl_on director net.ipv4.conf.all.accept_redirects=1
director_stop
expect_equal 'redirects as somebody set them' 1 "$(setting net.ipv4.conf.all.accept_redirects)"
