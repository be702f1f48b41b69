# shellcheck shell=sh
# With `vip: {interface: …}`, ipvsd adds the address, announces it, keeps it and removes it. It never removes one that it did not
# add, and never adds one that another machine answers for.

OWN=172.17.60.210
OWN6=fd00:172:17:60::210
TAKEN=172.17.60.211
DEFINITIONS=$LAB_TMP/director/definitions.yaml
definitions_with() {
    cat <<Y
director:
  resync: 1s
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
before=$(addresses)

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
case $plan in *" $VIP/"*) fail "the plan adds what is there: $plan" ;; esac

director_start
eventually 15 has "$OWN"
eventually 10 has "$OWN6"
knows() {
    on client ip neighbour show "$1" dev front | grep -q "lladdr $mac"
}
eventually 5 knows "$OWN"
eventually 5 knows "$OWN6"
eventually 10 answered_by real1 "$OWN"
eventually 10 answered_by real1 "[$OWN6]"

# What the daemon has made and other definitions do not want is in their plan.
definitions_with "$VIP" | put director "$DEFINITIONS.less"
plan=$(on director ipvsctl plan "$DEFINITIONS.less")
expect_contains 'the plan' "remove  $OWN/32 on front   (no longer configured" "$plan"
case $plan in *" $VIP/"*) fail "the plan removes what the daemon did not add: $plan" ;; esac

# Another machine has it: it is not added, and the operator is told who it is.
conflict_is_told() {
    on director ipvsctl status --wide | grep -q "HOST: $TAKEN/32 on front: not added: $(mac_of client) answers"
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

# A service that goes takes its address along. Three of the four services that there were are gone then, which only --force allows.
definitions_with "$VIP" | director_define
on director ipvsctl reload --force
eventually 10 has_not "$OWN"

definitions_with "$OWN" "$VIP" | director_define
director_reload
eventually 15 has "$OWN"
director_stop
expect_equal 'the machine after the stop' "$before" "$(addresses)"
