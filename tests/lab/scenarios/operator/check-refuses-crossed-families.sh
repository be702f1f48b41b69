# shellcheck shell=sh
# `ipvsctl check` refuses an IPv6 service with IPv4 servers, and the reverse, where no tunnel carries one family in the other.

. "$LAB_DIRECTORY/forwarding-paths.sh"
# The local node is direct routing to an address of the director.
# crossing VIP-FOR-IPv4 VIP-FOR-IPv6: FORWARDING|FAMILIES|PROTOCOL|SERVICE without a tunnel, the VIPs for servers of these
# families; a port or a mark of its own each, so that nothing but the families stands against a service.
crossing() {
    awk -F'|' -v for4="$1" -v for6="$2" -v protocols="$PATH_PROTOCOLS probe" '
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
