# shellcheck shell=sh
# All servers of a service with a fallback fail at once: they answer with errors, refuse connections, or are silent while the
# network of the director works. The fallback serves after `fall` intervals, and a service with `below: withdraw` leaves as soon.
# Only a director that reaches neither its servers nor the fallback nor a gateway keeps the table.

OWN=172.17.60.210
# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
director_define <<D
defaults:
  service: {scheduler: rr, forwarding: nat, check: {http: {path: /test.html}, every: 500ms, timeout: 500ms, fall: 3}}
services:
  - {name: web, listen: "tcp://$VIP:80", real_servers: ["$RIP1:80", "$RIP2:80", "$RIP3:80"], fallback: "$FALLBACK:80"}
  - name: own
    listen: tcp://$OWN:80
    vip: {interface: front}
    minimum_healthy: {servers: 1, below: withdraw}
    real_servers: ["$RIP1:80", "$RIP2:80", "$RIP3:80"]
D
served_by_all() { tally_is '1 real1,1 real2,1 real3' 3 "$1"; }
has_own() { on director ip -o address show dev front | grep -q " $OWN/"; }
has_no_own() { ! has_own; }
fallback_answers() { [ "$(on client curl -sS -f -m 0.5 "http://$VIP/whoami" 2>/dev/null)" = fallback ]; }
# failed_requests WORDS: counts the requests that get no page until the fallback serves. That takes no longer than the failure of one
# server alone takes, but for what a busy machine adds.
failed_requests() {
    failed=0
    now
    limit=$((NOW + 2 * alone + 300))
    until fallback_answers; do
        on client curl -sS -f -m 0.5 -o /dev/null "http://$VIP/test.html" 2>/dev/null || failed=$((failed + 1))
        now
        [ "$NOW" -lt "$limit" ] || fail "$1: no fallback after $failed failed requests; the daemon said: $(director_log | tail -n 20)"
    done
    echo "$1: $failed failed requests"
    eventually 5 has_no_own
    expect_not log_contains ALARM
}
is_well() {
    eventually 20 served_by_all "$VIP"
    eventually 20 served_by_all "$OWN"
}
director_start
is_well

# One server alone.
now
began=$NOW
page() { on "$1" mv "$(web_root "$1")/pages/$2" "$(web_root "$1")/pages/$3"; }
page real1 test.html away
is_out() { case $(weight "$VIP:80" "$RIP1") in '' | 0) ;; *) return 1 ;; esac; }
eventually 20 is_out
now
alone=$((NOW - began))
echo "one server was out after $alone hundredths of a second"
page real1 away test.html
is_well

# A bad release: all answer, and none has the page.
for host in real1 real2 real3; do page $host test.html away; done
failed_requests 'status 404'
for host in real1 real2 real3; do page $host away test.html; done
is_well

# Packets to the servers are lost on the way; the fallback is reached.
link_loses_everything
failed_requests 'silence'
link_is_well
is_well

# The fallback is not reached either, so the director doubts its own network and keeps the table.
on director ip neighbour replace "$FALLBACK" lladdr 02:00:00:00:00:99 dev back nud permanent
link_loses_everything
eventually 10 status_says 'FROZEN: all 3 servers fell silent at once'
eventually_log 5 'no gateway and no fallback server answers either'
eventually 5 weight_is "$VIP:80" "$RIP1" 1
throughout 2 weight_is "$VIP:80" "$RIP1" 1

# It has a gateway, and that answers: the servers are down, and nothing is frozen any more.
on director ip route add default via "$CIP" dev front
eventually 15 weight_is "$VIP:80" "$FALLBACK" 1
eventually 5 status_lacks FROZEN
on director ip route del default
on director ip neighbour del "$FALLBACK" dev back
expect fallback_answers
link_is_well
is_well
