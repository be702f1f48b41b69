# shellcheck shell=sh
# kill -9 in the middle of a drain, of a slow start and with a broken service: the next director ends the drain at its
# first deadline, lets the slow start go on from where it was, and keeps the broken service as it was when it was good,
# also when it is broken while nobody directs.

DEFINITIONS=$LAB_TMP/director/definitions.yaml
ctl() { on director ipvsctl "$@"; }
# Longer than this takes on the slowest machine: what counts is how long they have to go after the kill.
span=600
# define SERVERS [DRAIN]: the servers of the service that breaks, and how long the other one drains.
define() {
    director_define <<D
director: {on_error: isolate, safety_limits: off}
defaults:
  service: {scheduler: wrr, forwarding: nat}
  check: {http: {path: /test.html}, every: 500ms, timeout: 2s, fall: 1}
services:
  - {name: leaving, listen: "tcp://$VIP:80", drain: ${2:-$span}s, real_servers: ["$RIP1:80", "$RIP2:80"]}
  - {name: returning, listen: "tcp://$VIP:81", slow_start: {window: $((span / 2))s, from: 1%}, real_servers: ["$RIP2:80", "$RIP3:80"]}
  - {name: kept, listen: "tcp://$VIP:82", real_servers: [$1]}
D
}
weight() {
    on director ipvsadm -L -n | awk -v v="$1" -v s="$2:80" '$1 == "TCP" { in_it = $2 == v } in_it && $2 == s { print $4 }'
}
weight_is() { [ "$(weight "$1" "$2")" = "$3" ]; }
rises() { [ "$(weight "$VIP:81" "$RIP3")" -gt "$1" ]; }
says() { on director ipvsctl status | grep -q "$1"; }
seconds() { on director date +%s; }
# to_go SERVICE SERVER WHAT: the seconds that its drain or slow start has to go.
to_go() {
    left=$(ctl explain "$1" "$2" | grep "$3" | grep -o '[0-9m]* *s to go' | head -n 1 | sed 's/ *s to go//; s/m0\{0,1\}/*60+/')
    echo $((${left:-99999}))
}
# goes_on SERVICE SERVER WHAT SPAN SINCE: it ends when it would have ended without the kill; the margin is for rounding.
goes_on() {
    left=$(($4 + $5 - $(seconds) + 1))
    told=$(to_go "$1" "$2" "$3")
    [ "$told" -le "$left" ] || fail "$1: $told s to go, at most $left expected: $(ctl explain "$1" "$2")"
}

# Servers that the kernel has with all their weight return from nowhere.
on director ipvsadm -A -t "$VIP:81" -s wrr
on director ipvsadm -a -t "$VIP:81" -r "$RIP2:80" -m -w 100
on director ipvsadm -a -t "$VIP:81" -r "$RIP3:80" -m -w 100
define "\"$RIP3:80\""
director_start
eventually 10 weight_is "$VIP:80" "$RIP1" 1
eventually 10 weight_is "$VIP:82" "$RIP3" 1
weight_is "$VIP:81" "$RIP3" 100 || fail "the slow start began for a server that served already"
download_start first
download_start second
expect_equal 'downloads through the first server' 1 "$(open_connections "$RIP1")"

define '192.168.6.400'
ctl reload >/dev/null 2>&1 || :
eventually 5 says 'BROKEN: service kept at .*, kept'
web_stop real3
eventually 10 weight_is "$VIP:81" "$RIP3" ''
web_start real3
eventually 10 rises 0
returned=$(seconds)
ctl drain leaving "$RIP1" -m 'kernel upgrade' >/dev/null
leaves=$(seconds)
eventually 5 weight_is "$VIP:80" "$RIP1" 0
before=$(weight "$VIP:81" "$RIP3")

director_kill
sleep 3
director_start
expect_equal 'the drained server' 0 "$(weight "$VIP:80" "$RIP1")"
goes_on leaving "$RIP1" drain "$span" "$leaves"
[ "$(weight "$VIP:81" "$RIP3")" -ge "$before" ] || fail 'the slow start fell back'
goes_on returning "$RIP3" 'slow start' $((span / 2)) "$returned"
eventually 5 rises "$before"
expect_contains 'the status' 'BROKEN: service kept at' "$(ctl status)"
expect_equal 'the broken service' 1 "$(weight "$VIP:82" "$RIP3")"
expect_equal 'who answers there' real3 "$(on client curl -sS -f -m 5 "http://$VIP:82/whoami")"
expect_contains 'the log' '1 drain under way' "$(director_log)"
expect_contains 'the log' 'service kept is broken and kept as it was when it was last good' "$(director_log)"

# Mended it counts; it breaks again while nobody directs, and the plan knows what becomes of it.
define "\"$RIP2:80\""
ctl reload >/dev/null
eventually 5 weight_is "$VIP:82" "$RIP2" 1
director_kill
define '192.168.6.400'
case $(ctl plan "$DEFINITIONS" 2>/dev/null) in *"$VIP:82"*) fail 'the plan takes the broken service away' ;; esac
director_start
expect_equal 'the broken service' 1 "$(weight "$VIP:82" "$RIP2")"

# The drain has lasted three seconds for longer than this director has been there.
define "\"$RIP2:80\"" 3
ctl reload >/dev/null
eventually 5 weight_is "$VIP:80" "$RIP1" ''
expect_contains 'the log' 's, 1 connection left' "$(director_log)"
