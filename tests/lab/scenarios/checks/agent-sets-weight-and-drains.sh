# shellcheck shell=sh
# A server's agent and a weight file set its share, drain it and take it out. What the agent said last stays in force while it
# is unreachable.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
on director mkdir -p "$LAB_TMP/director/weights"
agent_start real1 'up 100%'
director_define <<Y
services:
  - listen: tcp://$VIP:80
    name: web
    scheduler: wrr
    forwarding: nat
    check: {http: {path: /test.html, expect: {body: OK}}, every: 300ms, fall: 1}
    agent: {port: 9707, every: 300ms}
    weight_from: {file: "$LAB_TMP/director/weights/{rip}", every: 300ms}
    real_servers: [{address: "$RIP1:80", weight: 10}, {address: "$RIP2:80", weight: 10}]
Y
web_table() {
    service wrr
    [ -z "$1" ] || server "$RIP1" "$1"
    server "$RIP2" 10
}

director_start
web_table 10 | eventually_table 10
agent_says real1 'up 50%'
web_table 5 | eventually_table 10
expect_equal 'who answers at half of the share' '10 real1
20 real2' "$(tally 30)"
echo 40 | put director "$LAB_TMP/director/weights/$RIP1"
web_table 20 | eventually_table 10
expect_contains 'the chain' 'agent         20   for ' "$(on director ipvsctl explain web "$RIP1")"
agent_says real1 'drain'
web_table 0 | eventually_table 10
agent_says real1 'ready down # disk full'
web_table '' | eventually_table 10
eventually_log 5 'agent says "ready down # disk full"'
signal real1 agent KILL
web_table '' | throughout_table 1
agent_start real1 'up 25%'
web_table 10 | eventually_table 10
