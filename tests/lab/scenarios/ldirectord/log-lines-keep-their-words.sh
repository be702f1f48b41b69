# shellcheck shell=sh
# Log lines have the words of Debian's ldirectord, so that scripts that search for them go on working.
# machines: no, it is about one process and its files, and about packages of the host, not about a network

take_the_place
site | site_define
gives 0 ldirectord "$SITE" start
pid=$(cat "$SITE_PID")
founding_table | eventually_table 5
eventually_logged 1 'Starting Linux Director v1.186-ha as daemon'
eventually_logged 1 "Added virtual server: $VIP:80"
eventually_logged 1 "Added real server: $RIP1:80 ($VIP:80) (Weight set to 1)"
web_sick real1
eventually_logged 5 "Deleted real server: $RIP1:80 ($VIP:80)"
web_sick real2
eventually_logged 5 "Added fallback server: $FALLBACK:80 ($VIP:80) (Weight set to 1)"
web_healthy real1
eventually_logged 5 "Resetting soft failure count: $RIP1:80 (tcp:$VIP:80)"
eventually_logged 5 "Deleted fallback server: $FALLBACK:80 ($VIP:80)"
web_healthy real2
founding_table | eventually_table 5
expect grep -Eq "^\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ 1-3][0-9] [0-9:]{8} [0-9]{4}\|site\.cf\|$pid\] Added virtual" "$SITE_LOG"

# Rotation needs no signal, and the signal that asks other programs for it does no harm.
mv "$SITE_LOG" "$SITE_LOG.1"
kill -s USR1 "$pid"
site quiescent=yes failurecount=2 | site_define
gives 0 ldirectord "$SITE" reload
eventually_logged 5 'Reloading Linux Director Daemon config on signal'
web_sick real1
eventually_logged 5 "Soft failure real server: $RIP1:80 (tcp:$VIP:80) failure 1/2"
eventually_logged 5 "Quiescent real server: $RIP1:80 ($VIP:80) (Weight set to 0)"
web_healthy real1
eventually_logged 5 "Restored real server: $RIP1:80 ($VIP:80) (Weight set to 1)"
expect alive "$pid"
founding_table | eventually_table 5

gives 0 ldirectord "$SITE" stop
expect logged "Purged real server (stop): $RIP1:80 ($VIP:80)"
expect logged "Purged virtual server (stop): $VIP:80"
expect logged 'Linux Director Daemon terminated on signal: TERM'
