# shellcheck shell=sh
# The director loses its route to one real server: the server leaves, since others serve, and clients lose only what met it before.
# It loses the route to all of them: where nothing can take their place, none leaves, and they serve as soon as the route is back.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
director_define <<D
defaults: {service: {scheduler: rr, forwarding: nat, check: {http: {path: /test.html}, every: 500ms, timeout: 500ms, fall: 2}}}
services:
  - {name: web, listen: "tcp://$VIP:80", on_failure: quiesce, real_servers: ["$RIP1:80", "$RIP2:80", "$RIP3:80"]}
  - {name: pair, listen: "tcp://$VIP:81", on_failure: quiesce, real_servers: ["$RIP1:80", "$RIP2:80"]}
D
# weights REAL1 REAL2 REAL3: the table with these weights.
weights() {
    echo "-A -t $VIP:80 -s rr"
    echo "-A -t $VIP:81 -s rr"
    echo "-a -t $VIP:80 -r $RIP1:80 -m -w $1"
    echo "-a -t $VIP:80 -r $RIP2:80 -m -w $2"
    echo "-a -t $VIP:80 -r $RIP3:80 -m -w $3"
    echo "-a -t $VIP:81 -r $RIP1:80 -m -w $1"
    echo "-a -t $VIP:81 -r $RIP2:80 -m -w $2"
}
director_start
weights 1 1 1 | eventually_table 10

on director ip route add unreachable "$RIP1/32"
weights 0 1 1 | eventually_table 10
expect_contains 'why' 'no route to host' "$(on director ipvsctl explain web "$RIP1:80")"
requests_begin users
weights 0 1 1 | throughout_table 2
requests_end users
expect_not log_contains ALARM
on director ip route del unreachable "$RIP1/32"
weights 1 1 1 | eventually_table 10

# Nothing replaces them, and the director reaches nothing else.
for rip in "$RIP1" "$RIP2" "$RIP3"; do on director ip route add unreachable "$rip/32"; done
eventually 10 status_says 'no route to host'
weights 1 1 1 | throughout_table 3
for rip in "$RIP1" "$RIP2" "$RIP3"; do on director ip route del unreachable "$rip/32"; done
eventually 10 status_lacks 'no route to host'
weights 1 1 1 | throughout_table 1
requests_begin later
throughout 2 director_answers
requests_end later
