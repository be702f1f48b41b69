# shellcheck shell=sh
# A server with several checks is up while all of them are, or any of them, as `combine` says. The status names the check that
# fails, and the history shows each probe with the times of its parts.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
combined() {
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
    real_servers: [{address: "$RIP1:80", weight: 10}, {address: "$RIP2:80", weight: 10}]
Y
}

combined all | director_define
director_start
{ service wrr; server "$RIP1" 10; server "$RIP2" 10; } | eventually_table 10
web_sick real2
{ service wrr; server "$RIP1" 10; } | eventually_table 10
eventually 5 status_says "$RIP2:80 check page: down for "
eventually 5 status_says "$RIP2:80 check alive: up for "
history=$(on director ipvsctl status --history web "$RIP2")
expect_contains 'the history' 'check page: down for ' "$history"
expect_contains 'the history' 'last failure ' "$history"
expect_contains 'the history' 'FIRST BYTE' "$history"
expect_contains 'the history' 'body does not match OK' "$history"

combined any | director_define
director_reload
{ service wrr; server "$RIP1" 10; server "$RIP2" 10; } | eventually_table 10
