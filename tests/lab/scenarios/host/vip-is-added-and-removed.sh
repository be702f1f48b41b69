# shellcheck shell=sh
# `vip: {interface: …}`: the director adds the address, tells the neighbours, keeps it and removes it; never one that it did
# not add, never one that another machine answers for. A profile and time limits count while it runs and are put back.

OWN=172.17.60.210
OWN6=fd00:172:17:60::210
TAKEN=172.17.60.211
DEFINITIONS=$LAB_TMP/director/definitions.yaml
definitions_with() {
    cat <<Y
director:
  resync: 1s
  profile: nat-gateway
  timeouts: {tcp: 10m, udp: 1m}
defaults:
  service: {scheduler: rr, forwarding: nat, on_stop: remove, check: {tcp: {}, every: 1s}}
services:
Y
    for service in "$@"; do
        case $service in
        *:*) echo "  - {listen: \"tcp://[$service]:80\", vip: {interface: front}, real_servers: [\"[$RIP61]:80\"]}" ;;
        *) echo "  - {listen: \"tcp://$service:80\", vip: {interface: front}, real_servers: [\"$RIP1:80\"]}" ;;
        esac
    done
}
addresses() {
    on director ip -o address show dev front scope global
}
has() {
    addresses | grep -q " $1/"
}
has_not() {
    ! has "$1"
}
setting() {
    on director sysctl -n "$1"
}
limits() {
    on director ipvsadm -L --timeout
}
before=$(addresses; limits; setting net.ipv4.vs.conntrack; setting net.ipv4.vs.expire_nodest_conn)

# Neighbours that believe the address to be elsewhere, and one that has it.
stranger=02:00:00:00:00:99
mac_of() {
    on "$1" ip -o link show dev front | sed 's/.*link.ether \([^ ]*\) .*/\1/'
}
mac=$(mac_of director)
on client ip neighbour replace "$OWN" lladdr "$stranger" dev front nud stale
on client ip neighbour replace "$OWN6" lladdr "$stranger" dev front nud stale
on client ip address add "$TAKEN/32" dev front

definitions_with "$OWN" "$OWN6" "$VIP" "$TAKEN" | director_define
plan=$(on director ipvsctl plan "$DEFINITIONS")
expect_contains 'the plan' "add     $OWN/32 on front   (the VIP of a service)" "$plan"
expect_contains 'the plan' 'set     net.ipv4.vs.conntrack  0 -> 1   (nat-gateway: rules of the firewall' "$plan"
expect_contains 'the plan' 'set     timeout tcp  900 s -> 600 s' "$plan"
case $plan in *" $VIP/"*) fail "the plan adds what is there: $plan" ;; esac

director_start
eventually 15 has "$OWN"
eventually 10 has "$OWN6"
knows() {
    on client ip neighbour show "$1" dev front | grep -q "lladdr $mac"
}
eventually 5 knows "$OWN"
eventually 5 knows "$OWN6"
expect_equal 'who answers' real1 "$(ask "$OWN")"
expect_equal 'who answers over IPv6' real1 "$(ask "[$OWN6]")"
expect_equal 'conntrack' 1 "$(setting net.ipv4.vs.conntrack)"
expect_equal 'the time limits' 'Timeout (tcp tcpfin udp): 600 120 60' "$(limits)"

# What the daemon has made and other definitions do not want is in their plan.
definitions_with "$VIP" | sed '/profile:/d; /timeouts:/d' | put director "$DEFINITIONS.less"
plan=$(on director ipvsctl plan "$DEFINITIONS.less")
expect_contains 'the plan' "remove  $OWN/32 on front   (no longer wanted" "$plan"
expect_contains 'the plan' 'restore net.ipv4.vs.conntrack  1 -> 0   (no longer wanted' "$plan"
expect_contains 'the plan' 'restore timeout tcp  600 s -> 900 s' "$plan"
case $plan in *" $VIP/"*) fail "the plan removes what the daemon did not add: $plan" ;; esac

# Another machine has it: it is not added, and the operator is told who it is.
conflict_is_told() {
    on director ipvsctl status | grep -q "HOST: $TAKEN/32 on front: not added: $(mac_of client) answers"
}
eventually 10 conflict_is_told
expect has_not "$TAKEN"
on client ip address del "$TAKEN/32" dev front
eventually 30 has "$TAKEN"

# What is lost comes back; a killed daemon leaves it, and the next knows it for its own.
on director ip address del "$OWN/32" dev front
eventually 10 has "$OWN"
director_kill
expect has "$OWN"
definitions_with "$OWN" "$VIP" | director_define
director_start
eventually 15 has_not "$TAKEN"
eventually 5 has_not "$OWN6"
expect has "$OWN"

# A service that goes takes its address along.
definitions_with "$VIP" | director_define
director_reload
eventually 10 has_not "$OWN"

definitions_with "$OWN" "$VIP" | director_define
director_reload
eventually 15 has "$OWN"
director_stop
expect_equal 'the machine after the stop' "$before" "$(addresses; limits; setting net.ipv4.vs.conntrack; setting net.ipv4.vs.expire_nodest_conn)"
