# shellcheck shell=sh
# Two directors with keepalived's VRRP, as docs/high-availability.md has it. The VIP stays while the daemon of its director is killed, and
# moves within seconds when that director reaches no server, because `publish` lowers its priority. It returns when the servers do.
# machines: no, real3 is the second director and has no kernel of IPVS there
# limit: 600

. "$LAB_DIRECTORY/keepalived.sh"

# Direct routing: the servers are on the network of the clients.
second_director
direct_servers

# begin HOST PRIORITY: the daemon and keepalived of a director.
begin() {
    put "$1" "$LAB_TMP/$1/site.yaml" <<D
services:
  - name: web
    listen: tcp://$DIRECT_VIP:80
    scheduler: rr
    forwarding: dr
    publish: $LAB_TMP/$1/published/web
    check: {http: {path: /test.html, expect: {body: OK}}, every: 500ms, timeout: 2s, fall: 2}
    on_failure: remove
    real_servers: [$DIRECT_RIP1, $DIRECT_RIP2]
D
    daemon_begin "$1"
    eventually 20 published "$1" 0
    vrrp_begin "$1" <<C
track_file web {
    file $LAB_TMP/$1/published/web
    weight 1
}
vrrp_instance front {
    interface front
    virtual_router_id 51
    priority $2
    advert_int 1
    virtual_ipaddress { $DIRECT_VIP/32 }
    track_file { web weight 1 }
}
C
}
published() { [ "$(on "$1" cat "$LAB_TMP/$1/published/web" 2>/dev/null)" = "$2" ]; }
story() { log_of "$1" keepalived | tail -n 30; }

begin director 100
eventually 20 has_vip director
begin real3 80
throughout 3 lacks_vip real3
requests_begin users "$DIRECT_VIP"

echo 'the daemon of the active director is killed'
signal director daemon KILL
eventually 5 ended director daemon
throughout 3 has_vip director
daemon_begin director
throughout 2 has_vip director
expect_equal 'failed requests' 0 "$(requests_failed users)"

echo 'the servers refuse the first director'
for host in real1 real2; do
    on $host iptables-legacy -I INPUT -s "$DIRECTOR_FRONT" -p tcp --dport 80 -j REJECT --reject-with tcp-reset
done
eventually 10 published director -50
within 10 has_vip real3 || fail "$(story real3)"
eventually 10 lacks_vip director
published real3 0 || fail 'the second director reaches its servers'
requests_go_on users 'the move'

echo 'the servers answer the first director again'
for host in real1 real2; do
    on $host iptables-legacy -D INPUT -s "$DIRECTOR_FRONT" -p tcp --dport 80 -j REJECT --reject-with tcp-reset
done
eventually 10 published director 0
eventually 20 has_vip director
eventually 10 lacks_vip real3
requests_go_on users 'the return'
for host in director real3; do
    signal $host keepalived TERM
    eventually 20 ended $host keepalived
done
