# shellcheck shell=sh
# With `supervised`, ldirectord stays in the foreground, logs to standard output and writes no pid file; with -d it does the same
# and says more.
# machines: no, it is about one process and its files, and about packages of the host, not about a network

take_the_place
site supervised=yes fork=yes | site_define
spawn director supervised ldirectord "$SITE" start
founding_table | eventually_table 5
expect_not test -e "$SITE_PID"
expect_contains 'standard output' 'Starting Linux Director v1.186-ha with pid: ' "$(log_of director supervised)"
added() { log_of director "$1" | grep -qF -- "Added virtual server: $VIP:80"; }
eventually 5 added supervised
signal director supervised TERM
eventually 5 ended director supervised
expect_equal 'the table after the stop' '' "$(table)"
site | site_define
spawn director debug ldirectord -d "$SITE" start
founding_table | eventually_table 5
expect_not test -e "$SITE_PID"
eventually 5 added debug
expect_contains 'standard error' "DEBUG2: Added virtual server: $VIP:80" "$(log_of director debug)"
signal director debug INT
eventually 5 ended director debug
expect_equal 'the table after the stop' '' "$(table)"
