# shellcheck shell=sh
# The systemd unit of `ipvsctl realserver up --print` sets up exactly what the command does and restores the host, in every mode
# and across families; so does the stanza of /etc/network/interfaces, without ipvsctl.
# limit: 900

VIP6_DIRECT=fd00:172:17:60::201
RIP6_DIRECT=fd00:172:17:60::200
OTHER_VIP=172.17.60.202
for host in director real1; do load_modules $host ipip ip_gre sit ip6_tunnel ip6_gre fou fou6 iptable_mangle ip6table_mangle; done

direct_director
on director ip address add "$VIP6_DIRECT/64" dev front nodad
on real1 ip address add "$DIRECT_RIP1/24" dev front
on real1 ip address add "$RIP6_DIRECT/64" dev front nodad
on real1 ip link set front up
sysctl_on real1 net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.default.rp_filter=1
no_tentative_address() { [ -z "$(on real1 ip -6 -o address show tentative)" ]; }
eventually 10 no_tentative_address

# What a stop must leave as it was.
condition() {
    # shellcheck disable=SC2016
    on real1 sh -c 'ip -o address; ip -o link; ip route show table all; ip -6 route show table all; ip fou show; ip -6 fou show
        grep -r . /proc/sys/net/ipv4/conf/*/arp_ignore /proc/sys/net/ipv4/conf/*/arp_announce /proc/sys/net/ipv4/conf/*/rp_filter
        iptables-legacy-save -t mangle; ip6tables-legacy-save -t mangle; nft list ruleset 2>/dev/null; ls /run/ipvsd' 2>&1 |
        # An address that was leased has less time left each time.
        sed 's/\(valid_lft\|preferred_lft\|expires\) [0-9]*sec//g' | grep -v -e '^# ' -e '^:'
}
realserver() { on real1 ipvsctl realserver "$@"; }

# unit_does LINE: runs what the unit has there; the program lies elsewhere in the lab.
unit_does() {
    unit_command=$(printf '%s\n' "$unit" | sed -n "s|^$1=/usr/bin/||p")
    [ -n "$unit_command" ] || fail "$what: no line $1 in $unit"
    on real1 sh -c "$unit_command" >"$LAB_TMP/unit" 2>&1 || fail "$what: $1: $(cat "$LAB_TMP/unit")"
}

# served IPVSADM-ARGUMENTS...: traffic tells whether the machine is a real server.
served() {
    on director ipvsadm -A -t "$url:80" -s rr
    on director ipvsadm -a -t "$url:80" -r "$@"
    expect_equal "$what: who answers" real1 "$(ask "$url")"
    # What the client sends has to fit into the tunnel by itself; options take up to 40 bytes of what it was told. A large
    # request would prove nothing: it leaves in pieces of many segments, which no tunnel measures.
    if [ -n "$fits" ]; then
        client_keeps_to "$fits" "$vip" "$what"
    fi
    on director ipvsadm -D -t "$url:80"
}

# stanza_does WORD: runs the commands that the stanza has there, under the names that they have on a machine with ifupdown.
stanza_does() {
    printf '%s\n' "$stanza" | sed -n "s/^    $1 //p" | sed 's/^iptables /iptables-legacy /; s/^ip6tables /ip6tables-legacy /' >"$LAB_TMP/stanza"
    [ -s "$LAB_TMP/stanza" ] || fail "$what: no line $1 in $stanza"
    # shellcheck disable=SC2016
    on real1 sh -eu -c 'modprobe() { "$(cat /proc/sys/kernel/modprobe)" "$@"; }; eval "$1"' stanza "$(cat "$LAB_TMP/stanza")" >"$LAB_TMP/said" 2>&1 ||
        fail "$what: $1: $(cat "$LAB_TMP/said")"
}

# by_unit WHAT VIP SERVER UP-ARGUMENTS IPVSADM-ARGUMENTS
by_unit() {
    what=$1
    vip=$2
    url=$vip
    case $vip in *:*) url="[$vip]" ;; esac
    # shellcheck disable=SC2086 # words to be split
    set -- "$3" "$4" $5
    server=$1
    arguments="--vip $vip $2"
    shift 2
    # shellcheck disable=SC2086
    unit=$(realserver up $arguments --print systemd)
    expect_equal "$what: the machine, while all is only printed" "$before" "$(condition)"
    unit_does ExecStart
    # shellcheck disable=SC2086
    expect_equal "$what: the same by hand" 'nothing to change' "$(realserver up $arguments)"
    status=$(realserver status) || fail "$what: $status"
    expect_contains "$what: the status" "$vip by " "$status"
    fits=$(printf '%s\n' "$status" | sed -n 's/.*segments of at most \([0-9]*\) bytes.*/\1/p')
    # Direct routing wraps nothing.
    case $arguments in *'--mode dr'*) ;; *) [ -n "$fits" ] || fail "$what: no size of segments: $status" ;; esac
    served "$server" "$@"
    unit_does ExecStop
    expect_equal "$what: the machine after the stop" "$before" "$(condition)"
    # iproute2 sends no icsum along with external: by its commands a checksum needs --local.
    case $arguments in
    *--checksum*--local*) ;;
    *--checksum*)
        # shellcheck disable=SC2086
        ! refused=$(realserver up $arguments --print interfaces 2>&1) || fail "$what: this was printed: $refused"
        expect_contains "$what: the refusal" 'write --local ADDRESS' "$refused"
        arguments="$arguments --local $(echo "${server%:80}" | tr -d '[]')"
        ;;
    esac
    # shellcheck disable=SC2086
    stanza=$(realserver up $arguments --print interfaces)
    stanza_does '\(pre-\)*up'
    served "$server" "$@"
    stanza_does post-down
    # What is set for all interfaces stays; others may need it.
    sysctl_on real1 net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.all.arp_announce=0
    expect_equal "$what: the machine after post-down" "$before" "$(condition)"
}

# The first look makes tables of the firewall, the second sees them.
condition >/dev/null
before=$(condition)
by_unit 'direct routing' "$DIRECT_VIP" "$DIRECT_RIP1:80" '--mode dr' '-g'
by_unit 'direct routing, IPv6' "$VIP6_DIRECT" "[$RIP6_DIRECT]:80" '--mode dr' '-g'
by_unit 'ipip, short segments' "$DIRECT_VIP" "$RIP1:80" '--mode ipip --mss 1300' '-i'
by_unit 'gre with checksum' "$DIRECT_VIP" "$RIP1:80" '--mode gre --checksum' '-i --tun-type gre --tun-csum'
by_unit 'gre with checksum, IPv6' "$VIP6_DIRECT" "[$RIP61]:80" '--mode gre --checksum' '-i --tun-type gre --tun-csum'
by_unit 'gue on a port of its own' "$DIRECT_VIP" "$RIP1:80" '--mode gue --port 6081' '-i --tun-type gue --tun-port 6081'
for gre in 'gre|--mode gre|' 'gre with checksum|--mode gre --checksum|--tun-csum' 'gue|--mode gue|'; do
    name=${gre%%|*}
    mode=${gre#*|}
    tunnel="-i --tun-type ${name%% *} ${mode#*|}"
    [ "$name" != gue ] || tunnel="$tunnel --tun-port 6080"
    by_unit "$name, IPv6 in IPv4" "$VIP6_DIRECT" "$RIP1:80" "${mode%|*} --local $RIP1" "$tunnel"
    by_unit "$name, IPv4 in IPv6" "$DIRECT_VIP" "[$RIP61]:80" "${mode%|*} --local $RIP61" "$tunnel"
done

# The stop of one VIP's unit leaves another VIP and all that both need.
what='two VIPs'
unit=$(realserver up --vip "$DIRECT_VIP" --mode ipip --print systemd)
unit_does ExecStart
realserver up --vip "$OTHER_VIP" --mode ipip >/dev/null
unit_does ExecStop
status=$(realserver status) || fail "$what: $status"
expect_contains "$what: the status" "$OTHER_VIP by ipip" "$status"
case $status in *"$DIRECT_VIP"*) fail "$what: the VIP of the unit is left: $status" ;; esac
realserver down >/dev/null
expect_equal "$what: the machine at the end" "$before" "$(condition)"
