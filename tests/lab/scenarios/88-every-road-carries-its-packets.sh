# shellcheck shell=sh
# NAT, direct routing, local node and every kind of tunnel carry TCP, UDP, SCTP and marked packets of both families, and
# each answer comes from where it should: all roads stand side by side in one file, and the client walks them all, and
# then the probes do.

. "$LAB_DIRECTORY/roads.sh"
roads_up
road_counters real1 4
expect_equal 'roads through tunnels whose packets are counted' 24 "$(road_counters_at_zero real1 | wc -l)"
export DEFINITIONS="$LAB_TMP/director/roads.yaml"
road_definitions | director_define
director_start
services=$(($(wc -l <"$ROADS") * 4))
all_services() { [ "$(on director ipvsadm -S -n | grep -c '^-A')" -eq $services ]; }
eventually 20 all_services
road_questions | call >"$LAB_TMP/answers"

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
    }' "$LAB_TMP/answers" "$ROADS" >"$LAB_TMP/cells"
cells <"$LAB_TMP/cells"

# What cannot be is said before anything is applied. The local node is direct routing to an address of the director.
mixed_services() {
    echo 'services:'
    for forwarding in nat dr; do
        for pair in "[$VIP6] $RIP1" "$VIP [$RIP61]"; do
            for listen in "tcp://${pair% *}:80" "udp://${pair% *}:80" "sctp://${pair% *}:80"; do
                echo "  - {listen: '$listen', forwarding: $forwarding, check: none, real_servers: ['${pair#* }:80']}"
            done
        done
        echo "  - {listen: 'fwmark6:1', forwarding: $forwarding, check: none, real_servers: ['$RIP1:80']}"
        echo "  - {listen: 'fwmark:1', forwarding: $forwarding, check: none, real_servers: ['[$RIP61]:80']}"
    done
}
mixed_services | put director "$LAB_TMP/director/mixed.yaml"
said=$(on director ipvsctl check "$LAB_TMP/director/mixed.yaml" 2>&1) && fail 'mixed families without a tunnel were accepted'
refused=$(printf '%s\n' "$said" | grep -c 'only tunnels cross address families') || true
expect_equal 'mixed families that were refused' 16 "$refused"
for forwarding in NAT 'direct routing' 'local node'; do
    for families in 'IPv6 in IPv4' 'IPv4 in IPv6'; do
        for protocol in $ROAD_PROTOCOLS probe; do
            echo "$forwarding|$families|$protocol|refused: only tunnels cross families"
        done
    done
done | cells

# Probes take the same roads: on an empty table a server comes in when it has answered for the VIP.
director_stop
on director ipvsadm -C
road_probed_definitions | director_define
director_start
servers=$(awk -F'|' '{ n += $7 ? 2 : 1 } END { print n }' "$ROADS")
answered() { on director ipvsctl save -n | grep -c '^-a -t .* -w 1' || true; }
all_answered() { [ "$(answered)" -eq "$servers" ]; }
within 30 all_answered || fail "of $servers servers $(answered) are up: $(on director ipvsctl status)"
awk -F'|' '{ print $3 "|" $4 "|probe|ok" }' "$ROADS" | cells
director_stop
expect_equal 'the table after a stop' '' "$(on director ipvsadm -S -n)"

unused=$(road_counters_at_zero real1) || true
[ -z "$unused" ] || fail "real1 has got no packet of these kinds:
$unused"
bad=$(grep -v '|ok$' "$LAB_TMP/cells") || true
[ -z "$bad" ] || fail "these roads do not lead there and back:
$bad"
