# shellcheck shell=sh
# `ipvsctl plan` changes nothing and shows what the daemon then does, for both configuration formats.

plan() {
    on director ipvsctl plan "$@"
}

expect_plan_status() {
    status=0
    plan --exit-code "$2" >/dev/null || status=$?
    expect_equal "the exit status of a plan $1" "$3" "$status"
}

yaml=$LAB_TMP/director/definitions.yaml
fast_definitions | director_define
put director "$yaml" <"$LAB_ROOT/examples/nat-round-robin.yaml"

# As `on_failure: remove` in the YAML file wants it.
load_modules director ip_vs
sysctl_on director net.ipv4.vs.expire_nodest_conn=1

for file in "$DEFINITIONS" "$yaml"; do
    expect_equal "the plan for an empty table from $file" "$(
        cat <<P
1. add     tcp $VIP:80  rr
2. add     tcp $VIP:80  $RIP1:80  masq weight 1   (when it answers)
3. add     tcp $VIP:80  $RIP2:80  masq weight 1   (when it answers)
3 changes; no effect on connections
P
    )" "$(plan "$file")"
    expect_plan_status 'with changes' "$file" 1
done
expect_equal 'the table after plans' '' "$(table)"
promised=$(plan --assume up --output ipvsadm "$DEFINITIONS")

director_start
eventually_table 10 <<T
$promised
T
expect_equal 'the table that the plan sees' "$promised" "$(plan --output ipvsadm "$DEFINITIONS")"
for file in "$DEFINITIONS" "$yaml"; do
    expect_equal "the plan for the table of the daemon from $file" 'nothing to change' "$(plan "$file")"
    expect_plan_status 'without changes' "$file" 0
done

# Without its daemon, which would repair it meanwhile, the table is changed by hand.
director_kill
on director ipvsadm -E -t "$VIP:80" -s wrr
on director ipvsadm -d -t "$VIP:80" -r "$RIP1:80"
expect_contains 'the plan after a change' "edit    tcp $VIP:80  wrr -> rr" "$(plan "$DEFINITIONS")"
expect_contains 'the plan after a change' "add     tcp $VIP:80  $RIP1:80  masq weight 1" "$(plan "$DEFINITIONS")"
