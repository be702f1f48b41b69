# shellcheck shell=sh
# With `on_error: isolate`, a broken service or file keeps its last good configuration, while all others change.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$LAB_TMP/director/main.yaml
CONF_D=$LAB_TMP/director/conf.d

director_define <<D
director: {reload_on_change: true, on_error: isolate, safety_limits: off}
include: conf.d/*.yaml
defaults:
  service: {scheduler: wrr, forwarding: nat, on_stop: remove}
  check: {http: {path: /test.html, expect: {body: OK}}, every: 1s, timeout: 1s, fall: 1}
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

site a 80 "[$RIP1]"
site b 8080 "[$RIP3:80]"
director_start
eventually_table 5 <<T
$(lines 80 "$RIP1")
$(lines 8080 "$RIP3")
T

# A broken service stays as it was, while its neighbour changes in the same moment.
site b 8080 "[192.168.6.400]"
eventually 5 says 'BROKEN: service b at .*conf.d/b.yaml:2:5, kept'
eventually 5 says '192.168.6.400 is not an IPv4 address'
site c 8081 "[$RIP3:80]"
eventually_table 5 <<T
$(lines 80 "$RIP1")
$(lines 8080 "$RIP3")
$(lines 8081 "$RIP3")
T
eventually 5 answers 8080 real3
eventually_log 5 'service b has errors and is kept as it was'

# So does a file that is no YAML; mended, it counts; removed, its service leaves.
echo 'services: [' | put director "$CONF_D/c.yaml"
eventually 5 says 'BROKEN: the file .*conf.d/c.yaml'
site b 8080 "[$RIP2:80]"
eventually_table 5 <<T
$(lines 80 "$RIP1")
$(lines 8080 "$RIP2")
$(lines 8081 "$RIP3")
T
on director rm "$CONF_D/c.yaml" "$CONF_D/b.yaml"
lines 80 "$RIP1" | eventually_table 5
eventually 5 status_lacks BROKEN
