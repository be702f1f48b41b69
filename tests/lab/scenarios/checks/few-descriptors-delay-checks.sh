# shellcheck shell=sh disable=SC2034
# ipvsd raises its soft limit of open files to the hard one. With fewer descriptors than servers, checks take turns: every dead
# server is found, no live one leaves, and the log says that the limit makes checks late.

DEFINITIONS=$YAML_DEFINITIONS
dead() { seq -f '192.168.6.%g' 20 59; }
for rip in $(dead); do on director ip neighbour replace "$rip" lladdr 02:00:00:00:00:99 dev back nud permanent; done
director_define <<D
services:
  - listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    check: {http: {path: /test.html, expect: {body: OK}}, every: 2s, timeout: 1s, fall: 2}
    real_servers: ["$RIP1:80", "$RIP2:80", "192.168.6.20-192.168.6.59:80"]
D
# All of them were in service before this start.
{ founding_table; for rip in $(dead); do server "$rip"; done; } | on director ipvsadm -R
spawn director daemon prlimit --nofile=40:64 ipvsd --config "$DEFINITIONS"
director_ready
eventually_log 5 'raised the limit of open files from 40 to 64'
founding_table | eventually_table 20
expect_equal 'who answers' '5 real1,5 real2' "$(tally 10 | paste -sd,)"
requests_begin users
eventually_log 5 'checks are late: a check waited'
expect_not log_contains 'oo many open files'
throughout 2 director_answers
requests_end users
# A live server that dies is found as well, while the others are asked in vain.
web_stop real1
eventually_table 20 <<T
$(service)
$(server "$RIP2")
T
expect_equal 'who answers then' '6 real2' "$(tally 6)"
