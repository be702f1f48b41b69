# shellcheck shell=sh disable=SC2016,SC2034
# Every road from a client through the director to a real server and back: forwarding method, address families,
# protocol. One line of `roads` is one road; each has a VIP of its own, so that all of them stand side by side in one
# definitions file and one walk of the client passes over all. Leaves what is expected of a road to the scenario.
#
# Real servers here are on the front network and on tunnels of every kind at once. What they answer from their own
# address (NAT) goes back through the director, by a rule of their routing; from a VIP it goes straight to the client.

ROAD_PROTOCOLS='tcp udp sctp fwmark'
ROAD_ECHO_PORT=7
ROAD_WEB_PORT=80
ROAD_MARKED_PORT=443
ROAD_GUE_PORT=6080
ROADS=$LAB_TMP/roads

# road_kinds: NUMBER FORWARDING-IN-YAML KIND of each kind of tunnel. The number is in the servers' addresses.
road_kinds() {
    cat <<K
1 tunnel                                             ipip
2 {tunnel: gue, port: $ROAD_GUE_PORT}                    gue
3 {tunnel: gue, port: $ROAD_GUE_PORT, checksum: on}      gue with checksum
4 {tunnel: gue, port: $ROAD_GUE_PORT, checksum: remote}  gue with remote checksum
5 {tunnel: gre}                                      gre
6 {tunnel: gre, checksum: on}                        gre with checksum
K
}

# roads: every road that the kernel has: NUMBER|VIP|FORWARDING|FAMILY|FORWARDING-IN-YAML|SERVER|SERVER.
roads() {
    {
        echo "NAT|IPv4|nat|$RIP1|$RIP2"
        echo "NAT|IPv6|nat|$RIP61|$RIP62"
        echo "direct routing|IPv4|dr|$DIRECT_RIP1|$DIRECT_RIP2"
        echo "direct routing|IPv6|dr|$DIRECT_RIP61|$DIRECT_RIP62"
        echo "local node|IPv4|dr|$DIRECTOR_FRONT|"
        echo "local node|IPv6|dr|$DIRECTOR_FRONT6|"
        road_kinds | sed 's/  */ /; s/  /|/; s/| */|/' | awk -v four="$TUNNELS4" -v six="$TUNNELS6" '
            { number = $1; sub(/^[0-9]+ /, ""); split($0, part, "|") }
            {
                outer4 = four "." number ".4|" four "." number ".5"
                outer6 = six ":" number "::4|" six ":" number "::5"
                print part[2] "|IPv4|" part[1] "|" outer4
                print part[2] "|IPv6|" part[1] "|" outer6
                print part[2] "|IPv6 in IPv4|" part[1] "|" outer4
                print part[2] "|IPv4 in IPv6|" part[1] "|" outer6
            }'
    } | awk -F'|' -v four="$ROAD_VIP4" -v six="$ROAD_VIP6" '
        { print NR "|" ($2 ~ /^IPv4/ ? four "." 100 + NR : six ":" 100 + NR) "|" $0 }'
}

# road_definitions: one service for each road and protocol; road N is firewall mark N.
road_definitions() {
    echo 'services:'
    awk -F'|' -v web=$ROAD_WEB_PORT -v echo=$ROAD_ECHO_PORT '
        function service(listen) {
            print "  - {listen: \"" listen "\", scheduler: rr, check: none, forwarding: " $5 ","
            print "     real_servers: [\"" $6 "\"" ($7 ? ", \"" $7 "\"" : "") "]}"
        }
        {
            vip = $2 ~ /:/ ? "[" $2 "]" : $2
            service("tcp://" vip ":" web); service("udp://" vip ":" echo); service("sctp://" vip ":" echo)
            service(($2 ~ /:/ ? "fwmark6:" : "fwmark:") $1)
        }' "$ROADS"
}

# road_probed_definitions: the TCP service of each road, its servers asked by that road with questions that fill a packet.
road_probed_definitions() {
    echo 'services:'
    awk -F'|' -v web=$ROAD_WEB_PORT '
        {
            vip = $2 ~ /:/ ? "[" $2 "]" : $2
            print "  - {listen: \"tcp://" vip ":" web "\", scheduler: rr, on_stop: remove, forwarding: " $5 ","
            print "     check: {http: {path: /where}, via: vip, test_mtu: true, every: 1s, timeout: 5s},"
            print "     real_servers: [\"" $6 "\"" ($7 ? ", \"" $7 "\"" : "") "]}"
        }' "$ROADS"
}

# road_questions: what the client asks; each road is asked as often as it has servers.
road_questions() {
    awk -F'|' -v web=$ROAD_WEB_PORT -v marked=$ROAD_MARKED_PORT -v echo=$ROAD_ECHO_PORT -v four="$CIP" -v six="$CIP6" '
        {
            count = $7 ? 2 : 1
            print "ask " $1 "/tcp http " $2, web, count
            print "ask " $1 "/udp udp " $2, echo, count
            print "ask " $1 "/sctp sctp " $2, echo, count, $2 ~ /:/ ? six : four
            print "ask " $1 "/fwmark http " $2, marked, count
        }' "$ROADS"
}

# road_vips AWK-CONDITION: the VIPs of those roads.
road_vips() {
    awk -F'|' "$1 { print \$2 }" "$ROADS"
}

# --- Who asks and who answers -----------------------------------------------------------------------

# echo_start HOST PORTS ADDRESS...: HOST answers with its name and the address asked, over TCP, UDP and SCTP.
echo_start() {
    echo_host=$1
    echo_ports=$2
    shift 2
    spawn "$echo_host" echo "$LAB_DIRECTORY/echo" "$LAB_TMP/$echo_host/echo.ready" "$echo_host" "$echo_ports" "$@"
    eventually 10 on "$echo_host" test -e "$LAB_TMP/$echo_host/echo.ready"
}

# call: the client asks what standard input says, in the words of tests/lab/caller; prints the answers.
call() {
    on client "$LAB_DIRECTORY/caller"
}

# cells: what came of roads, FORWARDING|FAMILY|PROTOCOL|RESULT a line on standard input, for MATRIX.md.
cells() {
    sed "s#^#$SCENARIO|#" >>"$LAB_RESULTS/$SCENARIO.cells"
}

# --- Hosts ------------------------------------------------------------------------------------------

# roads_up: the director, real1 and real2 are ready for every road.
roads_up() {
    # The kernel loads all other modules by itself.
    for road_host in director real1 real2; do load_modules "$road_host" fou fou6; done
    roads >"$ROADS"
    road_director | on director ip -batch -
    road_marks '$2 !~ /:/' iptables-legacy-restore
    road_marks '$2 ~ /:/' ip6tables-legacy-restore
    road_server real1 4 "$RIP1" "$RIP61" "$DIRECT_RIP1" "$DIRECT_RIP61"
    road_server real2 5 "$RIP2" "$RIP62" "$DIRECT_RIP2" "$DIRECT_RIP62"
    WEB_SERVERS="$WEB_SERVERS
director director"
    web_listen "$ROAD_WEB_PORT $ROAD_MARKED_PORT" real1 real2 director
    # shellcheck disable=SC2046 # one word each
    echo_start director $ROAD_ECHO_PORT $(road_vips '$3 == "local node"')
}

# addresses_on DEVICE: the commands of ip that give it those of standard input.
addresses_on() {
    awk -v device="$1" '{ print "address add " $1 (/:/ ? "/128" : "/32") " dev " device (/:/ ? " nodad" : "") }'
}

road_director() {
    road_vips 1 | addresses_on front
    for number in 1 2 3 4 5 6; do
        echo "route add $TUNNELS4.$number.4/32 via $RIP1"
        echo "route add $TUNNELS4.$number.5/32 via $RIP2"
        echo "route add $TUNNELS6:$number::4/128 via $RIP61"
        echo "route add $TUNNELS6:$number::5/128 via $RIP62"
    done
}

# road_marks AWK-CONDITION COMMAND: packets to the marked port of road N's VIP get mark N.
road_marks() {
    {
        echo '*mangle'
        awk -F'|' -v port=$ROAD_MARKED_PORT "$1"' { print "-A PREROUTING -p tcp -d " $2 " --dport " port " -j MARK --set-mark " $1 }' "$ROADS"
        echo COMMIT
    } | on director "$2"
}

# road_server HOST LAST RIP RIP6 FRONT FRONT6: LAST is its part of the tunnels' addresses.
road_server() {
    on "$1" sh -c 'cd /proc/sys/net/ipv4/conf/all && echo 1 >arp_ignore && echo 2 >arp_announce && echo 0 >rp_filter'
    road_own_vips=$(road_vips '$3 !~ /NAT|local/')
    {
        echo "address add $5/24 dev front"
        echo 'link set front up'
        echo "address add $6/64 dev front nodad"
        echo "rule add from $3 table 100"
        echo "route add default via $DIP table 100"
        echo "route add default via $DIP6 table 100"
        echo "$road_own_vips" | addresses_on lo
        road_kinds | while read -r number yaml; do
            echo "address add $TUNNELS4.$number.$2/32 dev lo"
            echo "address add $TUNNELS6:$number::$2/128 dev lo nodad"
            road_tunnel "$number" "$yaml" "$TUNNELS4.$number.$2" "$TUNNELS6:$number::$2"
        done
    } | on "$1" ip -batch -
    on "$1" ip -6 rule add from "$4" table 100
    on "$1" ip fou add port $ROAD_GUE_PORT gue
    on "$1" ip -6 fou add port $ROAD_GUE_PORT gue
    # shellcheck disable=SC2086 # one word each
    echo_start "$1" $ROAD_ECHO_PORT "$3" "$4" $road_own_vips
}

# road_tunnel NUMBER KIND LOCAL LOCAL6: the devices that unpack this kind. What gue carries is unpacked by the devices
# of the packets in it, once the port is known as one of gue.
road_tunnel() {
    sum=''
    case $2 in
    *'gre with checksum') sum=' icsum' ;;
    esac
    case $2 in
    *gre*)
        echo "link add road$1 type gre local $3$sum"
        echo "link add road$1-6 type ip6gre local $4$sum"
        ;;
    *)
        echo "link add road$1 type ipip local $3"
        echo "link add road$1-s type sit local $3"
        echo "link set road$1-s up"
        echo "link add road$1-6 type ip6tnl local $4 mode any"
        ;;
    esac
    echo "link set road$1 up"
    echo "link set road$1-6 up"
}

# road_counters HOST LAST: counts there what comes through tunnels, a rule for each road, by the outer packet.
road_counters() {
    for family in 4 6; do
        {
            echo '*mangle'
            awk -F'|' -v host="$2" -v family=$family -v gue=$ROAD_GUE_PORT '
                $3 !~ /^(gue|gre|ipip)/ { next }
                {
                    split($6, outer, "|")
                    if (($6 ~ /:/) != (family == 6)) next
                    inner = $2 ~ /:/ ? 41 : 4
                    what = $3 ~ /^gue/ ? "udp --dport " gue : $3 ~ /^gre/ ? 47 : inner
                    print "-A INPUT -d " $6 " -p " what " -m comment --comment road" $1
                }' "$ROADS"
            echo COMMIT
        } | on "$1" "ip${family%4}tables-legacy-restore"
    done
}

# road_counters_at_zero HOST: the rules that have counted nothing.
road_counters_at_zero() {
    for family in 4 6; do on "$1" "ip${family%4}tables-legacy-save" -c -t mangle; done | grep -F '[0:0] -A INPUT'
}
