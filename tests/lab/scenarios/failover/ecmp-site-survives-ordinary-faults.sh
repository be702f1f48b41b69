# shellcheck shell=sh
# The two directors of examples/site-ecmp.yaml choose the same server for a client. Connections live on when a director dies or its
# configuration changes. No request fails but those that a fault explains.
# machines: no, real3 is the second director and has no kernel of IPVS there
# limit: 600

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
SITE_REST=0
POLL=0.4
ECMP_VIP=172.17.61.201
ECMP_VIP6=fd00:172:17:61::201
SECOND_FRONT=172.17.60.3
SECOND_FRONT6=fd00:172:17:60::3
SECOND_DEFINITIONS=$LAB_TMP/real3/site.yaml
. "$LAB_DIRECTORY/site.sh"

# Two directors and two real servers in other networks.
web_stop real3
for host in real1 real2 real3; do on $host ip link set front up; done
on real3 ip address add "$SECOND_FRONT/24" dev front
on real3 ip address add "$SECOND_FRONT6/64" dev front nodad
for host in director real3; do
    on $host ip route add "$TUNNEL_RIP1/32" via "$RIP1"
    on $host ip route add "$TUNNEL_RIP2/32" via "$RIP2"
done
on real1 ip address add "$DIRECT_RIP1/24" dev front
on real1 ip address add "$DIRECT_RIP61/64" dev front nodad
on real1 ip address add "$TUNNEL_RIP1/32" dev lo
on real2 ip address add "$DIRECT_RIP2/24" dev front
on real2 ip address add "$DIRECT_RIP62/64" dev front nodad
on real2 ip address add "$TUNNEL_RIP2/32" dev lo
for server in "real1 $TUNNEL_RIP1" "real2 $TUNNEL_RIP2"; do
    on "${server% *}" ipvsctl realserver up --vip "$ECMP_VIP" --mode ipip >/dev/null
    on "${server% *}" ipvsctl realserver up --vip "$ECMP_VIP6" --mode ipip --local "${server#* }" >/dev/null
done

# routes NUMBER...: the router, which is the client itself here, has learned the VIPs from these directors.
sysctl_on client net.ipv4.fib_multipath_hash_policy=1 net.ipv6.fib_multipath_hash_policy=1
routes() {
    # shellcheck disable=SC2046 # one word each
    set -- $(for number in "$@"; do [ "$number" = 1 ] && echo "$DIRECTOR_FRONT $DIRECTOR_FRONT6" || echo "$SECOND_FRONT $SECOND_FRONT6"; done)
    on client ip route replace "$ECMP_VIP/32" nexthop via "$1" ${3:+nexthop via "$3"}
    on client ip -6 route replace "$ECMP_VIP6/128" nexthop via "$2" ${4:+nexthop via "$4"}
}

second() { on real3 ipvsctl "$@"; }
both() { ctl "$@"; second "$@"; }
second_start() {
    spawn real3 daemon env IPVSD_STATE="$LAB_TMP/real3/state.json" ipvsd --config "$SECOND_DEFINITIONS"
    eventually 20 second_answers
}
second_answers() { second status >/dev/null 2>&1; }
# are STATE: both services of both directors have it.
are() {
    # `status SERVICE` has the exit status 1 for a service that is not up.
    [ "$({ ctl status web || :; second status web || :; } | grep -cF -- "  (web)  $1, ")" -eq 4 ]
}

# choices NUMBER: which server each of 30 client ports gets through that director, over IPv4 and IPv6. The kernel gives these ports to
# no connection by itself.
choices() {
    routes "$1"
    # shellcheck disable=SC2016 # perl expands
    on client perl -MIO::Socket::IP -e 'for my $vip (@ARGV) { for my $port (31001 .. 31030) {
        my $to = IO::Socket::IP->new(PeerHost => $vip, PeerPort => 80, LocalPort => $port, ReuseAddr => 1, Timeout => 10) or die "$vip: $@\n";
        print $to "GET /whoami HTTP/1.0\r\n\r\n";
        local $/; <$to> =~ /(real\d)\s*$/ or die "no answer"; print "$vip $port $1\n" } }' "$ECMP_VIP" "$ECMP_VIP6"
}
same_choices() {
    choices 1 >"$LAB_TMP/choices.1"
    choices 2 >"$LAB_TMP/choices.2"
    routes 1 2
    expect_equal "which server each client has $1" "$(cat "$LAB_TMP/choices.1")" "$(cat "$LAB_TMP/choices.2")"
    expect_equal 'servers that were chosen' 'real1 real2' "$(cut -d' ' -f3 "$LAB_TMP/choices.1" | sort -u | paste -sd' ' -)"
}

# The second director begins while a server is down.
director_define <"$LAB_ROOT/examples/site-ecmp.yaml"
put real3 "$SECOND_DEFINITIONS" <"$LAB_ROOT/examples/site-ecmp.yaml"
director_start
web_stop real1
second_start
eventually 20 eval 'second status web | grep -q DEGRADED'
web_start real1
site_becomes are up
same_choices 'after a start'
site_used_by 5 http http "$ECMP_VIP" 80 http6 http "$ECMP_VIP6" 80
for name in one two three four; do download_start $name "$ECMP_VIP"; done
downloads_go_on() { for name in one two three four; do expect_download_goes_on $name; done; }

# A director dies, and the router learns it. A connection that begins before that sends its first packet again.
dies() { on real3 ip link set front down; routes 1; }
harmless 'a director that dies' dies
downloads_go_on
returns() {
    on real3 ip link set front up
    # An interface that goes down loses its IPv6 addresses.
    on real3 ip address add "$SECOND_FRONT6/64" dev front nodad
    routes 1 2
}
harmless 'its return' returns

# What operators do, on one director after the other.
harmless 'a drain' quiesces "$TUNNEL_RIP1" both drain --all-services "$TUNNEL_RIP1" -m 'kernel upgrade'
downloads_go_on
harmless 'its end' both enable --all-services "$TUNNEL_RIP1"
harmless 'maintenance' quiesces "$TUNNEL_RIP2" both maintenance --all-services "$TUNNEL_RIP2" -m 'new disk'
harmless 'its end' both enable --all-services "$TUNNEL_RIP2"
more_weight() {
    file_changes "s|, $TUNNEL_RIP2\\]|, {address: $TUNNEL_RIP2, weight: 2}]|"
    put real3 "$SECOND_DEFINITIONS" <"$DEFINITIONS"
    second reload
}
harmless 'another weight' more_weight
harmless 'a broken file' broken_file
harmless 'a restart of ipvsd' restart
harmless 'a killed ipvsd' killed
site_becomes are up
downloads_go_on
# Connections through this director have no server until ipvsd has compared the table.
fault 'a cleared table' table_cleared
answered table_restored
only_failed http http6
same_choices 'after all that'

# A web server fails. A request fails when the kernel has sent it there before ipvsd has seen two probes fail.
fault 'a web server that stops' web_stop real2
answered are DEGRADED
only_failed http http6
harmless 'its return' web_start real2
site_becomes are up
fault 'a web server that hangs' web_hang real1
answered are DEGRADED
# Two probes without an answer take 12 s at most, and each user gives up after 10 s.
only_failed http=3 http6=3
harmless 'its return' web_resume real1
site_becomes are up
# The directors reach it through the network behind them, and the clients have its answers from the one in front.
fault 'a machine that is cut off' cut_off real2 front back
answered are DEGRADED
only_failed http=3 http6=3
harmless 'its return' rejoins real2 front back
site_becomes are up
# A disabled server loses its connections at once, and a request of this moment with them.
fault 'a server that is disabled' both disable --all-services "$TUNNEL_RIP1" -m smoke
answered are DEGRADED
only_failed http=1 http6=1
harmless 'its end' both enable --all-services "$TUNNEL_RIP1"
site_becomes are up
# Its VIPs are on the loopback interface, and the router sends nothing to it until they are back.
boot_of_first() {
    routes 2
    for vip in "$ECMP_VIP/32" "$ECMP_VIP6/128"; do on director ip address del "$vip" dev lo; done
}
fault 'a director that starts again' boots boot_of_first
answered are up
only_failed http http6
harmless 'its return' routes 1 2

# All web servers fail: both directors withdraw the VIPs.
vips_of() { on "$1" ip -o address show dev lo | awk -v four="$ECMP_VIP/32" -v six="$ECMP_VIP6/128" '$4 == four || $4 == six' | wc -l; }
withdrawn() { [ "$(vips_of director) $(vips_of real3)" = '0 0' ]; }
expect_equal 'the VIPs of both directors' '2 2' "$(vips_of director) $(vips_of real3)"
fault 'all web servers stop' eval 'web_stop real1; web_stop real2'
eventually 20 withdrawn
web_start real1
web_start real2
answered are up
only_failed http http6
fault 'all web servers hang' eval 'web_hang real1; web_hang real2'
eventually 20 withdrawn
web_resume real1
web_resume real2
answered are up
only_failed http http6
site_ends
