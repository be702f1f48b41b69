# shellcheck shell=sh
# `ipvsctl realserver up` makes a host a real server of direct routing or of any tunnel. A second `up` changes nothing, and
# `down` restores the host exactly.

VIP6_DIRECT=fd00:172:17:60::201
for host in director real1; do load_modules $host ipip ip_gre sit ip6_tunnel ip6_gre fou fou6 iptable_mangle ip6table_mangle; done

direct_director
on director ip address add "$VIP6_DIRECT/64" dev front nodad
on real1 ip address add "$DIRECT_RIP1/24" dev front
on real1 ip address add "fd00:172:17:60::200/64" dev front nodad
on real1 ip link set front up
# A careful administrator: strict reverse path filters everywhere.
sysctl_on real1 net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.default.rp_filter=1

# What `down` must leave as it was.
condition() {
    # shellcheck disable=SC2016
    on real1 sh -c 'ip -o address; ip -o link; ip route show table all; ip -6 route show table all
        grep -r . /proc/sys/net/ipv4/conf/*/arp_ignore /proc/sys/net/ipv4/conf/*/arp_announce /proc/sys/net/ipv4/conf/*/rp_filter
        iptables-legacy-save -t mangle; ip6tables-legacy-save -t mangle; nft list ruleset 2>/dev/null; ip fou show; ls /run/ipvsd' 2>&1 |
        # An address that was leased has less time left each time.
        sed 's/\(valid_lft\|preferred_lft\|expires\) [0-9]*sec//g' | grep -v -e '^# ' -e '^:'
}
realserver() {
    on real1 ipvsctl realserver "$@"
}
no_tentative_address() {
    [ -z "$(on real1 ip -6 -o address show tentative)" ]
}
eventually 10 no_tentative_address
# The first look makes tables of the firewall, the second sees them.
condition >/dev/null
before=$(condition)

# served VIP RIP IPVSADM-WORD...: a service with real1 alone, and who answers.
served() {
    asked=$1
    server=$2
    shift 2
    case $asked in *:*) asked="[$asked]" ;; esac
    on director ipvsadm -A -t "$asked:80" -s rr
    on director ipvsadm -a -t "$asked:80" -r "$server" "$@"
    expect_equal "who answers for $asked by $*" real1 "$(ask "$asked")"
    # What fits no tunnel by itself: nobody tells the client that its packets became too large.
    head -c 200000 /dev/zero | on client curl -sS -f -m 5 -o /dev/null --data-binary @- "http://$asked/whoami" ||
        fail "a large request to $asked by $* did not get through"
    on director ipvsadm -D -t "$asked:80"
}
on director iptables-legacy -A OUTPUT -p icmp --icmp-type fragmentation-needed -j DROP
on director ip6tables-legacy -A OUTPUT -p icmpv6 --icmpv6-type packet-too-big -j DROP

# try_mode WHAT VIP RIP ARGUMENTS-OF-UP... -- IPVSADM-WORD...
try_mode() {
    what=$1
    vip=$2
    rip=$3
    shift 3
    set -- "$@" end
    arguments=''
    while [ "$1" != -- ]; do
        arguments="$arguments $1"
        shift
    done
    shift
    words=''
    while [ "$1" != end ]; do
        words="$words $1"
        shift
    done
    # shellcheck disable=SC2086 # words to be split
    realserver up --vip "$vip" $arguments || fail "$what: up"
    # shellcheck disable=SC2086
    expect_equal "$what: up again" 'nothing to change' "$(realserver up --vip "$vip" $arguments)"
    realserver status >"$LAB_TMP/status" || fail "$what: $(cat "$LAB_TMP/status")"
    # shellcheck disable=SC2086
    served "$vip" "$rip" $words
    realserver down --vip "$vip" >/dev/null || fail "$what: down"
    expect_equal "$what: the machine after down" "$before" "$(condition)"
    expect_equal "$what: down again" 'nothing to change' "$(realserver down)"
}

try_mode 'direct routing' "$DIRECT_VIP" "$DIRECT_RIP1:80" --mode dr -- -g
try_mode 'ipip' "$DIRECT_VIP" "$RIP1:80" --mode ipip -- -i
try_mode 'gre' "$DIRECT_VIP" "$RIP1:80" --mode gre -- -i --tun-type gre
try_mode 'gre with checksum' "$DIRECT_VIP" "$RIP1:80" --mode gre --checksum -- -i --tun-type gre --tun-csum
try_mode 'gue on a port of its own' "$DIRECT_VIP" "$RIP1:80" --mode gue --port 6081 -- -i --tun-type gue --tun-port 6081
try_mode 'direct routing, IPv6' "$VIP6_DIRECT" "[fd00:172:17:60::200]:80" --mode dr -- -g
try_mode 'ipip, IPv6' "$VIP6_DIRECT" "[$RIP61]:80" --mode ipip -- -i
try_mode 'IPv6 in IPv4' "$VIP6_DIRECT" "$RIP1:80" --mode ipip --local "$RIP1" -- -i
try_mode 'IPv4 in IPv6' "$DIRECT_VIP" "[$RIP61]:80" --mode ipip --local "$RIP61" -- -i
try_mode 'gre, IPv6' "$VIP6_DIRECT" "[$RIP61]:80" --mode gre -- -i --tun-type gre
try_mode 'gue, IPv6' "$VIP6_DIRECT" "[$RIP61]:80" --mode gue -- -i --tun-type gue --tun-port 6080

# Two VIPs share what both need; what the administrator changed since is not taken from him.
realserver up --vip "$DIRECT_VIP" --mode dr >/dev/null
realserver up --vip 172.17.60.202 --mode ipip >/dev/null
realserver down --vip "$DIRECT_VIP" >/dev/null
expect_equal 'arp_ignore while a VIP is left' 1 "$(on real1 sysctl -n net.ipv4.conf.all.arp_ignore)"
sysctl_on real1 net.ipv4.conf.all.arp_ignore=2
realserver down >/dev/null
expect_equal 'arp_ignore as somebody set it' 2 "$(on real1 sysctl -n net.ipv4.conf.all.arp_ignore)"
sysctl_on real1 net.ipv4.conf.all.arp_ignore=0
expect_equal 'the machine at the end' "$before" "$(condition)"

# What somebody removed is missed, and made again.
realserver up --vip "$DIRECT_VIP" --mode dr >/dev/null
on real1 ip address del "$DIRECT_VIP/32" dev lo
expect_contains 'status' "MISSING $DIRECT_VIP/32 on lo" "$(realserver status || echo "exit $?")"
expect_equal 'up again' "add     $DIRECT_VIP/32 on lo" "$(realserver up --vip "$DIRECT_VIP" --mode dr)"
realserver down >/dev/null

# A director that is taken for a real server is left alone.
refused=$(on director ipvsctl realserver up --vip "$DIRECT_VIP" --mode dr 2>&1) && fail 'a director was made a real server'
expect_contains 'the refusal' 'is this the director?' "$refused"
