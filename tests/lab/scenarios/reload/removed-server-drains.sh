# shellcheck shell=sh
# A server that leaves the definitions keeps its open download and gets nothing new; it leaves the table when the
# download has ended. A server that fails drains as well, and one that returns gets its weight back without having been
# deleted. A service that leaves drains too. A change or an order that takes out too much is refused, unless somebody insists.

DEFINITIONS=$LAB_TMP/director/definitions.yaml
web() {
    director_define <<D
services:
  - name: web
    listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    check: {http: {path: /test.html}, every: 500ms, fall: 1}
    on_failure: drain
    drain: 5m
    real_servers: [$1]
  - {name: other, listen: "tcp://$VIP:81", scheduler: rr, forwarding: nat, check: none, real_servers: [$RIP3:80]}
D
}
other() {
    echo "-A -t $VIP:81 -s rr"
    echo "-a -t $VIP:81 -r $RIP3:80 -m -w 1"
}
web "$RIP1:80, $RIP2:80"
director_start
eventually_table 5 <<T
$(service)
$(server "$RIP1")
$(server "$RIP2")
$(other)
T

# One of the two leaves the definitions while it serves a download; so does the other, by turns.
download_start first
download_start second
expect_equal 'downloads through each server' '1 1' "$(open_connections "$RIP1") $(open_connections "$RIP2")"
web "$RIP2:80"
on director ipvsctl reload
eventually_table 5 <<T
$(service)
$(server "$RIP1" 0)
$(server "$RIP2")
$(other)
T
expect_equal 'who gets new requests' '4 real2' "$(tally 4)"
expect_contains 'the status' 'is no longer configured, draining for' "$(on director ipvsctl status)"

# It is defined again before it is empty: its weight rises, and it was never deleted.
web "$RIP1:80, $RIP2:80"
on director ipvsctl reload
eventually_table 5 <<T
$(service)
$(server "$RIP1")
$(server "$RIP2")
$(other)
T
web "$RIP2:80"
on director ipvsctl reload
expect_download_completes first
expect_download_completes second
eventually_table 10 <<T
$(service)
$(server "$RIP2")
$(other)
T
expect_equal 'how often it left' 1 "$(director_log | grep -c "delete  tcp $VIP:80  $RIP1:80")"

# The last server of a service is too much to go by accident.
web ''
if on director ipvsctl reload >"$LAB_TMP/refused" 2>&1; then fail 'the reload was not refused'; fi
expect_contains 'the refusal' 'leaves 0 of the 1 real servers of web' "$(cat "$LAB_TMP/refused")"
expect_equal 'who serves on' '2 real2' "$(tally 2)"

# So it is for an order, and it says so; with --force it goes through.
last() { on director ipvsctl weight web "$RIP2" --to 0 -m 'by accident' "$@"; }
if last >"$LAB_TMP/refused" 2>&1; then fail 'the order was not refused'; fi
expect_contains 'the refusal' 'leaves 0 of the 1 real servers of web' "$(cat "$LAB_TMP/refused")"
expect_contains 'the refusal' 'insist with --force' "$(cat "$LAB_TMP/refused")"
expect_equal 'who serves on' '2 real2' "$(tally 2)"
last --force
eventually_table 5 <<T
$(service)
$(server "$RIP2" 0)
$(other)
T
on director ipvsctl enable web "$RIP2"
eventually_table 5 <<T
$(service)
$(server "$RIP2")
$(other)
T

# A failed server drains, and the service too when it leaves.
web "$RIP2:80"
download_start third
web_quit real2
eventually_table 10 <<T
$(service)
$(server "$RIP2" 0)
$(other)
T
on director sed -i '/name: web/,/real_servers: \[/d' "$DEFINITIONS"
on director ipvsctl reload --force
expect_download_goes_on third
on director ipvsadm -L -n -t "$VIP:80" >/dev/null
expect_download_completes third
eventually_table 15 <<T
$(other)
T
