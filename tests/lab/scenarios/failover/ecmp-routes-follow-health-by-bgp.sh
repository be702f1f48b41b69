# shellcheck shell=sh
# Two directors behind a router that learns the VIP by BGP, with Debian's BIRD on all three, as docs/high-availability.md has it. BIRD announces
# the VIP while ipvsd keeps it on the loopback interface. The route of a director that has too few servers is withdrawn, and so is that of
# one that dies. Open connections go on through the other director, which chooses the same servers.
# machines: no, real3 is the second director and has no kernel of IPVS there
# limit: 600

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
ECMP_VIP=172.17.61.201
SECOND_FRONT=172.17.60.3
DOWNLOADS='one two three four five six'

# Real servers in other networks, behind tunnels; the client is the router too.
web_stop real3
for host in real1 real2 real3; do on $host ip link set front up; done
on real3 ip address add "$SECOND_FRONT/24" dev front
for host in director real3; do
    on $host ip route add "$TUNNEL_RIP1/32" via "$RIP1"
    on $host ip route add "$TUNNEL_RIP2/32" via "$RIP2"
done
on real1 ip address add "$DIRECT_RIP1/24" dev front
on real2 ip address add "$DIRECT_RIP2/24" dev front
on real1 ip address add "$TUNNEL_RIP1/32" dev lo
on real2 ip address add "$TUNNEL_RIP2/32" dev lo
for host in real1 real2; do on $host ipvsctl realserver up --vip "$ECMP_VIP" --mode ipip >/dev/null; done
on client sysctl -q -w net.ipv4.fib_multipath_hash_policy=1

# bird HOST: begins with the configuration of standard input.
bird() {
    put "$1" "$LAB_TMP/$1/bird.conf"
    spawn "$1" bird /usr/sbin/bird -f -c "$LAB_TMP/$1/bird.conf" -s "$LAB_TMP/$1/bird.sock" -P "$LAB_TMP/$1/bird.pid"
}
# announces HOST ADDRESS: a director announces the VIP to the router.
announces() {
    bird "$1" <<C
router id $2;
protocol device { scan time 1; }
protocol direct { ipv4; interface "lo"; }
protocol bgp upstream {
    local $2 as 65001;
    neighbor $CIP as 65000;
    hold time 3;
    ipv4 {
        import none;
        export where net = $ECMP_VIP/32;
    };
}
C
}
bird client <<C
router id $CIP;
protocol device { scan time 1; }
protocol kernel {
    merge paths on;
    ipv4 { import none; export all; };
}
template bgp directors {
    local $CIP as 65000;
    hold time 3;
    ipv4 { import all; export none; };
}
protocol bgp director1 from directors { neighbor $DIRECTOR_FRONT as 65001; }
protocol bgp director2 from directors { neighbor $SECOND_FRONT as 65001; }
C

# routes_are ADDRESS...: the router knows the VIP by these directors.
routes_are() {
    [ "$(on client ip route show "$ECMP_VIP" | grep -o 'via [0-9.]*' | cut -d' ' -f2 | sort | paste -sd' ' -)" = "$(printf '%s\n' "$@" | sort | paste -sd' ' -)" ]
}
story() {
    for host in client director real3; do
        echo "$host: $(log_of $host bird | tail -n 5)"
        on $host birdc -s "$LAB_TMP/$host/bird.sock" show route all
        on $host birdc -s "$LAB_TMP/$host/bird.sock" show protocols
    done
    on client ip route
    on director ip -o address show dev lo
}
begin() {
    put "$1" "$LAB_TMP/$1/site.yaml" <"$LAB_ROOT/examples/site-ecmp.yaml"
    spawn "$1" daemon env IPVSD_STATE="$LAB_TMP/$1/state.json" ipvsd --config "$LAB_TMP/$1/site.yaml"
}
# all_go_on WHAT: no request fails from now on, and every download goes on.
all_go_on() {
    requests_go_on users "$1"
    for name in $DOWNLOADS; do expect_download_goes_on "$name"; done
}
# refuse -I|-D: the real servers refuse the probes of the second director, or take them again.
refuse() {
    for host in real1 real2; do
        on $host iptables-legacy "$1" INPUT -s "$RIP3" -p tcp --dport 80 -j REJECT --reject-with tcp-reset
    done
}

begin director
begin real3
announces director "$DIRECTOR_FRONT"
announces real3 "$SECOND_FRONT"
within 40 routes_are "$DIRECTOR_FRONT" "$SECOND_FRONT" || fail "$(story)"
requests_begin users "$ECMP_VIP"
for name in $DOWNLOADS; do download_start "$name" "$ECMP_VIP"; done
all_go_on 'the start'

# A director has too few servers: it withdraws the VIP, and BIRD the route.
refuse -I
eventually 30 routes_are "$DIRECTOR_FRONT"
all_go_on 'a withdrawn route'
refuse -D
eventually 30 routes_are "$DIRECTOR_FRONT" "$SECOND_FRONT"
all_go_on 'its return'

# A director dies. The router learns it when the hold time of three seconds is over.
on real3 ip link set front down
eventually 30 routes_are "$DIRECTOR_FRONT"
all_go_on 'a director that died'
on real3 ip link set front up
eventually 30 routes_are "$DIRECTOR_FRONT" "$SECOND_FRONT"
all_go_on 'its return'
