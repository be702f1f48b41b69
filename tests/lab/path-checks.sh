# shellcheck shell=sh disable=SC2034
# Services whose servers are checked through the VIP's forwarding path (`via: vip`): direct routing, a tunnel, a firewall
# mark, UDP by direct routing and by NAT; and what ipvsd has on the director for such checks.

. "$LAB_DIRECTORY/forwarding-paths.sh"
direct_director
direct_real_server real1 "$DIRECT_RIP1"
direct_real_server real2 "$DIRECT_RIP2"
tunnel_real_server real3 "$TUNNEL_RIP1" "$RIP3" "$DIRECT_RIP3"
export DEFINITIONS="$LAB_TMP/director/paths.yaml"

# path_service NAME PORT FORWARDING SERVERS: a service that is checked so.
path_service() {
    echo "  - {name: $1, listen: 'tcp://$DIRECT_VIP:$2', scheduler: rr, forwarding: $3, on_stop: remove,"
    echo "     check: {http: {path: /test.html, expect: {body: OK}}, $check every: 1s, timeout: 2s, fall: 2}, real_servers: [$4]}"
}
path='via: vip,'
check="$path test_mtu: true,"
echo_start real1 7 "$DIRECT_VIP"
echo_start real2 7 "$DIRECT_VIP"
echo_start real3 7 "$RIP3"
path_checks_config() {
    echo 'services:'
    path_service direct 80 dr "'$DIRECT_RIP1:80', '$DIRECT_RIP2:80'"
    path_service tunnel 81 tunnel "'$TUNNEL_RIP1:81'"
    # A mark has no VIP of its own: the check names one.
    echo "  - {listen: 'fwmark:5', scheduler: rr, forwarding: dr, on_stop: remove,"
    by_mark=${path:+"$path to: 'tcp://$DIRECT_VIP:80'"}
    echo "     check: {tcp: {}, ${by_mark:-port: 80}, every: 1s, timeout: 2s, fall: 2}, real_servers: ['$DIRECT_RIP1', '$DIRECT_RIP2']}"
    # Datagrams leave entries behind in the kernel; those of probes must not lead to another server.
    datagrams="check: {simpletcp: {request: 'what?', receive: real, transport: udp}, $path every: 500ms, timeout: 2s, fall: 2}"
    echo "  - {listen: 'udp://$DIRECT_VIP:7', scheduler: rr, forwarding: dr, on_stop: remove,"
    echo "     $datagrams, real_servers: ['$DIRECT_RIP1:7', '$DIRECT_RIP2:7']}"
    echo "  - {listen: 'udp://$VIP:7', scheduler: rr, forwarding: nat, on_stop: remove,"
    echo "     $datagrams, real_servers: ['$RIP3:7']}"
}
# path_checks_start: a director with these services, on a strict reverse path filter.
path_checks_start() {
    web_listen '80 81' real3
    path_checks_config | director_define
    on director sysctl -q -w net.ipv4.conf.front.rp_filter=1
    director_start
    all_up | eventually_shown 15
}

direct() {
    echo "-a -t $DIRECT_VIP:80 -r $1:80 -g -w 1"
    echo "-a -u $DIRECT_VIP:7 -r $1:7 -g -w 1"
    echo "-a -f 5 -r $1:0 -g -w 1"
}
tunnel() { echo "-a -t $DIRECT_VIP:81 -r $TUNNEL_RIP1:81 -i -w 1 --tun-type ipip"; }
services() {
    echo "-A -t $DIRECT_VIP:80 -s rr"
    echo "-A -t $DIRECT_VIP:81 -s rr"
    echo "-A -u $DIRECT_VIP:7 -s rr"
    echo "-A -f 5 -s rr"
    echo "-A -u $VIP:7 -s rr"
    echo "-a -u $VIP:7 -r $RIP3:7 -m -w 1"
}
all_up() { services; direct "$DIRECT_RIP1"; direct "$DIRECT_RIP2"; tunnel; }
# What `ipvsctl save` shows: without the services that carry the checks.
shown() { [ "$(on director ipvsctl save -n | sort)" = "$(sort "$LAB_TMP/wanted")" ]; }
eventually_shown() {
    cat >"$LAB_TMP/wanted"
    within "$1" shown || fail "$(printf 'the table:\n%s\nwanted:\n%s\nthe daemon said:\n%s' "$(on director ipvsctl save -n)" \
        "$(cat "$LAB_TMP/wanted")" "$(director_log | tail -n 30)")"
}
setting() { on director sysctl -n "net.ipv4.conf.$1"; }
helpers() { on director ipvsadm -S -n | grep -c '^-A -f .* -b flag-3' || true; }
