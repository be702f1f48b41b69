# shellcheck shell=sh
# With `quiescent=yes`, a failed server stays with weight 0: it gets no new connections, and those that are open go on to their
# end.

start_founding_director quiescent=yes

# Two downloads: one through each server.
download_start first
download_start second
expect_equal 'downloads through each server' '1 1' "$(open_connections "$RIP1") $(open_connections "$RIP2")"
web_quit real1
eventually_table 5 <<T
$(service)
$(server "$RIP1" 0)
$(server "$RIP2")
T
expect_equal 'who gets new requests' '10 real2' "$(tally 10)"
expect_download_goes_on first
expect_download_goes_on second
expect_download_completes first
expect_download_completes second
