# shellcheck shell=sh disable=SC2016,SC2034
# Every path from a client through the director to a real server and back: forwarding method, address families,
# protocol. One line of `forwarding_paths` is one path; each has a VIP of its own, so that all of them stand side by side in one
# definitions file and one walk of the client passes over all. Leaves what is expected of a path to the scenario.
#
# Real servers here are on the front network and on tunnels of every kind at once. What they answer from their own
# address (NAT) goes back through the director, by a rule of their routing; from a VIP it goes straight to the client.

PATH_PROTOCOLS='tcp udp sctp fwmark'
PATH_ECHO_PORT=7
PATH_WEB_PORT=80
PATH_MARKED_PORT=443
PATH_GUE_PORT=6080
PATHS=$LAB_TMP/paths

# path_kinds: NUMBER FORWARDING-IN-YAML KIND of each kind of tunnel. The number is in the servers' addresses.
path_kinds() {
    cat <<K
1 tunnel                                             ipip
2 {tunnel: gue, port: $PATH_GUE_PORT}                    gue
3 {tunnel: gue, port: $PATH_GUE_PORT, checksum: on}      gue with checksum
4 {tunnel: gue, port: $PATH_GUE_PORT, checksum: remote}  gue with remote checksum
5 {tunnel: gre}                                      gre
6 {tunnel: gre, checksum: on}                        gre with checksum
K
}

# forwarding_paths: every path that the kernel has: NUMBER|VIP|FORWARDING|FAMILY|FORWARDING-IN-YAML|SERVER|SERVER.
forwarding_paths() {
    {
        echo "NAT|IPv4|nat|$RIP1|$RIP2"
        echo "NAT|IPv6|nat|$RIP61|$RIP62"
        echo "direct routing|IPv4|dr|$DIRECT_RIP1|$DIRECT_RIP2"
        echo "direct routing|IPv6|dr|$DIRECT_RIP61|$DIRECT_RIP62"
        echo "local node|IPv4|dr|$DIRECTOR_FRONT|"
        echo "local node|IPv6|dr|$DIRECTOR_FRONT6|"
        path_kinds | sed 's/  */ /; s/  /|/; s/| */|/' | awk -v four="$TUNNELS4" -v six="$TUNNELS6" '
            { number = $1; sub(/^[0-9]+ /, ""); split($0, part, "|") }
            {
                outer4 = four "." number ".4|" four "." number ".5"
                outer6 = six ":" number "::4|" six ":" number "::5"
                print part[2] "|IPv4|" part[1] "|" outer4
                print part[2] "|IPv6|" part[1] "|" outer6
                print part[2] "|IPv6 in IPv4|" part[1] "|" outer4
                print part[2] "|IPv4 in IPv6|" part[1] "|" outer6
            }'
    } | awk -F'|' -v four="$PATH_VIP4" -v six="$PATH_VIP6" '
        { print NR "|" ($2 ~ /^IPv4/ ? four "." 100 + NR : six ":" 100 + NR) "|" $0 }'
}

# path_definitions: one service for each path and protocol; path N is firewall mark N.
path_definitions() {
    echo 'services:'
    awk -F'|' -v web=$PATH_WEB_PORT -v echo=$PATH_ECHO_PORT '
        function service(listen) {
            print "  - {listen: \"" listen "\", scheduler: rr, check: none, forwarding: " $5 ","
            print "     real_servers: [\"" $6 "\"" ($7 ? ", \"" $7 "\"" : "") "]}"
        }
        {
            vip = $2 ~ /:/ ? "[" $2 "]" : $2
            service("tcp://" vip ":" web); service("udp://" vip ":" echo); service("sctp://" vip ":" echo)
            service(($2 ~ /:/ ? "fwmark6:" : "fwmark:") $1)
        }' "$PATHS"
}

# path_probed_definitions: the TCP service of each path, its servers asked by that path with questions that fill a packet.
path_probed_definitions() {
    echo 'services:'
    awk -F'|' -v web=$PATH_WEB_PORT '
        {
            vip = $2 ~ /:/ ? "[" $2 "]" : $2
            print "  - {listen: \"tcp://" vip ":" web "\", scheduler: rr, on_stop: remove, forwarding: " $5 ","
            print "     check: {http: {path: /where}, via: vip, test_mtu: true, every: 1s, timeout: 5s},"
            print "     real_servers: [\"" $6 "\"" ($7 ? ", \"" $7 "\"" : "") "]}"
        }' "$PATHS"
}

# path_questions: what the client asks; each path is asked as often as it has servers.
path_questions() {
    awk -F'|' -v web=$PATH_WEB_PORT -v marked=$PATH_MARKED_PORT -v echo=$PATH_ECHO_PORT -v four="$CIP" -v six="$CIP6" '
        {
            count = $7 ? 2 : 1
            print "ask " $1 "/tcp http " $2, web, count
            print "ask " $1 "/udp udp " $2, echo, count
            print "ask " $1 "/sctp sctp " $2, echo, count, $2 ~ /:/ ? six : four
            print "ask " $1 "/fwmark http " $2, marked, count
        }' "$PATHS"
}

# path_vips AWK-CONDITION: the VIPs of those paths.
path_vips() {
    awk -F'|' "$1 { print \$2 }" "$PATHS"
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

# cells: what came of paths, FORWARDING|FAMILY|PROTOCOL|RESULT a line on standard input, for MATRIX.md.
cells() {
    sed "s#^#$SCENARIO|#" >>"$LAB_RESULTS/$SCENARIO.cells"
}

# --- Hosts ------------------------------------------------------------------------------------------

# paths_up: the director, real1 and real2 are ready for every path.
paths_up() {
    # The kernel loads all other modules by itself.
    for path_host in director real1 real2; do load_modules "$path_host" fou fou6; done
    forwarding_paths >"$PATHS"
    path_director | on director ip -batch -
    path_marks '$2 !~ /:/' iptables-legacy-restore
    path_marks '$2 ~ /:/' ip6tables-legacy-restore
    path_server real1 4 "$RIP1" "$RIP61" "$DIRECT_RIP1" "$DIRECT_RIP61"
    path_server real2 5 "$RIP2" "$RIP62" "$DIRECT_RIP2" "$DIRECT_RIP62"
    WEB_SERVERS="$WEB_SERVERS
director director"
    web_listen "$PATH_WEB_PORT $PATH_MARKED_PORT" real1 real2 director
    # shellcheck disable=SC2046 # one word each
    echo_start director $PATH_ECHO_PORT $(path_vips '$3 == "local node"')
}

# addresses_on DEVICE: the commands of ip that give it those of standard input.
addresses_on() {
    awk -v device="$1" '{ print "address add " $1 (/:/ ? "/128" : "/32") " dev " device (/:/ ? " nodad" : "") }'
}

path_director() {
    path_vips 1 | addresses_on front
    for number in 1 2 3 4 5 6; do
        echo "route add $TUNNELS4.$number.4/32 via $RIP1"
        echo "route add $TUNNELS4.$number.5/32 via $RIP2"
        echo "route add $TUNNELS6:$number::4/128 via $RIP61"
        echo "route add $TUNNELS6:$number::5/128 via $RIP62"
    done
}

# path_marks AWK-CONDITION COMMAND: packets to the marked port of path N's VIP get mark N.
path_marks() {
    {
        echo '*mangle'
        awk -F'|' -v port=$PATH_MARKED_PORT "$1"' { print "-A PREROUTING -p tcp -d " $2 " --dport " port " -j MARK --set-mark " $1 }' "$PATHS"
        echo COMMIT
    } | on director "$2"
}

# path_server HOST LAST RIP RIP6 FRONT FRONT6: LAST is its part of the tunnels' addresses.
path_server() {
    on "$1" sh -c 'cd /proc/sys/net/ipv4/conf/all && echo 1 >arp_ignore && echo 2 >arp_announce && echo 0 >rp_filter'
    path_own_vips=$(path_vips '$3 !~ /NAT|local/')
    {
        echo "address add $5/24 dev front"
        echo 'link set front up'
        echo "address add $6/64 dev front nodad"
        echo "rule add from $3 table 100"
        echo "route add default via $DIP table 100"
        echo "route add default via $DIP6 table 100"
        echo "$path_own_vips" | addresses_on lo
        path_kinds | while read -r number yaml; do
            echo "address add $TUNNELS4.$number.$2/32 dev lo"
            echo "address add $TUNNELS6:$number::$2/128 dev lo nodad"
            path_tunnel "$number" "$yaml" "$TUNNELS4.$number.$2" "$TUNNELS6:$number::$2"
        done
    } | on "$1" ip -batch -
    on "$1" ip -6 rule add from "$4" table 100
    on "$1" ip fou add port $PATH_GUE_PORT gue
    on "$1" ip -6 fou add port $PATH_GUE_PORT gue
    # shellcheck disable=SC2086 # one word each
    echo_start "$1" $PATH_ECHO_PORT "$3" "$4" $path_own_vips
}

# path_tunnel NUMBER KIND LOCAL LOCAL6: the devices that unpack this kind. What gue carries is unpacked by the devices
# of the packets in it, once the port is known as one of gue.
path_tunnel() {
    sum=''
    case $2 in
    *'gre with checksum') sum=' icsum' ;;
    esac
    case $2 in
    *gre*)
        echo "link add path$1 type gre local $3$sum"
        echo "link add path$1-6 type ip6gre local $4$sum"
        ;;
    *)
        echo "link add path$1 type ipip local $3"
        echo "link add path$1-s type sit local $3"
        echo "link set path$1-s up"
        echo "link add path$1-6 type ip6tnl local $4 mode any"
        ;;
    esac
    echo "link set path$1 up"
    echo "link set path$1-6 up"
}

# path_counters HOST LAST: counts there what comes through tunnels, a rule for each path, by the outer packet.
path_counters() {
    for family in 4 6; do
        {
            echo '*mangle'
            awk -F'|' -v host="$2" -v family=$family -v gue=$PATH_GUE_PORT '
                $3 !~ /^(gue|gre|ipip)/ { next }
                {
                    split($6, outer, "|")
                    if (($6 ~ /:/) != (family == 6)) next
                    inner = $2 ~ /:/ ? 41 : 4
                    what = $3 ~ /^gue/ ? "udp --dport " gue : $3 ~ /^gre/ ? 47 : inner
                    print "-A INPUT -d " $6 " -p " what " -m comment --comment path" $1
                }' "$PATHS"
            echo COMMIT
        } | on "$1" "ip${family%4}tables-legacy-restore"
    done
}

# path_counters_at_zero HOST: the rules that have counted nothing.
path_counters_at_zero() {
    for family in 4 6; do on "$1" "ip${family%4}tables-legacy-save" -c -t mangle; done | grep -F '[0:0] -A INPUT'
}
