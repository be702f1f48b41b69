# shellcheck shell=sh
# A file gives the servers of a service. It is read again while requests run: its changes are followed, and while it is broken,
# empty or gone the last servers stay, also across a restart. No request fails.
# machines: no, the file is read by ipvsd alone, and no kernel has a part in it

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$LAB_TMP/director/servers.yaml
LIST=$LAB_TMP/web.servers.yaml
# list TEXT: what the file says, in the place of what it said.
list() {
    printf '%s\n' "$1" >"$LIST.new"
    chmod 644 "$LIST.new"
    mv "$LIST.new" "$LIST"
}
# keeps REASON: the service keeps its two servers, and the status says why.
keeps() {
    eventually 30 status_says "keeps its last servers: $1"
    eventually_table 1 <<T
$(service wrr)
$(server "$RIP1" 3)
$(server "$RIP2" 1)
T
}

web_listen 80 real1 real2 real3
list "[{address: $RIP1, weight: 3}]"
director_define <<D
services:
  - name: web
    listen: tcp://$VIP:80
    scheduler: wrr
    forwarding: nat
    check: {http: {path: /test.html, expect: {body: OK}}, every: 1s, timeout: 2s, fall: 1}
    drain: 10s
    real_servers: [{from: {file: $LIST, every: 5s, max: 2}}]
D
director_start
eventually_table 10 <<T
$(service wrr)
$(server "$RIP1" 3)
T
requests_begin web
list "[{\"targets\": [\"$RIP1:80\"], \"labels\": {\"weight\": \"3\"}}, {\"targets\": [\"$RIP2:80\"]}]"
eventually_table 20 <<T
$(service wrr)
$(server "$RIP1" 3)
$(server "$RIP2" 1)
T

list "[$RIP1, "
keeps 'it is neither JSON nor YAML'
list "[$RIP1, $RIP2]"
eventually 30 status_lacks 'keeps its last servers'
list "[{address: $RIP1, weight: 3}, $RIP2]"
eventually_table 20 <<T
$(service wrr)
$(server "$RIP1" 3)
$(server "$RIP2" 1)
T
list '[]'
keeps 'it has 0 servers, fewer than min: 1'
list "[{address: $RIP1, weight: 3}, $RIP2]"
eventually 30 status_lacks 'keeps its last servers'
rm "$LIST"
keeps 'No such file'
list "[$RIP2, $RIP3]"
eventually_table 30 <<T
$(service wrr)
$(server "$RIP2" 1)
$(server "$RIP3" 1)
T
requests_end web

# Without the file the last servers come from the state file.
rm "$LIST"
eventually 30 status_says "keeps its last servers: No such file"
director_kill
on director ipvsadm -C
director_start
eventually_table 10 <<T
$(service wrr)
$(server "$RIP2" 1)
$(server "$RIP3" 1)
T
