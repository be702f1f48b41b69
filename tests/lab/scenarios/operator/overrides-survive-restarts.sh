# shellcheck shell=sh
# An override survives kill -9 and a restart of ipvsd, with its author and reason, and `overrides`, `status`, `explain` and the log
# show it.

ctl() { on director ipvsctl "$@"; }

start_founding_director cleanstop=no quiescent=yes
drained=$(service; server "$RIP1" 0; server "$RIP2")
said=$(ctl drain "tcp://$VIP:80" "$RIP1" --for 1h -m 'kernel upgrade' --author ann)
expect_equal 'the answer to the order' "tcp $VIP:80 $RIP1:80: drain, for 1h00m" "$said"
expect_equal 'the mode of the state file' 600 "$(on director stat -c %a "$IPVSD_STATE")"
director_kill
eventually_table 5 <<T
$drained
T
director_start
throughout_table 1 <<T
$drained
T
director_stop
director_start
throughout_table 1 <<T
$drained
T
expect_equal 'who gets new requests' '6 real2' "$(tally 6)"
expect_contains 'the overrides' 'drain: kernel upgrade' "$(ctl overrides)"
expect_contains 'the overrides' 'by root (ann) at' "$(ctl overrides)"
expect_contains 'the status' "OVERRIDE: $RIP1:80 drain since" "$(ctl status)"
expect_contains 'the chain' 'drain: kernel upgrade (override by root (ann))' "$(ctl explain "$VIP:80" "$RIP1")"
expect_contains 'JSON' '"author": "root (ann)"' "$(ctl status --json)"
eventually_log 5 'drain: kernel upgrade (override by root (ann))'
