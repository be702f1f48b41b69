# shellcheck shell=sh
# A fallback of several servers is health-checked itself: those that fail there are out as well.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
for host in real2 real3; do echo sorry | put "$host" "$(web_root "$host")/pages/sorry.html"; done
director_define <<D
director: {safety_limits: off, freeze: off}
defaults:
  service: {scheduler: wrr, forwarding: nat}
  check: {every: 500ms, timeout: 2s, fall: 1}
services:
  - name: web
    listen: tcp://$VIP:80
    check: {http: {path: /test.html, expect: {body: OK}}}
    real_servers: [{address: "$RIP1:80", weight: 2}]
    fallback: {real_servers: ["$RIP2:80", "$RIP3:80"], check: {http: {path: /sorry.html}, every: 500ms, timeout: 2s, fall: 1}}
D
web_table() { service wrr; while [ $# -gt 0 ]; do server "$1" "$2"; shift 2; done; }
director_start
web_table "$RIP1" 2 | eventually_table 20

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
