# shellcheck shell=sh
# With `vip: {on_stop: keep}`, the address stays when ipvsd stops; without that key it does as its service does. The next ipvsd
# knows it for its own.

STAYS=172.17.60.212
STAYS6=fd00:172:17:60::212
SERVES=172.17.60.213
GOES=172.17.60.214
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
Y
}
has() {
    on director ip -o address show dev front scope global | grep -q " $1/"
}
has_not() {
    ! has "$1"
}
all_but none | director_define
director_start
for address in "$STAYS" "$STAYS6" "$SERVES" "$GOES"; do eventually 20 has "$address"; done
eventually 10 answered_by real1 "[$STAYS6]"
eventually 10 answered_by real1 "$SERVES"

director_stop
for address in "$STAYS" "$STAYS6" "$SERVES"; do expect has "$address"; done
expect has_not "$GOES"
expect_equal 'the table after the stop' "$(printf '%s\n' "-A -t $SERVES:80 -s rr" "-a -t $SERVES:80 -r $RIP1:80 -m -w 1")" "$(table)"
expect_equal 'who answers without a director' real1 "$(ask "$SERVES")"

# What was kept is still ours: with its service it goes.
all_but "tcp://$STAYS:80" | director_define
director_start
eventually 20 has_not "$STAYS"
eventually 20 has "$GOES"
for address in "$STAYS6" "$SERVES"; do expect has "$address"; done
