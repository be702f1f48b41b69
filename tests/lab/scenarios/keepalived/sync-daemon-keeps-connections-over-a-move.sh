# shellcheck shell=sh
# The active one of two directors vanishes from the network, and keepalived moves the VIP. With the kernel's sync daemon the open connections
# go on through the second director, which has an entry for each; without it they break. ipvsd leaves entries of the other director alone.
# machines: no, real3 is the second director and has no kernel of IPVS there
# limit: 600

. "$LAB_DIRECTORY/keepalived.sh"

# Direct routing: the answers do not pass the director.
second_director
direct_servers

# entries HOST: connections that its kernel knows.
entries() { on "$1" ipvsadm -L -n -c | grep -c "$DIRECT_VIP:80" || :; }
has_entries() { [ "$(entries "$1")" -ge "$2" ]; }
# sync HOST master|backup
sync() { on "$1" ipvsadm --start-daemon "$2" --mcast-interface front --syncid 7; }

# site HOST [DIRECTOR]
site() {
    put "$1" "$LAB_TMP/$1/site.yaml" <<D
director: {resync: 1s${2:-}}
services:
  - listen: tcp://$DIRECT_VIP:80
    scheduler: rr
    forwarding: dr
    check: {tcp: {}, every: 500ms, timeout: 2s}
    real_servers: [$DIRECT_RIP1, $DIRECT_RIP2]
D
}
for host in director real3; do
    site $host
    daemon_begin $host
done
# vrrp HOST PRIORITY
vrrp() {
    vrrp_begin "$1" <<C
vrrp_instance front {
    interface front
    virtual_router_id 52
    priority $2
    advert_int 1
    virtual_ipaddress { $DIRECT_VIP/32 }
}
C
}
vrrp director 100
eventually 20 has_vip director
vrrp real3 80
throughout 2 lacks_vip real3

# vanish: the first director is cut off, and the second has the VIP. return: it is back, and has the VIP again.
vanish() {
    on director ip link set front down
    eventually 20 has_vip real3
}
comes_back() {
    on director ip link set front up
    eventually 20 has_vip director
    eventually 20 lacks_vip real3
}

echo 'without the sync daemon'
download_start alone "$DIRECT_VIP"
vanish
expect_equal 'entries of the second director' 0 "$(entries real3)"
expect_not download_read alone "$DOWNLOAD_STEP"
comes_back

echo 'with the sync daemon'
sync director master
sync real3 backup
for name in one two three; do download_start "$name" "$DIRECT_VIP"; done
eventually 20 has_entries real3 3
throughout 3 has_entries real3 3
vanish
for name in one two three; do expect_download_goes_on "$name"; done
for name in one two three; do expect_download_completes "$name"; done
comes_back

echo 'with director.sync'
on director ipvsadm --stop-daemon master
on real3 ipvsadm --stop-daemon backup
runs_both() { [ "$(on "$1" ipvsctl list --daemon | grep -c 'mcast=front, syncid=9')" = 2 ]; }
for host in director real3; do
    site $host ', sync: {interface: front, id: 9, role: both}'
    on $host ipvsctl reload
    eventually 10 runs_both $host
done
begun=$(entries real3)
for name in four five six; do download_start "$name" "$DIRECT_VIP"; done
eventually 20 has_entries real3 $((begun + 3))
vanish
for name in four five six; do expect_download_goes_on "$name"; done
# The daemons need no change when the roles change: connections go back with the address.
comes_back
for name in four five six; do expect_download_goes_on "$name"; done
for name in four five six; do expect_download_completes "$name"; done
