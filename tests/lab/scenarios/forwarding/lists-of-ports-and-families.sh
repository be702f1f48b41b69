# shellcheck shell=sh
# A list in `listen` is one service: each check probes the port that it fits, and a server that fails one of them leaves all ports. With
# IPv4 and IPv6 in the list, each VIP has the servers of its own family. A firewall mark keeps a client at one server over several
# ports.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
MARKED=172.17.60.208
on director ip address add "$MARKED/24" dev front
on director iptables-legacy -t mangle -A PREROUTING -d "$MARKED" -p tcp -m multiport --dports 80,443 -j MARK --set-mark 10
for last in 61 62 63 64; do on client ip address add "$CLIENTS4.$last/24" dev front; done
web_listen '80 443s' real1 real2 real3
director_define <<D
defaults:
  service: {scheduler: rr, forwarding: nat}
  check: {every: 1s, timeout: 5s, fall: 1}
services:
  - name: shop
    listen: ["tcp://$VIP:80", "tcp://$VIP:443", "tcp://[$VIP6]:80", "tcp://[$VIP6]:443"]
    checks: [{http: {path: /test.html}}, {https: {path: /test.html}}]
    real_servers: ["$RIP1", "$RIP2", "[$RIP62]", "[$RIP63]"]
  - name: together
    listen: fwmark:10
    persistence: 10m
    check: {https: {path: /test.html}, port: 443}
    real_servers: ["$RIP1", "$RIP2"]
D
director_start
# page URL [OPTION...]: which server answers there.
page() { on client curl -sSk -f -m 5 "$@"; }
# servers_of URL: which servers answer there, by name.
servers_of() { page "$1/whoami?[1-4]" 2>/dev/null | sort | uniq -c | sed 's/^ *//' | paste -sd, -; }
# each_port HOST SERVERS: both ports of this VIP have these servers.
each_port() { [ "$(servers_of "http://$1")" = "$2" ] && [ "$(servers_of "https://$1")" = "$2" ]; }
eventually 20 each_port "$VIP" '2 real1,2 real2'
eventually 20 each_port "[$VIP6]" '2 real2,2 real3'

# Real1 answers without TLS only: it leaves both ports, and the other family goes on.
web_listen 80 real1
eventually 20 each_port "$VIP" '4 real2'
expect each_port "[$VIP6]" '2 real2,2 real3'
expect_contains 'why it is down' 'check https: connection refused' "$(on director ipvsctl explain shop "$RIP1:80")"
web_listen '80 443s' real1
eventually 20 each_port "$VIP" '2 real1,2 real2'

# Real3 stops: it leaves both ports of the IPv6 VIP, and the IPv4 VIP goes on.
requests_begin users
web_stop real3
eventually 20 each_port "[$VIP6]" '4 real2'
requests_end users
expect each_port "$VIP" '2 real1,2 real2'

# Each client keeps its server over both ports of the mark, and the clients spread over both servers.
eventually 20 page "https://$MARKED/whoami"
for last in 61 62 63 64; do
    plain=$(page --interface "$CLIENTS4.$last" "http://$MARKED/whoami")
    expect_equal "the server of client $last at port 443" "$plain" "$(page --interface "$CLIENTS4.$last" "https://$MARKED/whoami")"
    echo "$plain"
done >"$LAB_TMP/together"
expect_equal 'servers of four clients' '2 real1,2 real2' "$(sort "$LAB_TMP/together" | uniq -c | sed 's/^ *//' | paste -sd, -)"
