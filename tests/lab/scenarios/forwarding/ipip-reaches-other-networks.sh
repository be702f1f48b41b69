# shellcheck shell=sh
# IP-in-IP tunnels reach real servers in other networks, which answer clients directly.

direct_director
tunnel_real_server real1 "$TUNNEL_RIP1" "$RIP1" "$DIRECT_RIP1"
tunnel_real_server real2 "$TUNNEL_RIP2" "$RIP2" "$DIRECT_RIP2"
export EXAMPLE=tunnel-round-robin.cf
tunnel_table() {
    echo "-A -t $DIRECT_VIP:80 -s rr"
    for rip in "$@"; do echo "-a -t $DIRECT_VIP:80 -r $rip:80 -i -w 1 --tun-type ipip"; done
}
fast_definitions | director_define
director_start
tunnel_table "$TUNNEL_RIP1" "$TUNNEL_RIP2" | eventually_table 5
expect_equal 'who answers' "$(printf '10 real1\n10 real2')" "$(tally 20 "$DIRECT_VIP")"

web_stop real2
tunnel_table "$TUNNEL_RIP1" | eventually_table 5
expect_equal 'who answers while real2 is stopped' '10 real1' "$(tally 10 "$DIRECT_VIP")"
