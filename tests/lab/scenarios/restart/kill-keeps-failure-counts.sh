# shellcheck shell=sh
# kill -9 while failures are counted: the next director needs only those that were missing.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
# The last of four failures is the next director's. At this interval it would take a minute and a half to count from the beginning.
director_define <<D
director: {freeze: off}
services:
  - listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    check: {http: {path: /test.html, expect: {body: OK}}, every: 30s, every_while_changing: 6s, timeout: 2s, fall: 4}
    real_servers: ["$RIP1:80", "$RIP2:80"]
D
director_start
founding_table | eventually_table 10
web_sick real1
eventually_log 60 "$RIP1:80 failing 3 of 4"
kept_count() { on director grep -q '"streak": *3' "$IPVSD_STATE"; }
eventually 2 kept_count
director_kill
founding_table | throughout_table 1
director_start
eventually_table 20 <<T
$(service)
$(server "$RIP2")
T
eventually_log 5 '4 of 4'
expect_equal 'who answers' '6 real2' "$(tally 6)"
expect_not log_contains "$RIP1:80 failing 4 of"
count() { director_log | grep -c "$RIP1:80 failing 1 of 4" || :; }
expect_equal 'how often it was counted from the beginning' 1 "$(count)"
