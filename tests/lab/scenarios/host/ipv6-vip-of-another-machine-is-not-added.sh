# shellcheck shell=sh
# ipvsd does not add an IPv6 VIP that another machine answers for, and `status` names that machine. It adds the VIP when the other
# machine has given it up.

TAKEN6=fd00:172:17:60::211
FREE6=fd00:172:17:60::212
# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
director_define <<Y
director: {resync: 1s}
defaults:
  service: {scheduler: rr, forwarding: nat, on_stop: remove, check: {tcp: {}, every: 1s}}
services:
  - {listen: "tcp://[$TAKEN6]:80", vip: {interface: front}, real_servers: ["[$RIP61]:80"]}
  - {listen: "tcp://[$FREE6]:80", vip: {interface: front}, real_servers: ["[$RIP61]:80"]}
Y
has() {
    on director ip -o address show dev front scope global | grep -q " $1/"
}
has_not() {
    ! has "$1"
}
mac=$(on client ip -o link show dev front | sed 's/.*link.ether \([^ ]*\) .*/\1/')

on client ip address add "$TAKEN6/128" dev front nodad
director_start
eventually 20 has "$FREE6"
eventually 20 status_says "HOST: $TAKEN6/128 on front: not added: $mac answers for $TAKEN6 on front"
expect has_not "$TAKEN6"
on client ip address del "$TAKEN6/128" dev front
eventually 40 has "$TAKEN6"
eventually 10 answered_by real1 "[$TAKEN6]"
# The address is there before ipvsd has announced it, and only then does the status change.
eventually 10 status_lacks "HOST: $TAKEN6"
director_stop
expect has_not "$TAKEN6"
expect has_not "$FREE6"
