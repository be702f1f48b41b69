# shellcheck shell=sh
# Sync daemons on an interface that is missing or down prevent no start. ipvsd says so once, and starts them when the interface is
# there. While they wait after a change, the former ones go on. A refusal of the kernel names the operation and the error.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
# site INTERFACE [MORE]
site() {
    director_define <<Y
director: {resync: 1s, sync: {interface: $1, id: 7${2:-}}}
services:
  - listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    on_stop: remove
    check: {tcp: {}, every: 1s}
    real_servers: ["$RIP1:80"]
Y
}
runs_on() { [ "$(on director ipvsctl list --daemon | grep -c "mcast=$1,")" = 2 ]; }
warnings() { director_log | grep -c "$1" || :; }

site spare
director_start
eventually 10 tally_is '1 real1' 1
eventually 10 status_says 'master sync daemon on spare, id 7, group 224.0.0.81, port 8848, ttl 1: no interface spare'
expect status_says 'master NOT RUNNING, backup NOT RUNNING'
on director ip link add spare type veth peer name far
eventually 10 status_says 'not started yet: spare is down; bring it up (ip link set spare up)'
on director ip link set far up
on director ip link set spare up
eventually 30 runs_on spare
eventually 5 status_says 'master running, backup running'
expect_equal 'warnings of the interface that was down' 2 "$(warnings 'not started yet: spare is down')"

# The kernel lets them run without their interface, and they hear nothing on a new one with its name.
on director ip link del spare
eventually 10 status_says 'no interface spare'
expect status_says 'master NOT RUNNING, backup NOT RUNNING'
on director ip link add spare type veth peer name far
on director ip link set far up
on director ip link set spare up
eventually_log 10 'started master sync daemon on spare, id 7, group 224.0.0.81, port 8848, ttl 1; there is a new interface spare'
eventually 10 status_says 'master running, backup running'

# What runs is not given up for what cannot run yet.
site nowhere
director_reload
eventually 10 status_says 'no interface nowhere'
throughout 2 runs_on spare
on director sysctl -qw net.ipv6.conf.spare.disable_ipv6=1
site spare ', group: "ff02::81"'
director_reload
eventually 10 status_says 'the kernel refused to start the master sync daemon: Network is unreachable (ENETUNREACH)'
expect status_says 'master NOT RUNNING, backup running'
site front
director_reload
eventually 10 runs_on front
on director ip link del spare
director_stop
