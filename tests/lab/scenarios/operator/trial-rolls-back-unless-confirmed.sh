# shellcheck shell=sh
# A configuration applied with `--confirm` is rolled back when time is up, by `ipvsctl rollback` and by a restart of ipvsd,
# unless it was confirmed. A plan shows beforehand which connections are affected.

ctl() { on director ipvsctl "$@"; }
status_of() { "$@" >/dev/null 2>&1 && echo 0 || echo $?; }

start_founding_director cleanstop=no
new=$LAB_TMP/director/new.cf
fast_definitions cleanstop=no | sed "/real=$RIP2/d" | put director "$new"
fast_definitions cleanstop=no forwarding=nonsense | sed 's/masq/nonsense/' | put director "$LAB_TMP/director/bad.cf"
without_second=$(service; server "$RIP1")

download_start first
download_start second
planned=$(ctl plan "$new")
expect_contains 'the plan' "1. delete  tcp $VIP:80  $RIP2:80" "$planned"
expect_contains 'the plan' 'ends 1 active and 0 inactive connections' "$planned"

expect_contains 'what apply says' 'on trial for 4.0 s' "$(ctl apply "$new" --confirm 4s)"
eventually_table 5 <<T
$without_second
T
founding_table | eventually_table 20
eventually_log 5 'was not confirmed in time'

# The daemon ends in between.
ctl apply "$new" --confirm 30m >/dev/null
eventually_table 5 <<T
$without_second
T
expect_contains 'the status' 'ON TRIAL' "$(ctl status)"
expect_equal 'the status of a reload on trial' 3 "$(status_of ctl reload)"
director_kill
director_start
founding_table | eventually_table 10

# By word, and with faults.
ctl apply "$new" --confirm 30m >/dev/null
eventually_table 5 <<T
$without_second
T
ctl rollback
founding_table | eventually_table 10
expect_equal 'the status of a roll-back without a trial' 3 "$(status_of ctl rollback)"
expect_equal 'the status of faulty definitions' 2 "$(status_of ctl apply "$LAB_TMP/director/bad.cf")"
expect_equal 'the status of a trial of the own file' 2 "$(status_of ctl apply "$DEFINITIONS" --confirm 1m)"
expect_not on director test -e "$LAB_TMP/director/.candidate-definitions.cf"
founding_table | throughout_table 1

# Confirmed, they are what a restart reads; the former ones lie beside them. Nothing else can be applied in between.
ctl apply "$new" --confirm 30m >/dev/null
expect_equal 'the status of another apply on trial' 3 "$(status_of ctl apply "$new")"
ctl confirm
expect on director cmp "$new" "$DEFINITIONS"
expect on director test -e "$DEFINITIONS.former"
director_kill
director_start
eventually_table 5 <<T
$without_second
T
