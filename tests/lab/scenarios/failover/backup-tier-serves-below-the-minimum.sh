# shellcheck shell=sh
# A server of the second tier gets connections only while the first tier has too few servers. With too few in both,
# `below: keep_all` keeps all of them in service whatever their checks say.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
director_define <<D
services:
  - name: tiers
    listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    check: {http: {path: /test.html}, every: 500ms, fall: 1}
    minimum_healthy: {servers: 1, below: keep_all}
    real_servers: [$RIP2:80, {address: "$RIP3:80", tier: 2}]
D
director_start
eventually 20 weight_is "$VIP:80" "$RIP2" 1
eventually 20 weight_is "$VIP:80" "$RIP3" 0
expect_equal 'who serves the first tier' '3 real2' "$(tally 3)"

web_stop real2
eventually 10 weight_is "$VIP:80" "$RIP3" 1
expect_equal 'who serves then' '3 real3' "$(tally 3)"
web_stop real3
# None is left: their health does not count.
eventually 10 weight_is "$VIP:80" "$RIP2" 1
eventually 10 weight_is "$VIP:80" "$RIP3" 1

web_start real2
web_start real3
eventually 10 weight_is "$VIP:80" "$RIP3" 0
eventually 10 tally_is '3 real2' 3
