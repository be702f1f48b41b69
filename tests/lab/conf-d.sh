# shellcheck shell=sh
# A configuration of several files, as configuration management leaves it: main.yaml and a service in each file of conf.d.

DEFINITIONS=$LAB_TMP/director/main.yaml
CONF_D=$LAB_TMP/director/conf.d
export DEFINITIONS CONF_D

# main_file: the main file, with what standard input adds to it.
main_file() {
    {
        cat <<D
director: {reload_on_change: true, on_error: isolate, safety_limits: off}
include: conf.d/*.yaml
defaults:
  service: {scheduler: wrr, forwarding: nat, on_stop: remove}
  check: {http: {path: /test.html, expect: {body: OK}}, every: 1s, timeout: 5s, fall: 1}
D
        cat
    } | director_define
}

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

# port_answered_by PORT HOST: a client that asks that port gets to that host.
port_answered_by() {
    [ "$(on client curl -s -m 3 "http://$VIP:$1/whoami")" = "$2" ]
}
