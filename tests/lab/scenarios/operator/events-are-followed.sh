# shellcheck shell=sh
# `ipvsctl events --follow` prints a failure, the change of the table and the return as they come, goes on after the daemon was
# killed, and gives each event once. A stream of server-sent events has the same ones, and goes on after the last event of its client.

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

# The stream. curl ends with it, and comes again with the last number that it has.
socket=$(on director sh -c 'ls /run/ipvsd/ipvsd*.sock')
stream() { on director curl -sN -m 2 --unix-socket "$socket" -H "Accept: text/event-stream" http://ipvsd/v1/events || :; }
all=$(stream)
expect_contains 'the beginning of the stream' 'retry: 1000' "$all"
last=$(echo "$all" | sed -n 's/^id: //p' | tail -n 1)
expect_equal 'the last event of the stream' "$(on director ipvsctl events --json | tail -n 1)" "$(echo "$all" | sed -n 's/^data: //p' | tail -n 1)"
spawn director stream curl -sN -m 60 --unix-socket "$socket" -H 'Accept: text/event-stream' -H "Last-Event-ID: $last" http://ipvsd/v1/events
web_sick real2
in_stream() { log_of director stream | grep -A 1 '^event: server_health$' | grep -q "\"server\":\"$RIP2:80\".*\"to\":\"down\""; }
eventually 10 in_stream
expect_not grep -q "^id: $last\$" <<S
$(log_of director stream)
S
web_healthy real2
# It ends by itself, and its client may come again.
eventually 40 ended director stream

# A part of them.
expect_equal 'the kinds that were wanted' service_state \
    "$(on director ipvsctl events --kind service_state --since 1h --json | sed 's/.*"kind":"\([a-z_]*\)".*/\1/' | sort -u)"
expect_equal 'events since now' '' "$(on director ipvsctl events --since 1ms --json)"
