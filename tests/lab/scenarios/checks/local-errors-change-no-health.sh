# shellcheck shell=sh
# A probe that fails locally, without a descriptor or a source address, is logged and says nothing about the server: the table
# stays and clients are served. Checks go on when the director can probe again.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
director_define <<D
director: {freeze: off}
services:
  - listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    check: {http: {path: /test.html, expect: {body: OK}}, every: 500ms, timeout: 2s, fall: 2}
    real_servers: ["$RIP1:80", "$RIP2:80"]
D
director_start
founding_table | eventually_table 10
process=$(on director cat "$LAB_TMP/director/daemon.pid")
limit() { on director prlimit --pid "$process" --nofile="$1:"; }

# Fewer than it has open already: whatever it opens from now on fails.
limit 4
eventually 10 log_matches "$RIP1:80 .*Too many open files\|$RIP1:80 .*too many open files\|$RIP1:80 .*descriptors"
web_sick real1
founding_table | throughout_table 4
expect_not log_contains 'real server is down'
expect_equal 'who answers' '3 real1,3 real2' "$(tally 6 | paste -sd,)"
limit 1024
eventually_table 10 <<T
$(service)
$(server "$RIP2")
T
web_healthy real1
founding_table | eventually_table 10

# The interface is there and has no address of ours any more.
on director ip address del "$DIP/24" dev back
eventually 10 log_matches "$RIP2:80 .*unreachable"
web_sick real2
founding_table | throughout_table 3
on director ip address add "$DIP/24" dev back
eventually_table 20 <<T
$(service)
$(server "$RIP1")
T
expect_equal 'who answers at the end' '6 real1' "$(tally 6)"
