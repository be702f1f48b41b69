# shellcheck shell=sh
# kill -9 while failures are counted: the next director needs only those that were missing. kill -9 while all verdicts stand
# still, since everybody failed at once: they stand still, nobody who answers clients leaves the table, and the first good
# answer ends it.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
# The last of four failures is the next director's; asked so seldom that it would take a minute and a half to count anew.
define() {
    director_define <<D
director: {freeze: ${1:-off}}
services:
  - listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    check: {http: {path: /test.html, expect: {body: OK}}, every: ${2:-30s}, every_while_changing: ${3:-6s}, timeout: 2s, fall: 4}
    real_servers: ["$RIP1:80", "$RIP2:80"]
D
}
log_says() { director_log | grep -q -- "$1"; }
define
director_start
founding_table | eventually_table 10
web_sick real1
eventually 60 log_says "$RIP1:80 fails (3 of 4)"
kept_count() { on director grep -q '"against": *3' "$IPVSD_STATE"; }
eventually 2 kept_count
director_kill
founding_table | throughout_table 1
director_start
eventually_table 20 <<T
$(service)
$(server "$RIP2")
T
expect_contains 'the log' '4 of 4' "$(director_log)"
expect_equal 'who answers' '6 real2' "$(tally 6)"
expect_not log_says "$RIP1:80 fails (4 of"
count() { director_log | grep -c "$RIP1:80 fails (1 of 4)" || :; }
expect_equal 'how often it was counted from the beginning' 1 "$(count)"

# Everybody fails at once.
web_healthy real1
define '{servers: 2, for: 1h}' 1s 1s
on director ipvsctl reload >/dev/null
founding_table | eventually_table 30
web_sick real1
web_sick real2
is_frozen() { on director ipvsctl status | grep -q FROZEN; }
eventually 30 is_frozen
before=$(director_log | grep -c 'ALARM')
director_kill
director_start
expect_equal 'alarms' $((before + 1)) "$(director_log | grep -c 'ALARM')"
expect_contains 'the log' 'failed at once before this start' "$(director_log)"
eventually 5 is_frozen
founding_table | throughout_table 8
expect_equal 'who answers' '3 real1,3 real2' "$(tally 6 | paste -sd,)"
web_healthy real2
eventually 10 log_says 'verdicts move again: a server answers again'
eventually_table 20 <<T
$(service)
$(server "$RIP2")
T
