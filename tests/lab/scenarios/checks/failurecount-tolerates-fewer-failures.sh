# shellcheck shell=sh
# With `failurecount=3`, one or two failed checks in a row change nothing, and the third removes the server.

start_founding_director failurecount=3
now
began=$NOW
web_stop real1
eventually_table 8 <<T
$(service)
$(server "$RIP2")
T
now
[ $((NOW - began)) -ge 180 ] || fail "removed after $((NOW - began)) hundredths of a second: three checks, a second apart, take longer"
