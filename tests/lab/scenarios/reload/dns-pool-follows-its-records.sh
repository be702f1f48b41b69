# shellcheck shell=sh
# A host name with two addresses is two servers, and both get traffic. When the records change, one drains and another one joins,
# and no request fails. An answer without addresses and a name server that is away remove nothing, also across a restart.
# machines: no, the name server is not installed on the machines, and no kernel has a part in it

. "$LAB_DIRECTORY/dns.sh"
# named_again LINE...: the name server has these records.
named_again() {
    records "$@"
    server_dies real3 named
    serve real3 named "$RIP3"
}
both() { printf '%s\n' "$(service)" "$(server "$1")" "$(server "$2")"; }

records "pool 5 A $RIP1" "pool 5 A $RIP2"
serve real3 named "$RIP3"
eventually 20 named_knows pool.example.org "$RIP2"
director_define <<D
director: {resolve: {every: 1h}}
services:
  - name: web
    listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    check: {http: {path: /test.html}, every: 1s, timeout: 2s, fall: 1}
    drain: 60s
    real_servers: [pool.example.org]
D
director_start
both "$RIP1" "$RIP2" | eventually_table 10
expect_equal 'who answers' '2 real1,2 real2' "$(tally 4 | paste -sd,)"
status_matches "^ *$RIP1:80  *pool.example.org .* up " || fail "$(director_status)"
download_start first
download_start second
expect_equal 'connections' '1 1' "$(open_connections "$RIP1") $(open_connections "$RIP2")"
requests_begin web

# The second leaves DNS and keeps its download; the third joins.
named_again "pool 5 A $RIP1" "pool 5 A $RIP3"
eventually_table 30 <<T
$(service)
$(server "$RIP1")
$(server "$RIP2" 0)
$(server "$RIP3")
T
eventually_log 5 "host name pool.example.org changed from $RIP1, $RIP2 to $RIP1, $RIP3"
eventually 5 status_says 'is no longer configured, draining for'
expect_download_completes first
expect_download_completes second
both "$RIP1" "$RIP3" | eventually_table 20

# No address of the family of the service, and then no answer at all.
named_again "pool 5 AAAA $RIP61"
eventually 30 status_says "NOT RESOLVED: pool.example.org keeps $RIP1 and $RIP3: it has no IPv4 address"
server_dies real3 named
eventually 30 status_says 'NOT RESOLVED: pool.example.org keeps'
both "$RIP1" "$RIP3" | throughout_table 2

# A start without the name server: the state file knows all addresses, with an empty table, too.
director_kill
director_start
both "$RIP1" "$RIP3" | throughout_table 3
requests_end web
director_kill
on director ipvsadm -C
director_start
both "$RIP1" "$RIP3" | eventually_table 10
# In a list of both families, the records of the other family are used when they come.
records "pool 5 A $RIP1"
serve real3 named "$RIP3"
eventually 20 named_knows pool.example.org "$RIP1"
director_define <<D
director: {resolve: {every: 1s}}
services:
  - {name: web, listen: ["tcp://$VIP:80", "tcp://[$VIP6]:80"], scheduler: rr, forwarding: nat, check: {http: {path: /test.html}, every: 1s, timeout: 2s, fall: 1}, real_servers: [pool.example.org]}
D
on director ipvsctl reload --force >/dev/null
eventually 10 weight_is "$VIP:80" "$RIP1" 1
eventually 20 status_lacks 'NOT RESOLVED'
named_again "pool 5 A $RIP1" "pool 5 AAAA $RIP61"
within 30 weight_is "[$VIP6]:80" "[$RIP61]" 1 || fail "$(director_status)"
