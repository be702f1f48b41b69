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
# crossing VIP-FOR-IPv4 VIP-FOR-IPv6: FORWARDING|FAMILIES|PROTOCOL|SERVICE without a tunnel, the VIPs for servers of these
# families; a port or a mark of its own each, so that nothing but the families stands against a service.
crossing() {
    awk -F'|' -v for4="$1" -v for6="$2" -v protocols="$ROAD_PROTOCOLS probe" '
        function services(families, vip, server, count, protocol, i, listen) {
            count = split(protocols, protocol, " ")
            for (i = 1; i <= count; i++) {
                number++
                listen = (protocol[i] == "probe" ? "tcp" : protocol[i]) "://" vip ":" number
                if (protocol[i] == "fwmark") listen = (vip ~ /:/ ? "fwmark6:" : "fwmark:") number
                print $1 "|" families "|" protocol[i] "|  - {listen: \"" listen "\", scheduler: rr, forwarding: " $2 ", check: " \
                    (protocol[i] == "probe" ? "{http: {path: /where}, via: vip, test_mtu: true}" : "none") \
                    ", real_servers: [\"" server (protocol[i] == "fwmark" ? "" : ":" number) "\"]}"
            }
        }
        { services("IPv6 in IPv4", for4, $3); services("IPv4 in IPv6", for6, "[" $4 "]") }' <<R
NAT|nat|$RIP1|$RIP61
direct routing|dr|$DIRECT_RIP1|$DIRECT_RIP61
local node|dr|$DIRECTOR_FRONT|$DIRECTOR_FRONT6
R
}
crossing "[$VIP6]" "$VIP" >"$LAB_TMP/crossing"
{ echo 'services:'; cut -d'|' -f4 "$LAB_TMP/crossing"; } | put director "$LAB_TMP/director/crossing.yaml"
said=$(on director ipvsctl check "$LAB_TMP/director/crossing.yaml" 2>&1) && fail 'crossed families without a tunnel were accepted'
# The first line of the file is no service.
printf '%s\n' "$said" | awk -F'|' '
    FNR == NR && /only tunnels cross address families/ { crosses = 1 }
    FNR == NR && /^ *--> / { split($0, place, ":"); if (crosses) refused[place[2] - 1] = 1; crosses = 0 }
    FNR == NR { next }
    { print $1 "|" $2 "|" $3 "|" (FNR in refused ? "refused: only tunnels cross families" : "accepted") }' \
    - "$LAB_TMP/crossing" >"$LAB_TMP/crossing.cells"
cells <"$LAB_TMP/crossing.cells"
expect_equal 'crossed families that are accepted' '' "$(grep '|accepted$' "$LAB_TMP/crossing.cells" || true)"
{ echo 'services:'; crossing "$VIP" "[$VIP6]" | cut -d'|' -f4; } | put director "$LAB_TMP/director/crossing.yaml"
expect on director ipvsctl check --strict "$LAB_TMP/director/crossing.yaml"

# Probes take the same roads: on an empty table a server comes in when it has answered for the VIP.
director_stop
on director ipvsadm -C
road_probed_definitions | director_define
director_start
servers=$(awk -F'|' '{ n += $7 ? 2 : 1 } END { print n }' "$ROADS")
answered() { on director ipvsctl save -n | grep '^-a -t .* -w 1' >"$LAB_TMP/answered"; }
all_answered() { answered && [ "$(wc -l <"$LAB_TMP/answered")" -eq "$servers" ]; }
within 30 all_answered || on director ipvsctl status
awk -F'|' '
    FILENAME ~ /answered$/ { split($0, word, " "); up[word[3]]++; next }
    {
        count = $7 ? 2 : 1
        came = up[($2 ~ /:/ ? "[" $2 "]" : $2) ":80"] + 0
        print $3 "|" $4 "|probe|" (came == count ? "ok" : "of " count " servers " came " came in")
    }' "$LAB_TMP/answered" "$ROADS" >"$LAB_TMP/probe.cells"
cells <"$LAB_TMP/probe.cells"
director_stop
expect_equal 'the table after a stop' '' "$(on director ipvsadm -S -n)"

unused=$(road_counters_at_zero real1) || true
[ -z "$unused" ] || fail "real1 has got no packet of these kinds:
$unused"
bad=$(grep -hv '|ok$' "$LAB_TMP/cells" "$LAB_TMP/probe.cells") || true
[ -z "$bad" ] || fail "these roads do not lead there and back:
$bad"
