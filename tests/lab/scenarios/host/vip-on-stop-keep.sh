# shellcheck shell=sh
# `vip: {on_stop: keep}`: the address stays when the director stops, and without that key does as its service does; the next
# director knows it for its own. An IPv6 address that another machine answers for is not added, and is when that one leaves.

STAYS=172.17.60.212
STAYS6=fd00:172:17:60::212
SERVES=172.17.60.213
GOES=172.17.60.214
TAKEN6=fd00:172:17:60::211
# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$LAB_TMP/director/definitions.yaml
# all_but ADDRESS: the definitions without the service at that address.
all_but() {
    cat <<Y | grep -vF "$1"
director: {resync: 1s}
defaults:
  service: {scheduler: rr, forwarding: nat, on_stop: remove, check: {tcp: {}, every: 1s}}
services:
  - {listen: "tcp://$STAYS:80", vip: {interface: front, on_stop: keep}, real_servers: ["$RIP1:80"]}
  - {listen: "tcp://[$STAYS6]:80", vip: {interface: front, on_stop: keep}, real_servers: ["[$RIP61]:80"]}
  - {listen: "tcp://$SERVES:80", on_stop: keep, vip: {interface: front}, real_servers: ["$RIP1:80"]}
  - {listen: "tcp://$GOES:80", vip: {interface: front}, real_servers: ["$RIP1:80"]}
  - {listen: "tcp://[$TAKEN6]:80", vip: {interface: front}, real_servers: ["[$RIP61]:80"]}
Y
}
has() {
    on director ip -o address show dev front scope global | grep -q " $1/"
}
has_not() {
    ! has "$1"
}
status_says_of_machine() {
    on director ipvsctl status | grep -qF "HOST: $1"
}
mac=$(on client ip -o link show dev front | sed 's/.*link.ether \([^ ]*\) .*/\1/')

# The client answers for the address of the last service.
on client ip address add "$TAKEN6/128" dev front nodad
all_but none | director_define
director_start
for address in "$STAYS" "$STAYS6" "$SERVES" "$GOES"; do eventually 20 has "$address"; done
eventually 20 status_says_of_machine "$TAKEN6/128 on front: not added: $mac answers for $TAKEN6 on front"
expect has_not "$TAKEN6"
expect_equal 'who answers at an address that is kept' real1 "$(ask "[$STAYS6]")"
on client ip address del "$TAKEN6/128" dev front
eventually 40 has "$TAKEN6"
expect_equal 'who answers when the other has left' real1 "$(ask "[$TAKEN6]")"
expect_not status_says_of_machine "$TAKEN6"

director_stop
for address in "$STAYS" "$STAYS6" "$SERVES"; do expect has "$address"; done
for address in "$GOES" "$TAKEN6"; do expect has_not "$address"; done
expect_equal 'the table after the stop' "$(printf '%s\n' "-A -t $SERVES:80 -s rr" "-a -t $SERVES:80 -r $RIP1:80 -m -w 1")" "$(table)"
expect_equal 'who answers without a director' real1 "$(ask "$SERVES")"

# What was kept is still ours: with its service it goes.
all_but "tcp://$STAYS:80" | director_define
director_start
eventually 20 has_not "$STAYS"
eventually 20 has "$GOES"
for address in "$STAYS6" "$SERVES"; do expect has "$address"; done
