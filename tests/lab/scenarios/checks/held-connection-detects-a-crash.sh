# shellcheck shell=sh
# A connection that is held to a server ends with the process behind it: the server is asked at once and is out long before
# its next check is due; a connection that ends while the server lives costs a few questions and nothing else. Before a server
# was asked it counts as defined: kept, down or up.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
held() {
    cat <<Y
director: {freeze: off}
services:
  - listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    initial_health: ${1:-adopt}
    check: {tcp: {}, hold_connection: true, every: 60s, timeout: ${2:-2s}, fall: 3}
    real_servers: ["$RIP1:80", "$RIP2:80"]
Y
}
held | director_define
director_start
founding_table | eventually_table 10
connections_to() {
    [ "$(on director ss -Htn state established dst "$1:80" | grep -c .)" -ge 1 ]
}
eventually 10 connections_to "$RIP1"
eventually 10 connections_to "$RIP2"

# nginx takes its configuration again: old workers go with their idle connections, and nobody is out.
on real2 nginx -e "$(web_root real2)/error.log" -c "$(web_root real2)/nginx.conf" -s reload
founding_table | throughout_table 2

now
crashed=$NOW
# shellcheck disable=SC2016
on real1 sh -c 'kill -KILL "$(cat "$1")" $(pgrep -P "$(cat "$1")")' crash "$(web_root real1)/nginx.pid"
eventually_table 5 <<T
$(service)
$(server "$RIP2")
T
now
[ $((NOW - crashed)) -lt 3000 ] || fail "the crash was seen after $((NOW - crashed)) hundredths of a second, half an interval"
director_killed_and_forgotten() {
    director_kill
    on director rm -f "$IPVSD_STATE"
}
director_killed_and_forgotten

# The kernel still has one server, the other is gone, and nothing is remembered; before the first answer each policy has
# its own table. That answer takes as long as it may.
on real1 rm -f "$(web_root real1)/nginx.pid"
link_loses_everything
held up 60s | director_define
director_start
founding_table | eventually_table 10
director_killed_and_forgotten
on director ipvsadm -d -t "$VIP:80" -r "$RIP1:80"
held down 60s | director_define
director_start
eventually_table 10 <<T
$(service)
$(server "$RIP2" 0)
T
link_is_well
