# shellcheck shell=sh
# A pair of NAT directors: the VIP and the gateway of the real servers move together, by a vrrp_sync_group. When the active one vanishes, open
# connections go on through the other with the kernel's sync daemon, and new requests are served within seconds. Both addresses return
# with it, and a stop of keepalived moves them without a lost connection.
# machines: no, real3 is the second director and has no kernel of IPVS there
# limit: 600

PAIR_VIP=172.17.60.210
GATEWAY=${DIP%.*}.254
. "$LAB_DIRECTORY/keepalived.sh"

second_director
sysctl_on real3 net.ipv4.ip_forward=1
for host in real1 real2; do on $host ip route replace default via "$GATEWAY"; done

has() { on "$1" ip -o address show | grep -q " $2/"; }
has_both() { has "$1" "$PAIR_VIP" && has "$1" "$GATEWAY"; }
has_none() { ! has "$1" "$PAIR_VIP" && ! has "$1" "$GATEWAY"; }
# synced: the second director has the entry of the download, which is the connection whose client lets data wait.
synced() {
    port=$(on client ss -tnH state established "dst $PAIR_VIP" | awk '$1 > 10000 { sub(/.*:/, "", $3); print $3 }')
    [ -n "$port" ] && on real3 ipvsadm -L -n -c | grep -q "ESTABLISHED *$CIP:$port "
}

# begin HOST PRIORITY master|backup
begin() {
    put "$1" "$LAB_TMP/$1/site.yaml" <<D
services:
  - listen: tcp://$PAIR_VIP:80
    scheduler: rr
    forwarding: nat
    check: {http: {path: /test.html}, every: 500ms, timeout: 2s}
    real_servers: [$RIP1, $RIP2]
D
    daemon_begin "$1"
    on "$1" ipvsadm --start-daemon "$3" --mcast-interface back --syncid 9
    vrrp_begin "$1" <<C
vrrp_sync_group pair {
    group { front back }
}
vrrp_instance front {
    interface front
    virtual_router_id 61
    priority $2
    advert_int 1
    virtual_ipaddress { $PAIR_VIP/32 }
}
vrrp_instance back {
    interface back
    virtual_router_id 62
    priority $2
    advert_int 1
    virtual_ipaddress { $GATEWAY/32 }
}
C
}

begin director 100 master
eventually 20 has_both director
begin real3 80 backup
throughout 3 has_none real3
requests_begin users "$PAIR_VIP"
download_start held "$PAIR_VIP"
eventually 20 synced

echo 'the active director vanishes'
for link in front back; do on director ip link set "$link" down; done
eventually 20 has_both real3
requests_go_on users 'the move'
expect_download_goes_on held

echo 'it comes back'
for link in front back; do on director ip link set "$link" up; done
eventually 30 has_both director
eventually 10 has_none real3
requests_go_on users 'the return'
expect_download_completes held

echo 'keepalived is stopped'
download_start stopped "$PAIR_VIP"
eventually 20 synced
signal director keepalived TERM
eventually 20 has_both real3
requests_go_on users 'the stop'
expect_download_goes_on stopped
expect_download_completes stopped
