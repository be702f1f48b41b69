# shellcheck shell=sh
# A real server given by name follows it as soon as the TTL of the name server's answer is over, long before `resolve.every`; an
# answer with a longer TTL stays. While the name server is away the last address stays.
# machines: no, the server that it asks is not installed on the machines, and no kernel has a part in it

. "$LAB_DIRECTORY/dns.sh"
records "first 300 A $RIP1" "second 5 A $RIP2"
serve real3 named "$RIP3"
eventually 20 named_knows second.example.org "$RIP2"

director_define <<D
director: {resolve: {every: 1h}}
services:
  - name: web
    listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    check: {http: {path: /test.html}, every: 1s, timeout: 2s, fall: 1}
    real_servers: [first.example.org, second.example.org]
D
director_start
founding_table | eventually_table 10

# Both move. The second is asked for again after 5 s; the first stays for its 300 s.
records "first 300 A $RIP3" "second 5 A $RIP3"
server_dies real3 named
serve real3 named "$RIP3"
eventually_table 20 <<T
$(service)
$(server "$RIP1")
$(server "$RIP3")
T
eventually_log 5 "host name second.example.org changed from $RIP2 to $RIP3"

# Nobody can be asked: the last answer stays.
server_dies real3 named
eventually 20 status_says "NOT RESOLVED: second.example.org keeps $RIP3"
throughout_table 1 <<T
$(service)
$(server "$RIP1")
$(server "$RIP3")
T

# It is there again.
records "first 300 A $RIP1" "second 5 A $RIP2"
serve real3 named "$RIP3"
founding_table | eventually_table 30
eventually 20 status_lacks 'NOT RESOLVED'
