# shellcheck shell=sh
# kill -9 in the middle of a slow start: the next director lets it go on from where it was. A server that the table has with its
# whole weight when ipvsd starts for the first time begins no slow start.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
ctl() { on director ipvsctl "$@"; }
# Longer than this takes on the slowest machine: what counts is how long it has to go after the kill.
director_define <<D
services:
  - name: web
    listen: tcp://$VIP:80
    scheduler: wrr
    forwarding: nat
    check: {http: {path: /test.html}, every: 500ms, timeout: 2s, fall: 1}
    slow_start: {window: 300s, from: 1%}
    real_servers: ["$RIP2:80", "$RIP3:80"]
D
rises() {
    share=$(weight "$VIP:80" "$RIP3")
    [ "${share:-0}" -gt "$1" ]
}
seconds() { on director date +%s; }
# to_go: the seconds that the slow start of real3 has to go.
to_go() {
    left=$(ctl explain web "$RIP3" | grep 'slow start' | grep -o '[0-9][0-9m]* *s left' | head -n 1 | sed 's/ *s left//; s/m0\{0,1\}/*60+/')
    echo $((${left:-99999}))
}

on director ipvsadm -A -t "$VIP:80" -s wrr
on director ipvsadm -a -t "$VIP:80" -r "$RIP2:80" -m -w 100
on director ipvsadm -a -t "$VIP:80" -r "$RIP3:80" -m -w 100
director_start
both_up() { [ "$(director_status | grep -c '  up  ')" -eq 2 ]; }
within 10 both_up || fail "not up: $(director_status)"
expect_equal 'a server that served before' 100 "$(weight "$VIP:80" "$RIP3")"
web_stop real3
eventually 10 weight_is "$VIP:80" "$RIP3" ''
web_start real3
eventually 10 rises 0
returned=$(seconds)
before=$(weight "$VIP:80" "$RIP3")

director_kill
director_start
[ "$(weight "$VIP:80" "$RIP3")" -ge "$before" ] || fail 'the slow start fell back'
# It ends when it would have ended without the kill; the margin is for rounding.
left=$((300 + returned - $(seconds) + 1))
told=$(to_go)
[ "$told" -le "$left" ] || fail "$told s to go, at most $left expected: $(ctl explain web "$RIP3")"
eventually 5 rises "$before"
