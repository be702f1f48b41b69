# shellcheck shell=sh
# With `quiescent=no`, a failed server leaves the table, no request fails, and the server returns when its checks are good
# again.

start_founding_director

web_stop real1
eventually_table 5 <<T
$(service)
$(server "$RIP2")
T
expect_equal 'who answers while real1 is stopped' '20 real2' "$(tally 20)"

web_start real1
founding_table | eventually_table 5

# It answers, but not what it should: that is a failure too.
web_sick real2
eventually_table 5 <<T
$(service)
$(server "$RIP1")
T
web_healthy real2
founding_table | eventually_table 5
