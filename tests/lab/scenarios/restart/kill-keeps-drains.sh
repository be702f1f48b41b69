# shellcheck shell=sh
# kill -9 in the middle of a drain: the next director ends the drain at its first deadline.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
ctl() { on director ipvsctl "$@"; }
# define SECONDS: how long a server drains.
define() {
    director_define <<D
director: {safety_limits: off}
services:
  - name: web
    listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    check: {http: {path: /test.html}, every: 500ms, timeout: 2s, fall: 1}
    drain: ${1}s
    real_servers: ["$RIP1:80", "$RIP2:80"]
D
}
seconds() { on director date +%s; }
# to_go: the seconds that the drain of real1 has to go.
to_go() {
    left=$(ctl explain web "$RIP1" | grep drain | grep -o '[0-9][0-9m]* *s left' | head -n 1 | sed 's/ *s left//; s/m0\{0,1\}/*60+/')
    echo $((${left:-99999}))
}

# Longer than this takes on the slowest machine: what counts is how long it has to go after the kill.
define 600
director_start
founding_table | eventually_table 10
download_start first
download_start second
expect_equal 'downloads through the first server' 1 "$(open_connections "$RIP1")"
ctl drain web "$RIP1" -m 'kernel upgrade' >/dev/null
leaves=$(seconds)
eventually 5 weight_is "$VIP:80" "$RIP1" 0

director_kill
three_seconds_later() { [ "$(seconds)" -gt $((leaves + 3)) ]; }
eventually 5 three_seconds_later
director_start
expect_equal 'the drained server' 0 "$(weight "$VIP:80" "$RIP1")"
# It ends when it would have ended without the kill; the margin is for rounding.
left=$((600 + leaves - $(seconds) + 1))
told=$(to_go)
[ "$told" -le "$left" ] || fail "$told s to go, at most $left expected: $(ctl explain web "$RIP1")"
eventually_log 5 '1 drain under way'

# The drain has lasted three seconds for longer than this director has been there.
define 3
ctl reload >/dev/null
eventually 5 weight_is "$VIP:80" "$RIP1" ''
eventually_log 5 's reached, 1 connection left'
