# shellcheck shell=sh
# `director.sync` starts the kernel's sync daemons. ipvsd keeps those that run with the same settings over a restart, a kill and a
# stop, replaces its own after a change, starts one again that another program has stopped, and ends them when the key leaves. It
# touches no daemon that another program started.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
# site [SYNC [ON_STOP]]
site() {
    director_define <<Y
director: {resync: 1s, metrics: "127.0.0.1:9190"${1:+, sync: $1}}
services:
  - listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    on_stop: ${2:-keep}
    check: {tcp: {}, every: 1s}
    real_servers: ["$RIP1:80", "$RIP2:80"]
Y
}
daemons() { on director ipvsctl list --daemon; }
# line ROLE ID [MAXLEN]
line() { echo "$1 sync daemon (mcast=front, syncid=$2, maxlen=${3:-1472}, group=224.0.0.81, port=8848, ttl=1)"; }
both() { line master "$1" "${2:-}"; line backup "$1" "${2:-}"; }
daemons_are() { [ "$(daemons)" = "$1" ]; }
# started: how often one was started.
started() { director_log | grep -c 'started [a-z]* sync daemon' || :; }
# metric ROLE VALUE
metric_is() { on director curl -sS http://127.0.0.1:9190/metrics | grep -qx "ipvsd_sync_daemon_running{role=\"$1\"} $2"; }

echo 'started'
site '{interface: front, id: 7}'
director_start
eventually 10 daemons_are "$(both 7)"
eventually_log 5 'started backup sync daemon on front, id 7, group 224.0.0.81, port 8848, ttl 1 (director.sync)'
eventually 5 status_says 'sync daemons on front, id 7: master running, backup running'
eventually 5 metric_is master 1
expect_equal 'starts' 2 "$(started)"

echo 'kept over a stop, a restart and a kill'
director_stop
expect_contains 'what the stop says' 'keeping 1 kernel setting and 2 sync daemons' "$(director_log)"
expect_equal 'daemons after the stop' "$(both 7)" "$(daemons)"
director_start
eventually_log 10 'the kernel holds the desired table'
eventually 5 status_says 'master running, backup running'
director_kill
director_start
eventually 10 status_says 'master running, backup running'
throughout 2 daemons_are "$(both 7)"
expect_equal 'starts after the restarts' 2 "$(started)"

echo 'started again'
on director ipvsadm --stop-daemon master
eventually 10 daemons_are "$(both 7)"
eventually_log 5 'started master sync daemon on front, id 7, group 224.0.0.81, port 8848, ttl 1; another program had stopped it (director.sync)'

echo 'changed'
expect_contains 'the plan of a change' 'start   master sync daemon on front, id 8' "$(site '{interface: front, id: 8}'; on director ipvsctl plan "$DEFINITIONS")"
director_reload
eventually 10 daemons_are "$(both 8)"
eventually_log 5 'it replaces the master sync daemon on front, id 7'
site '{interface: front, id: 8, role: backup, maxlen: 1400}'
director_reload
eventually 10 daemons_are "$(line backup 8 1400)"
eventually_log 5 'stopped master sync daemon on front, id 8'

echo 'another program'
on director ipvsadm --start-daemon master --mcast-interface back --syncid 3
foreign=$(daemons | grep '^master')
site '{interface: front, id: 8, maxlen: 1400}'
director_reload
eventually 10 status_says 'not started: another program runs the master sync daemon on back, id 3'
expect status_says 'master NOT RUNNING, backup running'
expect metric_is master 0
throughout 2 daemons_are "$(echo "$foreign"; line backup 8 1400)"
site
director_reload
eventually 10 daemons_are "$foreign"
on director ipvsadm --stop-daemon master
throughout 2 daemons_are ''

echo 'ended by a stop that leaves nothing'
site '{interface: front, id: 7}' remove
director_reload
eventually 10 daemons_are "$(both 7)"
director_stop
expect_equal 'the table after the last stop' '' "$(table)"
expect_equal 'daemons after the last stop' '' "$(daemons)"
