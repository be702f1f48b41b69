# shellcheck shell=sh
# Until its first probe has ended, a server has the health that `initial_health` says: as in the kernel's table, up or down.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
# policy NAME: no probe ends within its time limit of a minute, since all packets to the servers are lost.
policy() {
    director_define <<Y
director: {freeze: off}
services:
  - listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    initial_health: $1
    check: {tcp: {}, every: 60s, timeout: 60s, fall: 3}
    real_servers: ["$RIP1:80", "$RIP2:80"]
Y
}
director_killed_and_forgotten() {
    director_kill
    on director rm -f "$IPVSD_STATE"
}
link_loses_everything

# The kernel has one of the two, and no state is saved.
on director ipvsadm -A -t "$VIP:80" -s rr
on director ipvsadm -a -t "$VIP:80" -r "$RIP2:80" -m
policy adopt
director_start
one=$(service; server "$RIP2")
echo "$one" | eventually_table 10
echo "$one" | throughout_table 1
director_killed_and_forgotten

policy up
director_start
founding_table | eventually_table 10
director_killed_and_forgotten

on director ipvsadm -d -t "$VIP:80" -r "$RIP1:80"
policy down
director_start
eventually_table 10 <<T
$(service)
$(server "$RIP2" 0)
T
link_is_well
