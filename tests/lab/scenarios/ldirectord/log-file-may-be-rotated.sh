# shellcheck shell=sh
# Every line after a rotation is in the new log file, without a signal and with one. A log file that cannot be written is an error
# before anything is done.
# machines: no, it is about one process and its files, and about packages of the host, not about a network

take_the_place
site | site_define
gives 0 ldirectord "$SITE" start
pid=$(cat "$SITE_PID")
founding_table | eventually_table 5
mv "$SITE_LOG" "$SITE_LOG.1"
web_sick real1
eventually_logged 5 "Deleted real server: $RIP1:80 ($VIP:80)"
mv "$SITE_LOG" "$SITE_LOG.1"
kill -s USR1 "$pid"
web_healthy real1
eventually_logged 5 "Added real server: $RIP1:80 ($VIP:80) (Weight set to 1)"
expect alive "$pid"
gives 0 ldirectord "$SITE" stop

# A log that cannot be written is told before anything is done.
site | sed 's|^logfile=.*|logfile="/nowhere/site.log"|' | site_define
gives 2 ldirectord "$SITE" start
expect_contains 'the complaint' 'unable to open logfile: /nowhere/site.log' "$ERR"
expect_equal 'the table' '' "$(table)"
