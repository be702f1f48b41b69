# shellcheck shell=sh
# A VIP on an interface that is down is not added, since no machine there can say whether it has the address. ipvsd adds it when
# the interface is up. A VIP on an interface that does not exist holds up no other.

. "$LAB_DIRECTORY/hardened.sh"
LATE=203.0.113.10
on director ip link add spare type veth peer name far
harden_director
definitions_with "$OWN@front" "$LATE@spare" "$VIP@nowhere" | director_define
director_start
eventually 15 has "$OWN"
eventually 10 status_tells "$LATE/24 on spare: not added yet: spare is down"
expect has_not "$LATE"
on director ip link set far up
on director ip link set spare up
eventually 10 has "$LATE"
eventually 5 tells_no_more "$LATE/24"
on director ip link set spare down
on director ip link set far down
director_stop
expect_equal 'the machine after the stop' "$before" "$(condition)"
