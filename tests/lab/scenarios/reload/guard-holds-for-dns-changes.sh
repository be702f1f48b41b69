# shellcheck shell=sh
# A change of DNS that takes out more servers of a name than the safety limits allow changes nothing until DNS gives an answer
# within the limits, or `reload --force`. Answers that shrink step by step are measured together.
# machines: no, the name server is not installed on the machines, and no kernel has a part in it

. "$LAB_DIRECTORY/dns.sh"
three() { printf '%s\n' "$(service)" "$(server "$RIP1")" "$(server "$RIP2")" "$(server "$RIP3")"; }

records "pool 5 A $RIP1" "pool 5 A $RIP2" "pool 5 A $RIP3"
serve real3 named "$RIP3"
eventually 20 named_knows pool.example.org "$RIP3"
director_define <<D
director: {safety_limits: {servers: 50%}}
services:
  - name: web
    listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    check: {http: {path: /test.html}, every: 1s, timeout: 2s, fall: 1}
    real_servers: [pool.example.org]
D
director_start
three | eventually_table 10
requests_begin web

answers() {
    records "$@"
    server_dies real3 named
    serve real3 named "$RIP3"
}
answers "pool 5 A $RIP1"
eventually 40 status_says 'this change leaves 1 of the 3 serving real servers of web'
eventually_log 5 'services whose change exceeds director.safety_limits keep their servers'
expect_contains 'the plan' 'this plan uses the addresses in force' "$(on director ipvsctl plan "$DEFINITIONS" 2>&1)"
on director ipvsctl reload
three | throughout_table 2
answers "pool 5 A $RIP1" "pool 5 A $RIP2"
printf '%s\n' "$(service)" "$(server "$RIP1")" "$(server "$RIP2")" | eventually_table 40
requests_end web
answers "pool 5 A $RIP1"
eventually 40 status_says 'leaves 1 of the 3 real servers of web that were configured within the last hour'
on director ipvsctl reload --force
printf '%s\n' "$(service)" "$(server "$RIP1")" | eventually_table 10
