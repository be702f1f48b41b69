# shellcheck shell=sh
# `ipvsctl events --follow` prints a failure, the change of the table and the return as they come, goes on after the daemon was
# killed, and gives each event once.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
director_define <<D
director: {freeze: off}
services:
  - name: web
    listen: tcp://$VIP:80
    forwarding: nat
    on_failure: quiesce
    check: {http: {path: /test.html, expect: {body: OK}}, every: 500ms, timeout: 2s, fall: 1}
    real_servers: ["$RIP1:80", "$RIP2:80"]
D
director_start
spawn director follower ipvsctl events --follow --json
# events KIND WORDS: how many lines of this kind have these words.
events() { log_of director follower | grep "\"kind\":\"$1\"" | grep -c -- "$2" || :; }
came() { [ "$(events "$1" "$2")" = "$3" ]; }
eventually 20 came server_health "\"server\":\"$RIP1:80\".*\"to\":\"up\"" 1

web_sick real1
eventually 10 came server_health "\"server\":\"$RIP1:80\",\"from\":\"up\",\"to\":\"down\"" 1
eventually 10 came service_state '"service":"web","from":"up","to":"degraded"' 1
eventually 10 came table_change "$RIP1:80.*weight 1 -> 0" 1
director_kill
director_start
web_healthy real1
eventually 20 came server_health "\"server\":\"$RIP1:80\",\"from\":\"down\",\"to\":\"up\"" 1
eventually 10 came table_change "$RIP1:80.*weight 0 -> 1" 1
expect_contains 'the follower' 'ipvsd has started again' "$(log_of director follower)"
numbers=$(log_of director follower | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
[ "$(echo "$numbers" | wc -l)" -ge 10 ] || fail "only these events: $numbers"
expect_equal 'events that came twice' '' "$(echo "$numbers" | sort | uniq -d)"
expect_equal 'the order of their numbers' "$numbers" "$(echo "$numbers" | sort -n)"
