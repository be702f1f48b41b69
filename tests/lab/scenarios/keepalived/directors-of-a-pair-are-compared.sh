# shellcheck shell=sh
# Two directors compare what they see (`director.peer`): one drains a server, has another weight, or does not reach a server that the other
# one reaches. `ipvsctl compare` and the status name each difference at once, metrics count them, and the log warns of what lasts.
# machines: no, real3 is the second director and has no kernel of IPVS there
# limit: 600

. "$LAB_DIRECTORY/keepalived.sh"
second_director
direct_servers

# site HOST PEER WEIGHT
site() {
    put "$1" "$LAB_TMP/$1/site.yaml" <<D
director: {metrics: "0.0.0.0:9190", peer: "$2:9190"}
services:
  - listen: tcp://$DIRECT_VIP:80
    scheduler: wrr
    forwarding: dr
    check: {tcp: {}, every: 500ms, timeout: 2s}
    real_servers: [$DIRECT_RIP1, {address: $DIRECT_RIP2, weight: $3}]
D
}
compares() { on "$1" ipvsctl compare >/dev/null 2>&1; }
compare_says() { on "$1" ipvsctl compare 2>&1 | grep -qF -- "$2"; }
status_of_says() { on "$1" ipvsctl status | grep -qF -- "$2"; }

site director "$SECOND_FRONT" 1
site real3 "$DIRECTOR_FRONT" 1
daemon_begin director
said=$(on director ipvsctl compare 2>&1) && fail "there is no other director yet: $said"
expect_contains 'the error' "cannot read the digest of $SECOND_FRONT:9190: cannot connect" "$said"
daemon_begin real3
for host in director real3; do eventually 20 compares $host; done
expect_equal 'two equal directors' "1 service: no difference from $SECOND_FRONT:9190" "$(on director ipvsctl compare)"
expect_equal 'the digest on standard input' '1 service: no difference from the other director' \
    "$(on real3 curl -s "http://$DIRECTOR_FRONT:9190/digest?servers" | on director ipvsctl compare -)"

# An override of one of them.
on director ipvsctl drain "$DIRECT_VIP:80" "$DIRECT_RIP1" -m 'kernel upgrade' >/dev/null
expect compare_says director "$DIRECT_RIP1:80 override: drain here, none there"
expect compare_says real3 "$DIRECT_RIP1:80 override: none here, drain there"
on director ipvsctl enable "$DIRECT_VIP:80" "$DIRECT_RIP1" >/dev/null
expect compares director

# Another weight in the file of one of them.
site real3 "$DIRECTOR_FRONT" 3
on real3 ipvsctl reload >/dev/null
expect compare_says director "$DIRECT_RIP2:80 weight: 1 here, 3 there"
site real3 "$DIRECTOR_FRONT" 1
on real3 ipvsctl reload >/dev/null
expect compares director

# The second one does not reach a server: its packets go to a machine that does not exist.
on real3 ip neigh replace "$DIRECT_RIP1" lladdr 02:00:00:00:00:99 dev front nud permanent
eventually 30 compare_says director "$DIRECT_RIP1:80 health: up here, down there"
eventually 30 status_of_says director "PEER $SECOND_FRONT:9190: 1 difference"
metric() { on client curl -s "http://$DIRECTOR_FRONT:9190/metrics" | grep -qx "$1"; }
expect metric 'ipvsd_peer_differences 1'
warned() { log_of director daemon | grep -q 'the peer has differed for'; }
eventually 90 warned
expect_contains 'the warning' "$DIRECT_RIP1:80 health: up here, down there (ipvsctl compare)" "$(log_of director daemon)"

on real3 ip neigh del "$DIRECT_RIP1" dev front
eventually 30 compares director
agreed() { log_of director daemon | grep -q 'the peer agrees again'; }
eventually 30 agreed
expect_not status_of_says director 'PEER '

# A peer that ends is said, and nothing else changes.
signal real3 daemon KILL
eventually 30 metric 'ipvsd_peer_up 0'
expect status_of_says director "PEER $SECOND_FRONT:9190: no answer for"
