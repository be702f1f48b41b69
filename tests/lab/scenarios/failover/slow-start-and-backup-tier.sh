# shellcheck shell=sh
# A server that returns starts with a tenth of its weight and rises to all of it. A server of the second tier gets
# connections only while the first has too few. With too few in all, all serve whatever the checks say, and each that is
# down for good is told of in one message to a webhook's stand-in.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$LAB_TMP/director/definitions.yaml
put director "$LAB_TMP/director/page" <<'P'
#!/bin/sh
printf '%s\n' "$IPVSD_SUMMARY" >>"${0%/*}/pages"
P
on director chmod 755 "$LAB_TMP/director/page"
director_define <<D
notify:
  - {command: [$LAB_TMP/director/page], topics: [servers, services], group_wait: 1s}
services:
  - name: slow
    listen: tcp://$VIP:80
    scheduler: wrr
    forwarding: nat
    check: {http: {path: /test.html}, every: 500ms, fall: 1}
    slow_start: 8s
    real_servers: [$RIP1:80, $RIP2:80]
  - name: tiers
    listen: tcp://$VIP:81
    scheduler: rr
    forwarding: nat
    check: {http: {path: /test.html}, every: 500ms, fall: 1}
    minimum_healthy: {servers: 1, below: keep_all}
    real_servers: [$RIP2:80, {address: "$RIP3:80", tier: 2}]
D
weight() {
    on director ipvsadm -L -n | awk -v v="$1" -v s="$2:80" '$1 == "TCP" { in_it = $2 == v } in_it && $2 == s { print $4 }'
}
weight_is() {
    [ "$(weight "$1" "$2")" = "$3" ]
}
director_start
eventually 30 weight_is "$VIP:80" "$RIP1" 100
eventually 30 weight_is "$VIP:80" "$RIP2" 100
expect_equal 'tiers' '1 0' "$(weight "$VIP:81" "$RIP2") $(weight "$VIP:81" "$RIP3")"
expect_equal 'who serves the first tier' '3 real2' "$(on client curl -sS -f -m 5 "http://$VIP:81/whoami?[1-3]" | sort | uniq -c | sed 's/^ *//')"

web_stop real2
eventually 10 weight_is "$VIP:81" "$RIP3" 1
expect_equal 'who serves then' '3 real3' "$(on client curl -sS -f -m 5 "http://$VIP:81/whoami?[1-3]" | sort | uniq -c | sed 's/^ *//')"
web_stop real3
# Nobody is left: verdicts are not believed.
eventually 10 weight_is "$VIP:81" "$RIP2" 1
eventually 10 weight_is "$VIP:81" "$RIP3" 1

web_start real2
web_start real3
eventually 10 weight_is "$VIP:81" "$RIP3" 0
# It has come back with less than its weight, and gets less than its share.
returned() {
    share=$(weight "$VIP:80" "$RIP2")
    [ -n "$share" ] && [ "$share" -gt 0 ] && [ "$share" -lt 100 ]
}
eventually 10 returned
expect_contains 'the explanation' 'slow start' "$(on director ipvsctl explain slow "$RIP2")"
eventually 30 weight_is "$VIP:80" "$RIP2" 100
paged() {
    on director grep -q "$1" "$LAB_TMP/director/pages"
}
eventually 10 paged 'servers\? up'
