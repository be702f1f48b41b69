# shellcheck shell=sh
# quiescent=yes: a failed server stays with weight 0. It gets nothing new, and what is open goes on to its end.

start_founding_director quiescent=yes

# Two downloads: one through each server.
download_start first "$VIP" 120000
download_start second "$VIP" 120000
web_quit real1
eventually_table 5 <<T
$(service)
$(server "$RIP1" 0)
$(server "$RIP2")
T
expect_equal 'who gets new requests' '10 real2' "$(tally 10)"
expect_download_goes_on first
expect_download_goes_on second
expect_download_completes first 30
expect_download_completes second 30
