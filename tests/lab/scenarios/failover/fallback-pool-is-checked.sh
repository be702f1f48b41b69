# shellcheck shell=sh
# A fallback of several servers is asked itself: who fails there is out as well. A program tells the weight of real servers.
# Datagrams have no connections to wait for: their servers leave at once, whatever drain is defined.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
# shellcheck disable=SC2016 # the program's own
printf '#!/bin/sh\necho "$1 asked"\ncat "%s/weight-of-$1" 2>/dev/null || echo 100%%\n' "$LAB_TMP/director" |
    put director "$LAB_TMP/director/weigh"
on director chmod 755 "$LAB_TMP/director/weigh"
# define DATAGRAM-SERVERS
define() {
    director_define <<D
director: {safety_limits: off, freeze: off}
defaults:
  service: {scheduler: wrr, forwarding: nat}
  check: {every: 500ms, timeout: 2s, fall: 1}
services:
  - name: web
    listen: tcp://$VIP:80
    check: {http: {path: /test.html, expect: {body: OK}}}
    weight_from: {command: [$LAB_TMP/director/weigh, "{rip}"], every: 500ms, timeout: 5s}
    real_servers: [{address: "$RIP1:80", weight: 4}]
    fallback: {real_servers: ["$RIP2:80", "$RIP3:80"], check: {http: {path: /sorry.html}, every: 500ms, timeout: 2s, fall: 1}}
  - {name: datagrams, listen: "udp://$VIP:53", drain: 10m, check: none, real_servers: [$1]}
D
}
for host in real2 real3; do echo sorry | put "$host" "$(web_root "$host")/pages/sorry.html"; done
datagrams() {
    echo "-A -u $VIP:53 -s wrr"
    for rip in "$@"; do echo "-a -u $VIP:53 -r $rip:53 -m -w 1"; done
}
define "\"$RIP1:53\", \"$RIP2:53\""
director_start
web_table() { service wrr; while [ $# -gt 0 ]; do server "$1" "$2"; shift 2; done; datagrams "$RIP1" "$RIP2"; }
web_table "$RIP1" 4 | eventually_table 20

# The program says another weight, and then nothing of use: what it said last stays.
echo '50%' | put director "$LAB_TMP/director/weight-of-$RIP1"
web_table "$RIP1" 2 | eventually_table 10
echo 'nothing of use' | put director "$LAB_TMP/director/weight-of-$RIP1"
web_table "$RIP1" 2 | throughout_table 2
expect_contains 'the explanation' '50%' "$(on director ipvsctl explain web "$RIP1")"

# Both stand in, then only the one that answers, then both.
web_sick real1
web_table "$RIP2" 1 "$RIP3" 1 | eventually_table 10
expect_equal 'who stands in' '3 real2,3 real3' "$(tally 6 | paste -sd,)"
on real2 rm "$(web_root real2)/pages/sorry.html"
web_table "$RIP3" 1 | eventually_table 10
expect_equal 'who stands in alone' '6 real3' "$(tally 6)"
echo sorry | put real2 "$(web_root real2)/pages/sorry.html"
web_table "$RIP2" 1 "$RIP3" 1 | eventually_table 10
web_healthy real1
web_table "$RIP1" 2 | eventually_table 10
expect_equal 'who answers' '6 real1' "$(tally 6)"

# A client of datagrams that is remembered by the kernel keeps nobody.
on client perl -MIO::Socket::INET -e "IO::Socket::INET->new(Proto => 'udp', PeerAddr => '$VIP', PeerPort => 53)->send('x') for 1 .. 4"
define "\"$RIP2:53\""
on director ipvsctl reload >/dev/null
{ service wrr; server "$RIP1" 2; datagrams "$RIP2"; } | eventually_table 5
