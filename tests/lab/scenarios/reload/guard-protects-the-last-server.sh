# shellcheck shell=sh
# A reload or an override that leaves a service without any real server is refused with the reason, unless it is forced.

. "$LAB_DIRECTORY/draining-web.sh"
web "$RIP2:80"
director_start
eventually_table 10 <<T
$(service)
$(server "$RIP2")
T
# The last server of a service is too much to go by accident.
web ''
if on director ipvsctl reload >"$LAB_TMP/refused" 2>&1; then fail 'the reload was not refused'; fi
expect_contains 'the refusal' 'leaves 0 of the 1 serving real servers of web' "$(cat "$LAB_TMP/refused")"
expect_equal 'who serves on' '2 real2' "$(tally 2)"

# So it is for an order, and it says so; with --force it goes through.
last() { on director ipvsctl weight web "$RIP2" --to 0 -m 'by accident' "$@"; }
if last >"$LAB_TMP/refused" 2>&1; then fail 'the order was not refused'; fi
expect_contains 'the refusal' 'leaves 0 of the 1 serving real servers of web' "$(cat "$LAB_TMP/refused")"
expect_contains 'the refusal' 'use --force' "$(cat "$LAB_TMP/refused")"
expect_equal 'who serves on' '2 real2' "$(tally 2)"
last --force
eventually_table 5 <<T
$(service)
$(server "$RIP2" 0)
T
on director ipvsctl enable web "$RIP2"
eventually_table 5 <<T
$(service)
$(server "$RIP2")
T
