# shellcheck shell=sh
# When ipvsd removes a VIP, another address of the VIP's network that somebody else added stays, and so do the routes by that
# network.

. "$LAB_DIRECTORY/hardened.sh"
THEIRS=198.51.100.20
harden_director
definitions_with "$OWN@front" | director_define
director_start
eventually 15 has "$OWN"
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
