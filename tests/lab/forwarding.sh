# shellcheck shell=sh
# Makes hosts ready for direct routing and tunnels: what the founding documents have an administrator do on
# the director and the real servers by hand. NAT needs none of it; topology.env has it already.

# sysctl_on HOST NAME=VALUE...
sysctl_on() {
    sysctl_host=$1
    shift
    on "$sysctl_host" sysctl -q -w "$@"
}

# direct_director: the director answers for the VIP of direct routing and tunnels.
direct_director() {
    on director ip address add "$DIRECT_VIP/24" dev front
}

# direct_real_server HOST RIP: it joins the front network and holds the VIP without answering ARP for it.
direct_real_server() {
    sysctl_on "$1" net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2
    on "$1" ip address add "$2/24" dev front
    on "$1" ip link set front up
    on "$1" ip address add "$DIRECT_VIP/32" dev lo
}

# direct_director6 and direct_real_server6 HOST RIP: the same over IPv6. An address that is not preferred is no source of
# connections that begin here: towards a server whose address is like it, the kernel would choose it.
direct_director6() {
    on director ip address add "$DIRECT_VIP6/128" dev front nodad preferred_lft 0
}

direct_real_server6() {
    on "$1" ip address add "$2/64" dev front nodad
    on "$1" ip address add "$DIRECT_VIP6/128" dev lo nodad
}

# tunnel_real_server HOST RIP GATEWAY FRONT: it has RIP in a network of its own behind GATEWAY, its address on
# the back network; takes tunnelled packets for the VIP; answers clients from FRONT's interface.
tunnel_real_server() {
    on "$1" ip address add "$2/32" dev lo
    on director ip route add "$2/32" via "$3"
    on "$1" ip tunnel add fromdirector mode ipip local "$2"
    on "$1" ip link set fromdirector up
    sysctl_on "$1" net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2 \
        net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.fromdirector.rp_filter=0
    on "$1" ip address add "$DIRECT_VIP/32" dev fromdirector
    on "$1" ip address add "$4/24" dev front
    on "$1" ip link set front up
}

# bytes_sent HOST INTERFACE: how many bytes it has sent through that interface.
bytes_sent() {
    # shellcheck disable=SC2016 # awk expands
    on "$1" awk -v i="$2:" '$1 == i { print $10 }' /proc/net/dev
}
