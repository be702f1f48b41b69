# shellcheck shell=sh
# The SRV records of a service name give the servers with port, weight and priority: the lowest priority serves, the next one
# stands by. A change of the records changes the servers, and no request fails.
# machines: no, the name server is not installed on the machines, and no kernel has a part in it

. "$LAB_DIRECTORY/dns.sh"
# services LINE...: the addresses, and these lines.
services() { records "first 5 A $RIP1" "second 5 A $RIP2" "third 5 A $RIP3" "$@"; }
line() { echo "-a -t $VIP:80 -r $1 -m -w $2"; }

web_listen '80 8080' real1 real2 real3
services '_http._tcp 5 SRV 10 3 8080 first' '_http._tcp 5 SRV 10 1 80 second' '_http._tcp 5 SRV 20 5 8080 third'
serve real3 named "$RIP3"
eventually 20 named_knows third.example.org "$RIP3"
director_define <<D
services:
  - name: web
    listen: tcp://$VIP:80
    scheduler: wrr
    forwarding: nat
    check: {http: {path: /test.html, expect: {body: OK}}, every: 1s, timeout: 2s, fall: 1}
    drain: 10s
    real_servers: [{srv: _http._tcp.example.org}]
D
director_start
eventually_table 10 <<T
$(service wrr)
$(line "$RIP1:8080" 3)
$(line "$RIP2:80" 1)
$(line "$RIP3:8080" 0)
T
expect_equal 'who answers' '6 real1,2 real2' "$(tally 8 | paste -sd,)"

# The servers of the lowest priority fail: the next one serves.
web_sick real1
web_sick real2
eventually 15 answered_by real3
web_healthy real1
web_healthy real2
eventually 15 answered_by real1
requests_begin web

# Another port and weight, and a server less.
services '_http._tcp 5 SRV 10 2 80 first' '_http._tcp 5 SRV 10 2 80 third'
server_dies real3 named
serve real3 named "$RIP3"
eventually_table 40 <<T
$(service wrr)
$(line "$RIP1:80" 2)
$(line "$RIP3:80" 2)
T
requests_end web
expect_equal 'who answers' '2 real1,2 real3' "$(tally 4 | paste -sd,)"

# Without the name server the last records stay, also across a restart.
server_dies real3 named
eventually 30 status_says 'NOT RESOLVED: _http._tcp.example.org keeps its last SRV records'
director_kill
on director ipvsadm -C
director_start
eventually_table 10 <<T
$(service wrr)
$(line "$RIP1:80" 2)
$(line "$RIP3:80" 2)
T
