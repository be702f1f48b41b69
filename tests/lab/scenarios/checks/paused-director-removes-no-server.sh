# shellcheck shell=sh disable=SC2034
# ipvsd is paused for longer than the time limit of its checks, as a virtual machine is that moves to another host. What it has
# missed meanwhile is no failure of a server: none leaves the table, and no request fails. A dead server is found afterwards.

DEFINITIONS=$YAML_DEFINITIONS
program=$LAB_TMP/director/check-slowly
put director "$program" <<'C'
#!/bin/sh
sleep 0.4
curl -sf -m 2 "http://$1/test.html" | grep -q OK
C
on director chmod 755 "$program"
director_define <<D
services:
  - listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    check: {command: [$program, "{rip}"], every: 500ms, timeout: 5s, fall: 1}
    real_servers: ["$RIP1:80", "$RIP2:80"]
D
director_start
founding_table | eventually_table 10
for pause in 1 2; do
    signal director daemon STOP
    founding_table | throughout_table 7
    signal director daemon CONT
    founding_table | throughout_table 1
    if log_contains 'real server is down'; then fail "pause $pause: $(director_log | grep 'is down')"; fi
    expect_equal "who answers after pause $pause" '3 real1,3 real2' "$(tally 6 | paste -sd,)"
done
expect log_contains 'ipvsd was paused or overloaded'
web_sick real1
eventually_table 10 <<T
$(service)
$(server "$RIP2")
T
