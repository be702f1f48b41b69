# shellcheck shell=sh
# A damaged state file is named in the log and set aside, and ipvsd goes on without it.

start_founding_director cleanstop=no quiescent=yes
on director ipvsctl drain "$VIP:80" "$RIP1" -m 'kernel upgrade' --author ann >/dev/null
eventually_table 5 <<T
$(service; server "$RIP1" 0; server "$RIP2")
T
director_kill
# shellcheck disable=SC2016
on director sh -c 'head -c 40 "$1" >"$1.half" && mv "$1.half" "$1"' damage "$IPVSD_STATE"
director_start
founding_table | eventually_table 5
eventually_log 5 'is damaged'
# shellcheck disable=SC2016
expect on director sh -c 'ls "$1".damaged-*' damage "$IPVSD_STATE"
