# shellcheck shell=sh
# With `director.sync` and `role: follow_vip` the director with the VIP runs the master sync daemon, and the other one the backup. The roles
# change within seconds when keepalived moves the VIP, long before the next resync, and open connections go on each time.
# machines: no, real3 is the second director and has no kernel of IPVS there
# limit: 600

. "$LAB_DIRECTORY/keepalived.sh"

# Direct routing: the answers do not pass the director.
second_director
direct_servers

for host in director real3; do
    direct_site $host "resync: 5m, sync: {interface: front, id: 7, role: follow_vip, vip: $DIRECT_VIP}"
    daemon_begin $host
done
# role_is HOST ROLE: it runs a daemon in this role, and no other.
role_is() { [ "$(on "$1" ipvsctl list --daemon | sed 's/ sync daemon (mcast=front, syncid=7,.*//')" = "$2" ]; }

for host in director real3; do eventually 10 role_is $host backup; done
direct_vrrp director 100
eventually 20 has_vip director
eventually 5 role_is director master
direct_vrrp real3 80
throughout 2 lacks_vip real3
expect role_is real3 backup

for name in one two three; do download_start "$name" "$DIRECT_VIP"; done
eventually 20 has_entries real3 3 ESTABLISHED
first_vanishes
eventually 5 role_is real3 master
for name in one two three; do expect_download_goes_on "$name"; done

first_returns
eventually 5 role_is director master
eventually 5 role_is real3 backup
expect_contains 'the log of the second director' 'started master sync daemon on front, id 7' "$(log_of real3 daemon)"
expect_contains 'the status of the second director' 'sync daemons on front, id 7: backup running' "$(on real3 ipvsctl status)"
for name in one two three; do expect_download_goes_on "$name"; done
for name in one two three; do expect_download_completes "$name"; done
