# shellcheck shell=sh
# A daemon that is killed and started again keeps the table: no server is missing for a moment, a server known to be down is not
# raised, and an open download goes on.

start_founding_director quiescent=yes
degraded=$(service; server "$RIP1"; server "$RIP2" 0)
web_stop real2
eventually_table 5 <<T
$degraded
T
download_start across

director_kill
throughout_table 1 <<T
$degraded
T
expect_download_goes_on across

spawn director watch sh -c "while :; do ipvsadm -S -n | sort | tr '\n' ' '; echo; done"
director_start
throughout_table 3 <<T
$degraded
T
signal director watch KILL
expect_equal 'tables seen while it started' \
    "$(printf '%s\n' "$degraded" | sort | tr '\n' ' ')" "$(log_of director watch | sed '$d' | sort -u)"
expect_download_goes_on across

director_kill
director_start
expect_download_completes across
