# shellcheck shell=sh
# `director.timeouts` sets the kernel's connection timeouts while ipvsd runs, beside the settings of a profile, and a stop restores
# them. `ipvsctl plan` shows both ways.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
# definitions_of DIRECTOR-KEY...: one service, with these keys of the director.
definitions_of() {
    echo 'director:'
    printf '  %s\n' 'resync: 1s' "$@"
    cat <<Y
services:
  - {listen: "tcp://$VIP:80", scheduler: rr, forwarding: nat, on_stop: remove, check: {tcp: {}, every: 1s}, real_servers: ["$RIP1:80"]}
Y
}
setting() {
    on director sysctl -n "$1"
}
limits() {
    on director ipvsadm -L --timeout
}
limits_are() {
    [ "$(limits)" = "$1" ]
}
before=$(limits; setting net.ipv4.vs.conntrack; setting net.ipv4.vs.expire_nodest_conn)

definitions_of 'profile: nat-gateway' 'timeouts: {tcp: 10m, udp: 1m}' | director_define
plan=$(on director ipvsctl plan "$DEFINITIONS")
expect_contains 'the plan' 'set     net.ipv4.vs.conntrack  0 -> 1   (nat-gateway: stateful firewall rules' "$plan"
expect_contains 'the plan' 'set     timeout tcp  900 s -> 600 s' "$plan"
director_start
eventually 10 limits_are 'Timeout (tcp tcpfin udp): 600 120 60'
conntrack_is_on() { [ "$(setting net.ipv4.vs.conntrack)" = 1 ]; }
eventually 10 conntrack_is_on

# What the daemon has set and another configuration does not want is in its plan.
definitions_of | put director "$DEFINITIONS.less"
plan=$(on director ipvsctl plan "$DEFINITIONS.less")
expect_contains 'the plan' 'restore net.ipv4.vs.conntrack  1 -> 0   (set by ipvsd and no longer configured' "$plan"
expect_contains 'the plan' 'restore timeout tcp  600 s -> 900 s' "$plan"
director_stop
expect_equal 'the machine after the stop' "$before" "$(limits; setting net.ipv4.vs.conntrack; setting net.ipv4.vs.expire_nodest_conn)"
