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
eventually 5 status_says 'ON FALLBACK, 0 of 2 up'
status=0
on director ipvsctl status "$VIP:80" || status=$?
expect_equal 'the exit status for a service that is not up' 1 "$status"
expect_contains 'the doctor' service-on-fallback "$(on director ipvsctl doctor --quiet)"

web_start real2
eventually_table 5 <<T
$(service)
$(server "$RIP2")
T
expect_equal 'who answers then' '5 real2' "$(tally 5)"
eventually 5 status_says 'DEGRADED, 1 of 2 up'
