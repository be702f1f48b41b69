# shellcheck shell=sh
# With `damping`, a server that changes its health too often stays out of service until it has stopped flapping, though its checks
# are good.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
director_define <<D
services:
  - listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    check: {http: {path: /test.html, expect: {body: OK}}, timeout: 2s, every: 500ms, fall: 1, damping: {half_life: 20s, hold_above: 3, release_below: 2}}
    real_servers: ["$RIP1:80", "$RIP2:80"]
  - listen: tcp://$VIP:81
    scheduler: rr
    forwarding: nat
    check: {http: {path: /test.html, expect: {body: OK}}, timeout: 2s, every: 500ms, fall: 1}
    real_servers: ["$RIP1:80", "$RIP2:80"]
D
# has PORT: real1 serves the service at that port.
has() {
    table | grep -q -- "-t $VIP:$1 -r $RIP1:80 -m -w 1"
}
has_not() {
    ! has "$1"
}
director_start
eventually 20 has 80
eventually 20 has 81

# Down once and up again is no flapping. Twice more is.
web_sick real1
eventually 10 has_not 80
eventually 10 has_not 81
web_healthy real1
eventually 10 has 80
eventually 10 has 81
for _ in 1 2; do
    web_sick real1
    eventually 10 has_not 81
    eventually 10 has_not 80
    web_healthy real1
    eventually 10 has 81
done
eventually_log 5 'is flapping, kept down'
expect has_not 80
expect_contains 'the explanation' 'kept down' "$(on director ipvsctl explain "$VIP:80" "$RIP1")"
expect_equal 'who answers while it is held out' '6 real2' "$(tally 6)"
eventually 60 has 80
eventually_log 5 'stopped flapping'
expect_equal 'who answers at the end' '3 real1,3 real2' "$(tally 6 | paste -sd,)"
