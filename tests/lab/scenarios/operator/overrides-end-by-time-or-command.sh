# shellcheck shell=sh
# An override ends by `ipvsctl enable` or after the time that `--for` gives. One for a server or service that is not defined is an
# error and changes nothing.

ctl() { on director ipvsctl "$@"; }
status_of() { "$@" >/dev/null 2>&1 && echo 0 || echo $?; }

start_founding_director quiescent=yes
ctl drain "$VIP:80" "$RIP1" -m 'kernel upgrade' --author ann >/dev/null
eventually_table 5 <<T
$(service; server "$RIP1" 0; server "$RIP2")
T
ctl enable "$VIP:80" "$RIP1" --author ann
founding_table | eventually_table 5
# What lifts nothing is answered as soon.
expect_contains 'the answer without an override' 'no overrides' "$(ctl enable "$VIP:80" "$RIP1")"

# Other orders, one that ends by itself.
ctl weight "$VIP:80" "$RIP2" --to 0 --for 4s --author ben
eventually_table 5 <<T
$(service; server "$RIP1"; server "$RIP2" 0)
T
founding_table | eventually_table 10
ctl disable --all-services "$RIP2" -m 'gone' --author ben
eventually_table 5 <<T
$(service; server "$RIP1")
T

# An unknown server or service is an error, and nothing changes.
expect_equal 'the status for an unknown server' 3 "$(status_of ctl drain "$VIP:80" 192.0.2.77)"
expect_equal 'the status for an unknown service' 3 "$(status_of ctl drain mail "$RIP1")"
expect_equal 'the status without a service' 2 "$(status_of ctl drain "$RIP1")"
