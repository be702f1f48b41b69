# shellcheck shell=sh
# A table that is right is not written: not at a start, not by checks and resyncs, not at a reload of the same configuration.
# The kernel proves it: any write to a server restarts the cycle of wrr.

fast_definitions | sed "
    s/real=$RIP1:80 masq/& 4/
    s/real=$RIP2:80 masq/& 2/
    s/scheduler=rr/scheduler=wrr/" | director_define
whole=$(service wrr; server "$RIP1" 4; server "$RIP2" 2)
director_start
echo "$whole" | eventually_table 5

cycle=$(answers 6)
expect_equal 'the next cycle' "$cycle" "$(answers 6)"

# The witness can see: a write that changes nothing in the listing breaks the cycle.
answers 2 >/dev/null
on director ipvsadm -e -t "$VIP:80" -r "$RIP1:80" -m -w 4
expect_equal 'the cycle after a write' "$(echo "$cycle" | head -n 4)" "$(answers 4)"
expect table_is "$whole"
answers 2 >/dev/null

begin=$(answers 2)
director_kill
director_start
echo "$whole" | throughout_table 3
director_reload
# Longer than the 10 s between two readings of the whole table.
echo "$whole" | throughout_table 11
expect_equal 'the cycle over start, reload and watch' "$cycle" "$(echo "$begin"; answers 4)"

written=$(director_log | sed '1,/starting/d; /starting/,$!d' | grep -E '(add|edit|delete)  ' || :)
expect_equal 'operations in the log since the second start' '' "$written"
