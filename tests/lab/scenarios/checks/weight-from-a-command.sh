# shellcheck shell=sh
# A command under `weight_from` sets the weight of a server. When it prints nothing of use, what it said last stays in force.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
# shellcheck disable=SC2016 # the program's own
printf '#!/bin/sh\necho "$1 asked"\ncat "%s/weight-of-$1" 2>/dev/null || echo 100%%\n' "$LAB_TMP/director" |
    put director "$LAB_TMP/director/weigh"
on director chmod 755 "$LAB_TMP/director/weigh"
director_define <<D
services:
  - name: web
    listen: tcp://$VIP:80
    scheduler: wrr
    forwarding: nat
    check: {http: {path: /test.html, expect: {body: OK}}, every: 500ms, timeout: 2s, fall: 1}
    weight_from: {command: [$LAB_TMP/director/weigh, "{rip}"], every: 500ms, timeout: 5s}
    real_servers: [{address: "$RIP1:80", weight: 4}]
D
director_start
{ service wrr; server "$RIP1" 4; } | eventually_table 20
echo '50%' | put director "$LAB_TMP/director/weight-of-$RIP1"
{ service wrr; server "$RIP1" 2; } | eventually_table 10
echo 'nothing of use' | put director "$LAB_TMP/director/weight-of-$RIP1"
{ service wrr; server "$RIP1" 2; } | throughout_table 2
expect_contains 'the explanation' '50%' "$(on director ipvsctl explain web "$RIP1")"
