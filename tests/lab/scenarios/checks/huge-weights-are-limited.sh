# shellcheck shell=sh
# An agent that says an absurd weight gets 256 times the configured one, and the log says so once. New connections are made without
# delay while its server is full.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
agent_start real1 '1'
director_define <<Y
services:
  - listen: tcp://$VIP:80
    name: web
    scheduler: wrr
    forwarding: nat
    check: {tcp: {}, every: 1s, fall: 3}
    agent: {port: 9707, every: 300ms}
    real_servers: [{address: "$RIP1:80", weight: 10, upper_threshold: 2}, "$RIP2:80"]
Y
web_table() {
    service wrr
    echo "-a -t $VIP:80 -r $RIP1:80 -m -w $1"
    server "$RIP2"
}
director_start
web_table 1 | eventually_table 10
agent_says real1 2147483647
web_table 2560 | eventually_table 10
eventually_log 5 'agent says weight 2147483647, limited to 2560'
expect_contains 'the chain' 'limited from 2147483647' "$(on director ipvsctl explain web "$RIP1")"
now
began=$NOW
expect_equal 'requests that were answered' 30 "$(answers 30 | grep -c real)"
now
[ $((NOW - began)) -le $((500 * ${LAB_PATIENCE:-3})) ] || fail "30 requests took $((NOW - began)) hundredths of a second"
expect_equal 'warnings' 1 "$(director_log | grep -c 'limited to 2560')"
