# shellcheck shell=sh
# An HTTP server gives the servers of a service, as `http_sd` of Prometheus has it. Its changes are followed, and while it hangs, fails,
# gives garbage or is gone the last servers stay. No request fails.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
# list TEXT: what the server on real3 gives.
list() { echo "$1" | put real3 "$(web_root real3)/pages/servers.json"; }
keeps() {
    eventually 30 status_says "keeps its last servers: $1"
    eventually_table 1 <<T
$both
T
}
both="$(service wrr)
$(server "$RIP1" 3)
$(server "$RIP2" 1)"

web_listen 80 real1 real2 real3
list "[{\"targets\": [\"$RIP1:80\"], \"labels\": {\"weight\": \"3\"}}]"
director_define <<D
services:
  - name: web
    listen: tcp://$VIP:80
    scheduler: wrr
    forwarding: nat
    check: {http: {path: /test.html, expect: {body: OK}}, every: 1s, timeout: 2s, fall: 1}
    drain: 10s
    real_servers: {from: {http: "http://$RIP3/servers.json", every: 5s, max: 2}}
D
director_start
eventually_table 10 <<T
$(service wrr)
$(server "$RIP1" 3)
T
requests_begin web
good="[{\"targets\": [\"$RIP1:80\"], \"labels\": {\"weight\": \"3\"}}, {\"targets\": [\"$RIP2:80\"]}]"
list "$good"
eventually_table 20 <<T
$both
T

list '<html>moved</html>'
keeps 'it is not a list of servers'
list '[]'
keeps 'it has 0 servers, fewer than min: 1'
on real3 rm "$(web_root real3)/pages/servers.json"
keeps 'the server answered with status 404'
web_stop real3
keeps 'Connection refused'
web_start real3
web_hang real3
keeps 'no answer within 5 s'
web_resume real3
list "$good"
eventually 30 status_lacks 'keeps its last servers'
list "[\"$RIP2\"]"
eventually_table 30 <<T
$(service wrr)
$(server "$RIP2" 1)
T
requests_end web
