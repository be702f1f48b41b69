# shellcheck shell=sh
# With `hold_connection`, a crashed process is removed long before its next check is due: the held connection ends with it, and
# ipvsd probes the server at once. A held connection that ends while the server lives costs a few probes and nothing else.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
director_define <<Y
director: {freeze: off}
services:
  - listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    check: {tcp: {}, hold_connection: true, every: 60s, timeout: 2s, fall: 3}
    real_servers: ["$RIP1:80", "$RIP2:80"]
Y
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
