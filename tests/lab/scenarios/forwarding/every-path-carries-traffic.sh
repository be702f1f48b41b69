# shellcheck shell=sh
# NAT, direct routing, local node and every kind of tunnel carry TCP, UDP, SCTP and marked packets of both families, and each answer
# comes from where it should. All of them are services of one configuration.

. "$LAB_DIRECTORY/forwarding-paths.sh"
paths_up
path_counters real1 4
expect_equal 'paths through tunnels whose packets are counted' 24 "$(path_counters_at_zero real1 | wc -l)"
export DEFINITIONS="$LAB_TMP/director/paths.yaml"
path_definitions | director_define
director_start
eventually 20 table_complete
path_questions | call >"$LAB_TMP/answers"

# NAT lets the server see its own address, all else leaves the VIP in the packet; both servers take their turns.
awk -F'|' '
    FNR == NR { label = $0; sub(/: .*/, "", label); sub(/^[^:]*: /, ""); said[label] = $0; next }
    {
        wanted[1] = "real1 " $2 ", real2 " $2; wanted[2] = "real2 " $2 ", real1 " $2
        if ($3 == "NAT") { wanted[1] = "real1 " $6 ", real2 " $7; wanted[2] = "real2 " $7 ", real1 " $6 }
        if ($3 == "local node") { wanted[1] = wanted[2] = "director " $2 }
        split("tcp udp sctp fwmark", protocols, " ")
        for (i = 1; i <= 4; i++) {
            answer = said[$1 "/" protocols[i]]
            good = answer == wanted[1] || answer == wanted[2]
            print $3 "|" $4 "|" protocols[i] "|" (good ? "ok" : answer)
        }
    }' "$LAB_TMP/answers" "$PATHS" >"$LAB_TMP/cells"
cells <"$LAB_TMP/cells"

unused=$(path_counters_at_zero real1) || true
[ -z "$unused" ] || fail "real1 has got no packet of these kinds:
$unused"
bad=$(grep -v '|ok$' "$LAB_TMP/cells") || true
[ -z "$bad" ] || fail "these paths do not lead there and back:
$bad"
