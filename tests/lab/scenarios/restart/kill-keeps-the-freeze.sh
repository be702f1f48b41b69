# shellcheck shell=sh
# kill -9 while health is frozen, since all servers fell silent at once: the next director keeps it frozen, no server that answers
# clients leaves the table, and the first answer ends the freeze.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
director_define <<D
director: {freeze: {min_servers: 2, max_duration: 1h}}
services:
  - listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    check: {http: {path: /test.html, expect: {body: OK}}, every: 1s, timeout: 2s, fall: 4}
    real_servers: ["$RIP1:80", "$RIP2:80"]
D
director_start
founding_table | eventually_table 30
link_loses_everything
is_frozen() { on director ipvsctl status --wide | grep -q FROZEN; }
eventually 30 is_frozen
eventually_log 5 ALARM
before=$(director_log | grep -c 'ALARM')
director_kill
director_start
eventually_log 5 'fell silent at once before this start'
alarms_are() { [ "$(director_log | grep -c 'ALARM')" -eq "$1" ]; }
eventually 5 alarms_are $((before + 1))
eventually 5 is_frozen
founding_table | throughout_table 8
web_sick real1
link_is_well
eventually_log 10 'health is no longer frozen: a server answered'
eventually_table 20 <<T
$(service)
$(server "$RIP2")
T
