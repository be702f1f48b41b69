# shellcheck shell=sh
# With no real server left the fallback server answers; with one back it is gone from the table.

start_founding_director
web_stop real1
web_stop real2
eventually_table 10 <<T
$(service)
$(server "$FALLBACK")
T
expect_equal 'who answers' '5 fallback' "$(tally 5)"

web_start real2
eventually_table 5 <<T
$(service)
$(server "$RIP2")
T
expect_equal 'who answers then' '5 real2' "$(tally 5)"
