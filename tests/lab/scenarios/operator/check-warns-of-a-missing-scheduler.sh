# shellcheck shell=sh
# `ipvsctl check` and `plan` name a scheduler that this kernel does not have, before anything is applied, and no scheduler that it
# has. `check --strict` fails then.

# with_schedulers NAME...: a configuration with these, a service each.
with_schedulers() {
    echo 'services:'
    port=40
    for scheduler in "$@"; do
        port=$((port + 1))
        echo "  - {listen: 'tcp://$VIP:$port', scheduler: $scheduler, forwarding: nat, check: none, real_servers: ['$RIP1:7', '$RIP2:7']}"
    done
}
with_schedulers twos | put director "$LAB_TMP/director/twos.yaml"
with_schedulers rr wrr lc wlc sed nq fo ovf sh mh dh lblc lblcr | put director "$LAB_TMP/director/all.yaml"
if has_module director ip_vs_twos; then
    expect_not on director sh -c "ipvsctl check '$LAB_TMP/director/twos.yaml' 2>&1 | grep -q 'this kernel has no'"
else
    for command in check plan; do
        expect_contains "what $command says" "this kernel has no scheduler twos" "$(on director ipvsctl "$command" "$LAB_TMP/director/twos.yaml" 2>&1)"
    done
    expect_not on director ipvsctl check --strict "$LAB_TMP/director/twos.yaml"
fi
expect_not on director sh -c "ipvsctl check '$LAB_TMP/director/all.yaml' 2>&1 | grep -q 'this kernel has no'"
