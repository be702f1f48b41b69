# shellcheck shell=sh
# While a backup sync daemon runs, a kernel with `net.ipv4.vs.backup_only=1` balances nothing, also beside a master daemon.
# `director.sync` turns that off, also with `profile: dr`, and restores the value in the end.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
load_modules director ip_vs
sysctl_on director net.ipv4.vs.backup_only=1 net.ipv4.ip_forward=1
served() { on client curl -s -f -m 2 -o /dev/null "http://$VIP/whoami"; }
backup_only_is() { [ "$(on director sysctl -n net.ipv4.vs.backup_only)" = "$1" ]; }

echo 'without ipvsd'
on director ipvsadm -A -t "$VIP:80" -s rr
on director ipvsadm -a -t "$VIP:80" -r "$RIP1:80" -m
eventually 10 served
for role in master backup; do on director ipvsadm --start-daemon $role --mcast-interface front --syncid 7; done
expect_not served
on director ipvsadm --stop-daemon backup
eventually 10 served
on director ipvsadm --stop-daemon master
on director ipvsadm -C

echo 'with director.sync'
director_define <<Y
director: {resync: 1s, profile: dr, sync: {interface: front, id: 7}}
services:
  - listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    on_stop: remove
    check: {tcp: {}, every: 1s}
    real_servers: ["$RIP1:80"]
Y
director_start
eventually 10 status_says 'master running, backup running'
expect backup_only_is 0
eventually 10 served
requests_begin users
throughout 3 backup_only_is 0
requests_end users
expect_equal 'requests that failed' 0 "$(requests_failed users)"
director_stop
expect_equal 'daemons after the stop' '' "$(on director ipvsctl list --daemon)"
expect backup_only_is 1
