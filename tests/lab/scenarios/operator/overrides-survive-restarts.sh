# shellcheck shell=sh
# A drained server gets nothing new and ends what is open; the order outlives kill -9 and a damaged state file ends
# nothing else; an order ends with its time or when it is lifted.

ctl() { on director ipvsctl "$@"; }
status_of() { "$@" >/dev/null 2>&1 && echo 0 || echo $?; }

start_founding_director cleanstop=no quiescent=yes
drained=$(service; server "$RIP1" 0; server "$RIP2")
download_start first
download_start second
expect_equal 'downloads through each server' '1 1' "$(open_connections "$RIP1") $(open_connections "$RIP2")"

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
expect_contains 'the overrides' 'by ann at' "$(ctl overrides)"
expect_contains 'the status' "OVERRIDE: $RIP1:80 drain since" "$(ctl status)"
expect_contains 'the chain' 'drain: kernel upgrade (override by ann)' "$(ctl explain "$VIP:80" "$RIP1")"
expect_contains 'JSON' '"author": "ann"' "$(ctl status --json)"
expect_contains 'the log' 'drain: kernel upgrade (override by ann)' "$(director_log)"

# Waiting ends when the open download does, and not before.
# shellcheck disable=SC2016 # the shell on the host expands
spawn director waiting sh -c 'ipvsctl drain "$1" "$2" -m again --author ann --wait; echo "status $?"' \
    waiting "$VIP:80" "$RIP1"
waits() { case $(log_of director waiting) in *'1 active connection left'*) ;; *) return 1 ;; esac; }
eventually 15 waits
expect running director waiting
expect_download_completes first
expect_download_completes second
eventually 60 ended director waiting
expect_contains 'what the waiting one said' 'drained: no active connection is left' "$(log_of director waiting)"
expect_contains 'what the waiting one said' 'status 0' "$(log_of director waiting)"

ctl enable "$VIP:80" "$RIP1"
founding_table | eventually_table 5
# What lifts nothing is answered as soon.
expect_contains 'the answer where no order stands' 'no order stands' "$(ctl enable "$VIP:80" "$RIP1")"

# Other orders, one that ends by itself.
ctl weight "$VIP:80" "$RIP2" --to 0 --for 2s --author ben
eventually_table 5 <<T
$(service; server "$RIP1"; server "$RIP2" 0)
T
founding_table | eventually_table 10
ctl disable --all-services "$RIP2" -m 'gone' --author ben
eventually_table 5 <<T
$(service; server "$RIP1")
T

# Whom nobody knows is told, and nothing changes.
expect_equal 'the status for an unknown server' 2 "$(status_of ctl drain "$VIP:80" 192.0.2.77)"
expect_equal 'the status for an unknown service' 2 "$(status_of ctl drain mail "$RIP1")"
expect_equal 'the status without a service' 2 "$(status_of ctl drain "$RIP1")"

# A damaged state file is named and set aside, and the director goes on.
director_kill
# shellcheck disable=SC2016
on director sh -c 'head -c 40 "$1" >"$1.half" && mv "$1.half" "$1"' damage "$IPVSD_STATE"
director_start
founding_table | eventually_table 5
expect_contains 'the log' 'is damaged' "$(director_log)"
# shellcheck disable=SC2016
expect on director sh -c 'ls "$1".damaged-*' damage "$IPVSD_STATE"
