# shellcheck shell=sh
# The active one of two directors vanishes from the network, and keepalived moves the VIP. With the kernel's sync daemon the open connections
# go on through the second director, which has an entry for each; without it they break. ipvsd leaves entries of the other director alone.
# machines: no, real3 is the second director and has no kernel of IPVS there
# limit: 600

. "$LAB_DIRECTORY/keepalived.sh"

# Direct routing: the answers do not pass the director.
second_director
direct_servers

# sync HOST master|backup
sync() { on "$1" ipvsadm --start-daemon "$2" --mcast-interface front --syncid 7; }

for host in director real3; do
    direct_site $host 'resync: 1s'
    daemon_begin $host
done
direct_vrrp director 100
eventually 20 has_vip director
direct_vrrp real3 80
throughout 2 lacks_vip real3

echo 'without the sync daemon'
download_start alone "$DIRECT_VIP"
first_vanishes
expect_equal 'entries of the second director' 0 "$(entries real3)"
expect_not download_read alone "$DOWNLOAD_STEP"
first_returns

echo 'with the sync daemon'
sync director master
sync real3 backup
for name in one two three; do download_start "$name" "$DIRECT_VIP"; done
eventually 20 has_entries real3 3
throughout 3 has_entries real3 3
first_vanishes
for name in one two three; do expect_download_goes_on "$name"; done
for name in one two three; do expect_download_completes "$name"; done
first_returns

echo 'with director.sync'
on director ipvsadm --stop-daemon master
on real3 ipvsadm --stop-daemon backup
runs_both() { [ "$(on "$1" ipvsctl list --daemon | grep -c 'mcast=front, syncid=9')" = 2 ]; }
for host in director real3; do
    direct_site $host 'resync: 1s, sync: {interface: front, id: 9, role: both}'
    on $host ipvsctl reload
    eventually 10 runs_both $host
done
begun=$(entries real3)
for name in four five six; do download_start "$name" "$DIRECT_VIP"; done
eventually 20 has_entries real3 $((begun + 3))
first_vanishes
for name in four five six; do expect_download_goes_on "$name"; done
# The daemons need no change when the roles change: connections go back with the address.
first_returns
for name in four five six; do expect_download_goes_on "$name"; done
for name in four five six; do expect_download_completes "$name"; done
