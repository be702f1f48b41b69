# shellcheck shell=sh
# By default a server that leaves the configuration keeps its open download and gets nothing new. It leaves the table when the download has
# ended. One that is defined again meanwhile gets its weight back without having been deleted.

. "$LAB_DIRECTORY/draining-web.sh"
web "$RIP1:80, $RIP2:80"
director_start
eventually_table 5 <<T
$(service)
$(server "$RIP1")
$(server "$RIP2")
T

# One of the two leaves the definitions while it serves a download; so does the other, by turns.
download_start first
download_start second
expect_equal 'downloads through each server' '1 1' "$(open_connections "$RIP1") $(open_connections "$RIP2")"
web "$RIP2:80"
on director ipvsctl reload
eventually_table 5 <<T
$(service)
$(server "$RIP1" 0)
$(server "$RIP2")
T
expect_equal 'who gets new requests' '4 real2' "$(tally 4)"
eventually 5 status_says 'is no longer configured, draining for'

# It is defined again before it is empty: its weight rises, and it was never deleted.
web "$RIP1:80, $RIP2:80"
on director ipvsctl reload
eventually_table 5 <<T
$(service)
$(server "$RIP1")
$(server "$RIP2")
T
web "$RIP2:80"
on director ipvsctl reload
expect_download_completes first
expect_download_completes second
eventually_table 10 <<T
$(service)
$(server "$RIP2")
T
eventually_log 5 "delete  tcp $VIP:80  $RIP1:80"
expect_equal 'how often it left' 1 "$(director_log | grep -c "delete  tcp $VIP:80  $RIP1:80")"
