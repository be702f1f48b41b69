# shellcheck shell=sh
# `ipvsctl drain --wait` returns when the server's last connection has ended, and not before. The server gets nothing new meanwhile.

start_founding_director cleanstop=no quiescent=yes
download_start first
download_start second
expect_equal 'downloads through each server' '1 1' "$(open_connections "$RIP1") $(open_connections "$RIP2")"
# shellcheck disable=SC2016 # the shell on the host expands
spawn director waiting sh -c 'ipvsctl drain "$1" "$2" -m again --author ann --wait; echo "status $?"' \
    waiting "$VIP:80" "$RIP1"
waits() { case $(log_of director waiting) in *'1 active connection left'*) ;; *) return 1 ;; esac; }
eventually 15 waits
expect running director waiting
expect_equal 'who gets new requests' '6 real2' "$(tally 6)"
expect running director waiting
expect_download_completes first
expect_download_completes second
eventually 60 ended director waiting
expect_contains 'what the waiting one said' 'drained: no active connections' "$(log_of director waiting)"
expect_contains 'what the waiting one said' 'status 0' "$(log_of director waiting)"
