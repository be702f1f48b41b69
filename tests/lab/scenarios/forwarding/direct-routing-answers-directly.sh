# shellcheck shell=sh
# With direct routing, real servers on the clients' network answer clients directly, and failures and returns work as with NAT.

direct_director
direct_real_server real1 "$DIRECT_RIP1"
direct_real_server real2 "$DIRECT_RIP2"
export EXAMPLE=dr-round-robin.cf
direct_table() {
    echo "-A -t $DIRECT_VIP:80 -s rr"
    for rip in "$@"; do echo "-a -t $DIRECT_VIP:80 -r $rip:80 -g -w 1"; done
}
fast_definitions | director_define
director_start
direct_table "$DIRECT_RIP1" "$DIRECT_RIP2" | eventually_table 5
expect_equal 'who answers' "$(printf '10 real1\n10 real2')" "$(tally 20 "$DIRECT_VIP")"


# What the client downloads never passes the director: it sends on nothing but requests and acknowledgements.
before=$(bytes_sent director front)
download_start straight "$DIRECT_VIP"
expect_download_completes straight
sent=$(($(bytes_sent director front) - before))
[ "$sent" -lt $((DOWNLOAD_SIZE / 10)) ] || fail "the director sent $sent bytes for a download of $DOWNLOAD_SIZE"

web_stop real1
direct_table "$DIRECT_RIP2" | eventually_table 5
expect_equal 'who answers while real1 is stopped' '10 real2' "$(tally 10 "$DIRECT_VIP")"
web_start real1
direct_table "$DIRECT_RIP1" "$DIRECT_RIP2" | eventually_table 5
