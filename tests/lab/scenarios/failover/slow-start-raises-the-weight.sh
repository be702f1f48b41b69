# shellcheck shell=sh
# With `slow_start`, a server that returns starts with a tenth of its weight and rises to all of it.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
director_define <<D
services:
  - name: slow
    listen: tcp://$VIP:80
    scheduler: wrr
    forwarding: nat
    check: {http: {path: /test.html}, every: 500ms, fall: 1}
    slow_start: 8s
    real_servers: [$RIP1:80, $RIP2:80]
D
director_start
eventually 30 weight_is "$VIP:80" "$RIP1" 100
eventually 30 weight_is "$VIP:80" "$RIP2" 100

web_stop real2
eventually 10 weight_is "$VIP:80" "$RIP2" ''
web_start real2
# It has come back with less than its weight, and gets less than its share.
returned() {
    share=$(weight "$VIP:80" "$RIP2")
    [ -n "$share" ] && [ "$share" -gt 0 ] && [ "$share" -lt 100 ]
}
eventually 10 returned
expect_contains 'the explanation' 'slow start' "$(on director ipvsctl explain slow "$RIP2")"
eventually 30 weight_is "$VIP:80" "$RIP2" 100
