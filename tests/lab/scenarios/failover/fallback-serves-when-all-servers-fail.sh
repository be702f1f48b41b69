# shellcheck shell=sh
# The fallback serves when no real server is up, and leaves the table when one returns.

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
