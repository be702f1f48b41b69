# shellcheck shell=sh
# A change of DNS that takes out more servers of a name than the safety limits allow changes nothing, until somebody insists.
# machines: no, the name server is not installed on the machines, and no kernel has a part in it

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$LAB_TMP/director/names.yaml
printf 'nameserver %s\noptions timeout:1 attempts:1\n' "$RIP3" >"$LAB_TMP/resolv.conf"
mount --bind "$LAB_TMP/resolv.conf" /etc/resolv.conf
printf 'hosts: files dns\n' >"$LAB_TMP/nsswitch.conf"
mount --bind "$LAB_TMP/nsswitch.conf" /etc/nsswitch.conf

zone=$LAB_TMP/real3/servers/named
records() {
    mkdir -p "$zone"
    printf '%s\n' "$@" >"$zone/records"
}
three() { printf '%s\n' "$(service)" "$(server "$RIP1")" "$(server "$RIP2")" "$(server "$RIP3")"; }
named_knows() { on director getent ahostsv4 pool.example.org | grep -q "^$RIP3 "; }

records "pool 5 A $RIP1" "pool 5 A $RIP2" "pool 5 A $RIP3"
serve real3 named "$RIP3"
eventually 20 named_knows
director_define <<D
director: {safety_limits: {servers: 50%}}
services:
  - name: web
    listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    check: {http: {path: /test.html}, every: 1s, timeout: 2s, fall: 1}
    real_servers: [pool.example.org]
D
director_start
three | eventually_table 10
requests_begin web

records "pool 5 A $RIP1"
server_dies real3 named
serve real3 named "$RIP3"
eventually 40 status_says 'this change leaves 1 of the 3 serving real servers of web'
eventually_log 5 'host names changed; their new addresses are not used'
three | throughout_table 2
requests_end web
on director ipvsctl reload --force
printf '%s\n' "$(service)" "$(server "$RIP1")" | eventually_table 10
