# shellcheck shell=sh
# A server is up while all of its checks are, or any, as defined. Its agent and a file set its share, drain it and take it
# out; what they said last stays while they are silent. The history shows every answer with the times of its parts.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
on director mkdir -p "$LAB_TMP/director/weights"
agent_start real1 'up 100%'
judged() {
    cat <<Y
services:
  - listen: tcp://$VIP:80
    name: web
    scheduler: wrr
    forwarding: nat
    checks:
      - {name: page, http: {path: /test.html, expect: {body: OK}}, every: 300ms, fall: 1}
      - {name: alive, ping: {}, every: 300ms, fall: 1}
    combine: $1
    agent: {port: 9707, every: 300ms}
    weight_from: {file: "$LAB_TMP/director/weights/{rip}", every: 300ms}
    real_servers: [{address: "$RIP1:80", weight: 10}, {address: "$RIP2:80", weight: 10}]
Y
}
web_table() {
    service wrr
    [ -z "$1" ] || server "$RIP1" "$1"
    [ -z "$2" ] || server "$RIP2" "$2"
}

judged all | director_define
director_start
web_table 10 10 | eventually_table 10
agent_says real1 'up 50%'
web_table 5 10 | eventually_table 10
expect_equal 'who answers at half of the share' '10 real1
20 real2' "$(tally 30)"
echo 40 | put director "$LAB_TMP/director/weights/$RIP1"
web_table 20 10 | eventually_table 10
expect_contains 'the chain' 'agent         20   for ' "$(on director ipvsctl explain web "$RIP1")"
agent_says real1 'drain'
web_table 0 10 | eventually_table 10
agent_says real1 'ready down # disk full'
web_table '' 10 | eventually_table 10
expect_contains 'the log' 'agent says "ready down # disk full"' "$(director_log)"
signal real1 agent KILL
web_table '' 10 | throughout_table 1
agent_start real1 'up 25%'
web_table 10 10 | eventually_table 10

web_sick real2
web_table 10 '' | eventually_table 10
status_says "$RIP2:80 check page: down for " || fail "the status does not name the check: $(director_status)"
status_says "$RIP2:80 check alive: up for " || fail "the status does not name the check: $(director_status)"
history=$(on director ipvsctl status --history web "$RIP2")
expect_contains 'the history' 'check page: down for ' "$history"
expect_contains 'the history' 'last failure ' "$history"
expect_contains 'the history' 'FIRST BYTE' "$history"
expect_contains 'the history' 'body lacks OK' "$history"
judged any | director_define
director_reload
web_table 10 10 | eventually_table 10
