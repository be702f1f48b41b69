# shellcheck shell=sh
# With `reload_on_change`, ipvsd rereads a configuration of several files by itself when one of them changes, appears or goes.
# What does not change keeps its state.

DEFINITIONS=$LAB_TMP/director/main.yaml
CONF_D=$LAB_TMP/director/conf.d

director_define <<D
director: {reload_on_change: true, on_error: isolate, safety_limits: off}
include: conf.d/*.yaml
defaults:
  service: {scheduler: wrr, forwarding: nat, on_stop: remove}
  check: {http: {path: /test.html, expect: {body: OK}}, every: 1s, timeout: 1s, fall: 1}
groups:
  web: [$RIP1, $RIP2]
D
# site NAME PORT SERVERS: a file with one service.
site() {
    put director "$CONF_D/$1.yaml" <<D
services:
  - {name: $1, listen: tcp://$VIP:$2, real_servers: $3}
D
}
# lines PORT RIP...: a service of the table.
lines() {
    port=$1
    shift
    echo "-A -t $VIP:$port -s wrr"
    for rip in "$@"; do echo "-a -t $VIP:$port -r $rip:80 -m -w 1"; done
}
says() { on director ipvsctl status | grep -q "$1"; }
answers() { [ "$(on client curl -s -m 3 "http://$VIP:$1/whoami")" = "$2" ]; }

site a 80 web
director_start
lines 80 "$RIP1" "$RIP2" | eventually_table 5

# A new file, by itself. What was there is not probed again: its state is as old as before.
site b 8080 "[$RIP3:80]"
eventually_table 5 <<T
$(lines 80 "$RIP1" "$RIP2")
$(lines 8080 "$RIP3")
T
eventually 5 answers 8080 real3

# The group changes in the first file, and with it the service that uses it.
on director sed -i "s/web: .*/web: [$RIP1]/" "$DEFINITIONS"
eventually_table 5 <<T
$(lines 80 "$RIP1")
$(lines 8080 "$RIP3")
T

# A file that goes takes its service along.
on director rm "$CONF_D/b.yaml"
lines 80 "$RIP1" | eventually_table 5
