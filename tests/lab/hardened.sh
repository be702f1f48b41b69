# shellcheck shell=sh
# A director that is a hardened machine: it does not route, but for one interface, takes no redirects, and gets routes from router
# advertisements. And the words for what ipvsd changes on it outside the table: VIPs, forwarding, redirects, routes.

# The VIP that ipvsd adds.
# shellcheck disable=SC2034 # scenarios use it
OWN=198.51.100.10
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
    on director ipvsctl status --wide | grep -q "HOST: $1"
}
tells_no_more() {
    ! status_tells "$1"
}
# definitions_with VIP@INTERFACE...: a service for each, and the lines in `ipv6_service`.
ipv6_service=''
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

# harden_director: what there is before goes to `before`.
harden_director() {
    sysctl_on director net.ipv4.ip_forward=0 net.ipv4.conf.all.accept_redirects=0 net.ipv4.conf.front.accept_redirects=0 \
        net.ipv4.conf.back.forwarding=1 net.ipv4.conf.all.promote_secondaries=0 net.ipv4.conf.front.promote_secondaries=0
    sysctl_on director net.ipv6.conf.all.forwarding=0 net.ipv6.conf.back.forwarding=1 net.ipv6.conf.front.accept_ra=1
    # shellcheck disable=SC2034 # scenarios compare with it
    before=$(condition)
}
