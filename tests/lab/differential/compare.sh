# shellcheck shell=sh
# Compares what the two programs made of a case. A difference is allowed where NAME.differs lists it, with the
# fault of ldirectord that it ends, and only exactly as listed there:
#
#     @ EVENT... : FAULT why
#     - line that only ldirectord has
#     + line that only ours has

# target FILE EVENT: the table that ours should come to, from that of ldirectord and what is listed.
target() {
    listed=$CASE.differs
    [ -f "$listed" ] || listed=/dev/null
    awk -v event="$2" '
        part == 1 {
            if ($1 == "@") { here = 0; for (i = 2; i <= NF && $i != ":"; i++) if ($i == event) here = 1 }
            else if (here && $1 == "-") gone[substr($0, 3)] = 1
            else if (here && $1 == "+") print substr($0, 3)
            next
        }
        $0 == "" || $0 == "(ldirectord has ended)" { next }
        $0 in gone { delete gone[$0]; next }
        { print }
        END { for (line in gone) print "(not in the table of ldirectord, though listed) " line }
    ' part=1 "$listed" part=2 "$1" | sort
}

# faults EVENT: the faults listed for it.
faults() {
    [ ! -f "$CASE.differs" ] || awk -v event="$1" '
        $1 == "@" { here = 0; for (i = 2; i <= NF && $i != ":"; i++) if ($i == event) here = 1
                    if (here) printf "%s%s", (n++ ? "," : ""), $(i + 1) }' "$CASE.differs"
}

# verdict TABLES EVENT: equal, listed FAULT or different, for the tables of that event.
verdict() {
    perl=$(grep -vx '(ldirectord has ended)' "$1/$2.perl")
    ours=$(cat "$1/$2.ours")
    if [ "$ours" != "$TARGET" ]; then
        echo different
        {
            echo "after $2:"
            diff -U 99 --label ldirectord --label ours "$1/$2.perl" "$1/$2.ours" || :
            [ "$TARGET" = "$perl" ] || printf 'but with what %s lists it should be\n%s\n' "${CASE##*/}.differs" "$TARGET"
        } >>"$LAB_RESULTS/${CASE##*/}.different"
    elif [ "$perl" = "$ours" ]; then
        if [ -n "$(faults "$2")" ]; then echo "different stale"; else echo equal; fi
    else
        echo "listed $(faults "$2")"
    fi
}

# outcome NAME: the counts of a case in words.
outcome() {
    awk '{ count[$2]++ } END { printf "%d equal, %d listed, %d different", count["equal"], count["listed"], count["different"] }' \
        "$LAB_RESULTS/$1.events"
}
