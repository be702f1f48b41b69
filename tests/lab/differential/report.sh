# shellcheck shell=sh
# The cases, and what the lanes left for each of them as a table of files and events. Needs DIFFERENTIAL, the suite's
# directory, and CASES for everything about a table.

. "$LAB_DIRECTORY/differential/events.names"

all_cases() {
    (cd "$DIFFERENTIAL/cases" && ls -- *.cf) | sed -n '/\.reload\.cf$/!s/\.cf$//p'
}

# Every sixth case, for every run of the tests: neighbours are alike, so the sixth has something of almost everything. A third
# took a quarter of the time that all tests may take.
sixth() {
    all_cases | awk 'NR % 6 == 1'
}

# share NUMBER OF: of the cases of standard input every OFth, from the NUMBERth on.
share() {
    awk -v number="$1" -v of="$2" 'NR % of == number - 1'
}

# cell DIRECTORY CASE EVENT
cell() {
    found=$(sed -n "s/^$3 //p" "$1/$2.events" 2>/dev/null) || found=""
    echo "${found:-unfinished}"
}

# about CASE: its first line of comment.
about() {
    sed -n '1s/^# *//p' "$DIFFERENTIAL/cases/$1.cf"
}

# row DIRECTORY CASE
row() {
    printf '| %s |' "$2"
    for column in $EVENTS; do printf ' %s |' "$(cell "$1" "$2" "$column")"; done
    printf ' %s |\n' "$(about "$2")"
}

# results_table DIRECTORY: one row for each of CASES.
results_table() {
    printf '| file |'
    for column in $EVENTS; do printf ' %s |' "$column"; done
    printf ' about |\n|---|'
    for column in $EVENTS; do printf '%s' '---|'; done
    printf '%s\n' '---|'
    for case in $CASES; do row "$1" "$case"; done
}

# results_counts TABLE-FILE: how many cells are equal, listed, anything else.
results_counts() {
    awk -F' *[|] *' -v events="$(echo "$EVENTS" | wc -w)" '
        NR > 2 { for (i = 3; i < 3 + events; i++) if ($i == "equal") equal++; else if ($i ~ /^listed/) listed++; else other++ }
        END { print equal + 0, listed + 0, other + 0 }' "$1"
}

# passed_cases TABLE-FILE: how many rows have nothing but equal and listed.
passed_cases() {
    sed 1,2d "$1" | grep -cvE '[|] (different|unfinished)' || :
}

# as_committed TABLE-FILE: what was seen is what RESULTS.md holds; a row that is not there yet is nothing to compare with.
as_committed() {
    same=0
    for case in $CASES; do
        committed=$(grep -F "| $case |" "$DIFFERENTIAL/RESULTS.md" 2>/dev/null | head -n 1)
        seen=$(grep -F "| $case |" "$1")
        if [ "${committed:-$seen}" != "$seen" ]; then
            echo "differential: RESULTS.md has another row for $case; run the whole suite"
            same=1
        fi
    done
    return $same
}

# results_page TABLE-FILE: what RESULTS.md holds.
results_page() {
    # shellcheck disable=SC2046 # three words
    set -- "$1" $(results_counts "$1")
    cat <<P
# ldirectord of Debian and ours, side by side

Written by \`make differential\`; not to be edited. For each file of \`cases/\` Debian's ldirectord and ours went through the
same events on the same lab network. After each event the tables they had settled on were compared, as
\`ipvsadm -S -n\` prints them: **equal**, **listed** (a difference that the file's \`.differs\` describes line by line,
with the fault of ldirectord that it ends) or **different**.

$CASES_COUNT files, $2 equal, $3 listed, $4 different.

P
    cat "$1"
    printf '\n## What is listed\n\n| file | after | fault | what ldirectord does |\n|---|---|---|---|\n'
    for case in $CASES; do
        listed=$DIFFERENTIAL/cases/$case.differs
        [ ! -f "$listed" ] || sed -n "s/^@ \\(.*\\) : \\([^ ]*\\) \\(.*\\)/| $case | \\1 | \\2 | \\3 |/p" "$listed"
    done
}
