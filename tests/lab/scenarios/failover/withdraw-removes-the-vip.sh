# shellcheck shell=sh
# With `below: withdraw` and too few servers, the VIP leaves along with its service, so that another machine can take it over,
# and returns with the servers. It stays while another service needs it, and where ipvsd did not add it.

OWN=172.17.60.210
OWN6=fd00:172:17:60::210
SHARED=172.17.60.211
# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$LAB_TMP/director/definitions.yaml
director_define <<D
director: {resync: 1s}
checks:
  page: {http: {path: /test.html}, every: 500ms, timeout: 2s, fall: 1}
defaults:
  service:
    scheduler: rr
    forwarding: nat
    check: page
    vip: {interface: front}
    minimum_healthy: {servers: 2, below: withdraw}
services:
  - {name: own, listen: "tcp://$OWN:80", real_servers: ["$RIP1:80", "$RIP2:80"]}
  - {name: six, listen: "tcp://[$OWN6]:80", real_servers: ["[$RIP61]:80", "[$RIP62]:80"]}
  - {name: shared, listen: "tcp://$SHARED:80", real_servers: ["$RIP1:80", "$RIP2:80"]}
  - {name: needed, listen: "tcp://$SHARED:81", real_servers: ["$RIP1:80"], minimum_healthy: {servers: 1, below: keep_all}}
  - {name: theirs, listen: "tcp://$VIP:80", real_servers: ["$RIP1:80", "$RIP2:80"]}
D
has() {
    on director ip -o address show dev front scope global | grep -q " $1/"
}
has_not() {
    ! has "$1"
}
serves() {
    on director ipvsadm -S -n | grep -q -- "-A -t $1"
}
serves_not() {
    ! serves "$1"
}
director_start
for address in "$OWN" "$OWN6" "$SHARED"; do eventually 20 has "$address"; done
eventually 10 tally_is '1 real1,1 real2' 2 "$OWN"

web_stop real2
eventually 10 has_not "$OWN"
eventually 5 has_not "$OWN6"
for gone in "$OWN:80" "[$OWN6]:80" "$SHARED:80" "$VIP:80"; do eventually 5 serves_not "$gone"; done
expect has "$SHARED"
expect has "$VIP"
eventually 10 answered_by real1 "$SHARED:81"
eventually_log 5 "removed $OWN/32 on front (own: only 1 of 2 real servers are available, 2 are needed)"

# What is meant to be so is no fault, and the plan says that the address waits.
has_no_fault_of() {
    ! on director ipvsctl doctor --config "$DEFINITIONS" | grep "^vip-.*: $1\$"
}
expect has_no_fault_of "$OWN"
expect_contains 'the plan' "$OWN/32 on front   (the VIP of a service, while it has enough real servers)" "$(on director ipvsctl plan "$DEFINITIONS")"

# A killed director leaves it so, and the next does not add the address before it has asked.
director_kill
director_start
eventually 10 status_says 'only 1 of 2 real servers'
expect_not serves "$OWN:80"
throughout 1 has_not "$OWN"
expect has "$SHARED"
expect_equal 'how often it was added' 1 "$(director_log | grep -c "added $OWN/32")"

# Another machine takes over; it is not driven out when the servers return, and when it goes the address comes back.
mac=$(on director ip -o link show dev front | sed 's/.*link.ether \([^ ]*\) .*/\1/')
on client ip neighbour replace "$OWN6" lladdr 02:00:00:00:00:99 dev front nud stale
on client ip address add "$OWN/32" dev front
expect has_no_fault_of "$OWN"
web_start real2
eventually 10 has "$OWN6"
knows() {
    on client ip neighbour show "$OWN6" dev front | grep -q "lladdr $mac"
}
eventually 5 knows
eventually 10 status_matches "HOST: $OWN/32 on front: not added: .* answers"
expect has_not "$OWN"
on client ip address del "$OWN/32" dev front
eventually 30 has "$OWN"
eventually 10 tally_is '1 real1,1 real2' 2 "$OWN"
eventually 10 tally_is '1 real1,1 real2' 2 "[$OWN6]"
