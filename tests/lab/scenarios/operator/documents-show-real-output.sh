# shellcheck shell=sh
# The documents show what the programs print: each `director# COMMAND` of README.md and docs runs on a director of the
# founding example whose server real1 has failed, and its output is compared. Times and counters are not.

start_founding_director
web_stop real1
eventually_table 5 <<T
$(service)
$(server "$RIP2")
T
eventually 10 status_says 'connection refused'

# masked: without what differs from run to run, and without the width of columns that depends on it.
masked() {
    sed -E -e 's/[0-9]+m[0-9]+s|[0-9.]+ (ms|s)/TIME/g' -e 's/size=[0-9]+/size=N/' -e 's/ [0-9]+\/[0-9]+( |$)/ COUNTS\1/' \
        -e 's/([0-9]{2}:){2}[0-9]{2}/CLOCK/' \
        -e 's/(Masq +[0-9]+) +[0-9]+ +[0-9]+ *$/\1 COUNTS/' -e 's/ +/ /g' -e 's/ $//'
}

# shown FILE NUMBER: the lines below the command of that number, counted over the file.
shown() {
    awk -v wanted="$2" '
        /^```/ { open = 0 }
        /^director# / { open = ++number == wanted; next }
        open { print }' "$1"
}

# prints_it COMMAND EXPECTED: the command prints that; `printed` is what it did.
prints_it() {
    printed=$(on director sh -c "$1" 2>&1 </dev/null | masked)
    [ "$printed" = "$2" ]
}

count=0
for page in "$LAB_ROOT/README.md" "$LAB_ROOT"/docs/*.md; do
    number=0
    grep '^director# ' "$page" >"$LAB_TMP/commands" || continue
    while IFS= read -r line; do
        number=$((number + 1)) count=$((count + 1))
        expected=$(shown "$page" "$number" | masked)
        # While a probe runs, the column of the next one is empty: there is more than one true output.
        within 10 prints_it "${line#director# }" "$expected" || expect_equal "${page##*/}: $line" "$expected" "$printed"
    done <"$LAB_TMP/commands"
done
[ "$count" -gt 0 ] || fail 'no document shows a command of the director'
