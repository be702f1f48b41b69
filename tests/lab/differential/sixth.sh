# shellcheck shell=sh
# The fixed sixth of the differential suite as scenarios of the lab: a share of it in lanes of its own, each with hosts of
# its own, and a failure where anything else comes out than in RESULTS.md. Leaves the cases to lane.

DIFFERENTIAL=$LAB_DIRECTORY/differential
. "$LAB_DIRECTORY/differential/report.sh"

# sixth_is_equal NUMBER OF: every OFth case of the sixth, from the NUMBERth on.
sixth_is_equal() {
    CASES=$(sixth | share "$1" "$2")
    left=$LAB_RESULTS/differential-$1
    mkdir -p "$left"
    # shellcheck disable=SC2086 # one word each
    LAB_RESULTS=$left LAB_LANES=${LAB_LANES:-5} sh "$DIFFERENTIAL/lanes" $CASES
    results_table "$left" >"$left/table"
    cat "$left/table"
    as_committed "$left/table" || fail 'this is not what RESULTS.md says'
    expect_equal 'cases without a difference' "$(echo "$CASES" | wc -l)" "$(passed_cases "$left/table")"
}
