# shellcheck shell=sh
# What `ipvsctl realserver` prints for use without it does exactly the same: the stanzas of /etc/network/interfaces, up and
# down, and the commands of `print`. Two VIPs that share a tunnel work together. A director gets no commands for its own
# services.

VIP2=172.17.60.202
for host in director real1; do load_modules $host ipip ip_gre sit ip6_tunnel ip6_gre fou fou6 iptable_mangle; done
direct_director
on director ip address add "$VIP2/24" dev front
on real1 ip address add "$DIRECT_RIP1/24" dev front
on real1 ip link set front up

no_tentative_address() {
    [ -z "$(on real1 ip -6 -o address show tentative)" ]
}
# What is set up: all that ipvsctl has a hand in. Addresses of new devices are tentative for a moment.
condition() {
    eventually 10 no_tentative_address
    # shellcheck disable=SC2016
    on real1 sh -c 'ip -o address; ip -o link | cut -d" " -f2-; ip route show table all
        for name in arp_ignore arp_announce rp_filter; do grep . /proc/sys/net/ipv4/conf/*/$name; done
        ip fou show' 2>&1 |
        # Numbers of interfaces grow, leases shrink.
        sed 's/\(valid_lft\|preferred_lft\|expires\) [0-9]*sec//g; s/^[0-9]*: //'
    # ipvsctl takes nftables where it works, and the commands take the old tables.
    on real1 sh -c 'iptables-legacy-save -t mangle; nft list ruleset' 2>/dev/null | sed -n \
        -e 's/^-A OUTPUT -s \(.*\)\/32 .* --set-mss \([0-9]*\)$/clients of \1 are told \2/p' \
        -e 's/.*ip saddr \([0-9.]*\) .* maxseg size set \([0-9]*\)$/clients of \1 are told \2/p' | sort
}
realserver() {
    on real1 ipvsctl realserver "$@"
}
# With -e, as ifupdown has it; modules are where the kernel's own loader finds them.
real1_shell() {
    # shellcheck disable=SC2016
    on real1 sh -ec 'bin=$(mktemp -d); trap "rm -r $bin" EXIT
        ln -s "$(command -v iptables-legacy)" "$bin/iptables"
        ln -s "$(cat /proc/sys/kernel/modprobe)" "$bin/modprobe"
        PATH=$bin:$PATH; eval "$1"' real1_shell "$1" >/dev/null
}
# commands_of WHEN: the commands of stanzas on standard input that ifupdown runs then.
commands_of() {
    sed -n "s/^    $1 //p"
}
eventually 10 no_tentative_address
before=$(condition)

# try WHAT ARGUMENTS-OF-UP...: with both VIPs, and $forwarding in the definitions.
try() {
    what=$1
    shift
    for vip in "$DIRECT_VIP" "$VIP2"; do realserver up --vip "$vip" "$@" >/dev/null; done
    wanted=$(condition)
    # Looked at itself, so that two conditions without it are not taken for the same.
    expect_contains "$what: what ipvsctl sets up" "$VIP2/32" "$wanted"
    [ "$forwarding" = dr ] || expect_contains "$what: what ipvsctl sets up" "clients of $VIP2 are told 14" "$wanted"
    realserver down >/dev/null
    expect_equal "$what: the machine after down" "$before" "$(condition)"

    stanzas=$(for vip in "$DIRECT_VIP" "$VIP2"; do realserver up --vip "$vip" "$@" --print interfaces; done)
    real1_shell "$(printf '%s\n' "$stanzas" | commands_of '\(pre-up\|up\)')"
    expect_equal "$what: what the stanzas set up" "$wanted" "$(condition)"
    real1_shell "$(printf '%s\n' "$stanzas" | commands_of post-down)" 2>/dev/null
    # The kernel's settings stay: others may need them.
    sysctl_on real1 net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.all.arp_announce=0
    expect_equal "$what: the machine after the stanzas' end" "$before" "$(condition)"

    sheet_for "$forwarding" | put real1 "$LAB_TMP/real1/sheet.yaml"
    sheet=$(realserver print --for "$LAB_TMP/real1/sheet.yaml")
    real1_shell "$(printf '%s\n' "$sheet" | sed -n 's/^#   //p')"
    expect_equal "$what: what the sheet's commands set up" "$wanted" "$(condition)"
    real1_shell "$(printf '%s\n' "$stanzas" | commands_of post-down)" 2>/dev/null
    sysctl_on real1 net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.all.arp_announce=0

    real1_shell "$(printf '%s\n' "$sheet" | sed '/^#/d')"
    expect_equal "$what: what the sheet's ipvsctl sets up" "$wanted" "$(condition)"
    realserver down >/dev/null
    expect_equal "$what: the machine at the end" "$before" "$(condition)"
}
# sheet_for FORWARDING: both VIPs on real1.
sheet_for() {
    echo "defaults: {service: {scheduler: rr, forwarding: $1, real_servers: [$DIRECT_RIP1]}}"
    echo 'services:'
    echo "  - {listen: 'tcp://$DIRECT_VIP:80'}"
    echo "  - {listen: 'tcp://$VIP2:80'}"
}
forwarding=dr
try 'direct routing' --mode dr
forwarding=tunnel
try 'ipip' --mode ipip
forwarding='{tunnel: gue, port: 6081}'
try 'gue' --mode gue --port 6081

# A segment size that is not the usual one is in the unit, as it is on the machine.
expect_contains 'the unit' '--mode ipip --mss 1300' "$(realserver up --vip "$DIRECT_VIP" --mode ipip --mss 1300 --print systemd)"

# A value that the kernel takes for no silence is not taken for one.
sysctl_on real1 net.ipv4.conf.all.arp_ignore=3
expect_contains 'up' 'set     net.ipv4.conf.all.arp_ignore=1  (was 3)' "$(realserver up --vip "$DIRECT_VIP" --mode dr)"
realserver down >/dev/null
expect_equal 'arp_ignore as it was' 3 "$(on real1 sysctl -n net.ipv4.conf.all.arp_ignore)"

# On the director its own address among the servers is no address to be silenced.
sheet_for dr | sed "s/$DIRECT_RIP1/$DIRECT_RIP1, $DIRECTOR_FRONT/" | put director "$LAB_TMP/director/sheet.yaml"
sheet=$(on director ipvsctl realserver print --for "$LAB_TMP/director/sheet.yaml")
expect_equal 'commands of the sheet' 2 "$(printf '%s\n' "$sheet" | grep -c '^ipvsctl realserver up')"
expect_contains 'the sheet' "$(printf '# on %s\n# tcp %s:80: this is the director itself' "$DIRECTOR_FRONT" "$DIRECT_VIP")" "$sheet"
