# shellcheck shell=sh
# A probe by the clients' road finds what one to the server's own address cannot: a VIP that is missing there, a tunnel
# that is not unpacked, a way that swallows large packets. Its helper services are hidden, and gone with the daemon.

. "$LAB_DIRECTORY/roads.sh"
direct_director
direct_real_server real1 "$DIRECT_RIP1"
direct_real_server real2 "$DIRECT_RIP2"
tunnel_real_server real3 "$TUNNEL_RIP1" "$RIP3" "$DIRECT_RIP3"
export DEFINITIONS="$LAB_TMP/director/roads.yaml"

# road_service NAME PORT FORWARDING SERVER...: a service whose servers are asked by the clients' road.
road_service() {
    echo "  - {name: $1, listen: 'tcp://$DIRECT_VIP:$2', scheduler: rr, forwarding: $3, on_stop: remove,"
    echo "     check: {http: {path: /test.html, expect: {body: OK}}, $check every: 1s, timeout: 2s, fall: 2}, real_servers: [$4]}"
}
path='via: vip,'
check="$path test_mtu: true,"
echo_start real1 7 "$DIRECT_VIP"
echo_start real2 7 "$DIRECT_VIP"
echo_start real3 7 "$RIP3"
roads_file() {
    echo 'services:'
    road_service direct 80 dr "'$DIRECT_RIP1:80', '$DIRECT_RIP2:80'"
    road_service tunnel 81 tunnel "'$TUNNEL_RIP1:81'"
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
web_listen '80 81' real3
roads_file | director_define
on director sysctl -q -w net.ipv4.conf.front.rp_filter=1
director_start

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
# What `ipvsctl save` shows: without the helpers.
shown() { [ "$(on director ipvsctl save -n | sort)" = "$(sort "$LAB_TMP/wanted")" ]; }
eventually_shown() {
    cat >"$LAB_TMP/wanted"
    within "$1" shown || fail "$(printf 'the table:\n%s\nwanted:\n%s\nthe daemon said:\n%s' "$(on director ipvsctl save -n)" \
        "$(cat "$LAB_TMP/wanted")" "$(director_log | tail -n 30)")"
}
setting() { on director sysctl -n "net.ipv4.conf.$1"; }
helpers() { on director ipvsadm -S -n | grep -c '^-A -f .* -b flag-3' || true; }

all_up | eventually_shown 15
expect_equal 'helpers in the kernel' 8 "$(helpers)"
expect_equal 'marks that are listed with --all' 9 "$(on director ipvsctl list -n --all | grep -c '^FWM')"
expect_equal 'marks that are listed' 1 "$(on director ipvsctl list -n | grep -c '^FWM')"
expect_equal 'accept_local in front and back' '1 1' "$(setting front.accept_local) $(setting back.accept_local)"
expect_equal 'rp_filter in front' 2 "$(setting front.rp_filter)"
expect_equal 'who answers' "$(printf '2 real1\n2 real2')" "$(tally 4 "$DIRECT_VIP")"

# The VIP is missing on real1, whose own address answers as ever.
on real1 ip address del "$DIRECT_VIP/32" dev lo
{ services; direct "$DIRECT_RIP2"; tunnel; } | eventually_shown 20
expect_equal 'the page at its own address' OK "$(on director curl -sS -m 5 "http://$DIRECT_RIP1/test.html")"
expect_contains 'the reason' "no answer from $DIRECT_VIP by way of $DIRECT_RIP1" "$(director_log)"
on real1 ip address add "$DIRECT_VIP/32" dev lo

# real3 unpacks nothing any more.
on real3 ip link set fromdirector down
{ services; direct "$DIRECT_RIP1"; direct "$DIRECT_RIP2"; } | eventually_shown 20
on real3 ip link set fromdirector up
on real3 ip address replace "$DIRECT_VIP/32" dev fromdirector
all_up | eventually_shown 20

# No probe was ever answered by another server than the one that it was for.
expect_equal 'verdicts on servers that were well' '' "$(director_log | grep 'real server is down' | grep -v -e "$DIRECT_RIP1:" -e "$TUNNEL_RIP1:" || true)"

# On the way to real3 packets above 1400 bytes get lost without a word: a small question would be answered.
on real3 iptables-legacy -t mangle -A PREROUTING -i back -m length --length 1400: -j DROP
{ services; direct "$DIRECT_RIP1"; direct "$DIRECT_RIP2"; } | eventually_shown 20
expect_contains 'the reason' 'no answer to a full-size packet' "$(director_log)"
check=$path
roads_file | director_define
director_reload
all_up | eventually_shown 20

# Where nobody is asked by such a road any more the settings are as they were, and elsewhere they stay.
settings_are() { [ "$(setting front.accept_local) $(setting back.accept_local)" = "$1" ]; }
roads_file | sed "/name: tunnel/,+1d; \\|udp://$VIP:7|,+1d" | director_define
director_reload
eventually 10 settings_are '1 0'
roads_file | director_define
director_reload
all_up | eventually_shown 20
expect settings_are '1 1'

# A daemon that was killed leaves helpers and settings; the next one cleans up, though it asks nobody by such a road.
director_kill
expect_equal 'helpers after a kill' 8 "$(helpers)"
path=''
check=''
roads_file | director_define
director_start
no_helpers() { [ "$(helpers)" -eq 0 ]; }
eventually 10 no_helpers
expect_equal 'accept_local in front and back' '0 0' "$(setting front.accept_local) $(setting back.accept_local)"
expect_equal 'rp_filter in front' 1 "$(setting front.rp_filter)"

# And at a stop nothing is left.
path='via: vip,'
check=$path
roads_file | director_define
director_reload
all_helpers() { [ "$(helpers)" -eq 8 ]; }
eventually 10 all_helpers
all_up | eventually_shown 20
director_stop
expect_equal 'the table after a stop' '' "$(table)"
expect_equal 'accept_local in front and back' '0 0' "$(setting front.accept_local) $(setting back.accept_local)"
