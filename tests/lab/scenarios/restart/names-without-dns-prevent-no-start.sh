# shellcheck shell=sh
# A daemon starts while no name service answers: services without host names are served at once, a name keeps the address of the
# state file, and a server without any address joins when its name is resolved. No request fails.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$LAB_TMP/director/names.yaml
ctl() { on director ipvsctl "$@"; }
named() { printf '127.0.0.1 localhost\n%s\n' "$*" | director_knows; }
# Whom nothing reaches: a lookup takes its full time.
printf 'nameserver 192.168.6.99\noptions timeout:3 attempts:1\n' >"$LAB_TMP/resolv.conf"
mount --bind "$LAB_TMP/resolv.conf" /etc/resolv.conf
printf 'hosts: files dns\n' >"$LAB_TMP/nsswitch.conf"
mount --bind "$LAB_TMP/nsswitch.conf" /etc/nsswitch.conf
web() {
    echo "-A -t $VIP:80 -s rr"
    for rip in "$@"; do echo "-a -t $VIP:80 -r $rip:80 -m -w 1"; done
}
other() { printf '%s\n' "-A -t $VIP:81 -s rr" "-a -t $VIP:81 -r $RIP3:80 -m -w 1"; }
seconds() { now; echo $((NOW / 100)); }

director_define <<D
services:
  - name: web
    listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    check: {http: {path: /test.html}, every: 1s, timeout: 1s, fall: 2}
    drain: 10s
    real_servers: [first.lab.example, second.lab.example]
  - name: other
    listen: tcp://$VIP:81
    scheduler: rr
    forwarding: nat
    check: {http: {path: /test.html}, every: 1s, timeout: 1s, fall: 2}
    real_servers: ["$RIP3:80"]
D

# The first start: the check that the unit runs warns, and what has an address is served in no time.
named ''
said=$(ctl check "$DEFINITIONS" 2>&1) || fail "the check fails: $said"
expect_contains 'the check' 'cannot resolve host name first.lab.example' "$said"
expect_not ctl check --strict "$DEFINITIONS" >/dev/null 2>&1
begun=$(seconds)
director_start
{ web; other; } | eventually_table 5
[ $(($(seconds) - begun)) -le $((16 * ${LAB_PATIENCE:-3} / 3)) ] || fail "the start took $(($(seconds) - begun)) s"
expect_equal 'who answers beside it' real3 "$(ask "$VIP:81")"
requests_begin other "$VIP:81"
expect_contains 'the status' 'NOT RESOLVED: first.lab.example has no address yet' "$(director_status)"
status_matches '^ *first.lab.example:80 .* down .*cannot resolve host name' || fail "$(director_status)"
expect_contains 'the chain' 'cannot resolve host name first.lab.example' "$(ctl explain web first.lab.example)"
expect_contains 'the answer to an override' 'no address yet' "$(ctl drain web first 2>&1 || :)"

# The names are resolved: the servers join.
named "$RIP1 first.lab.example
$RIP2 second.lab.example"
{ web "$RIP1" "$RIP2"; other; } | eventually_table 25
eventually 10 status_lacks 'NOT RESOLVED'
requests_begin web

# Killed, and started without names: with the state file all addresses are known, with an empty table, too.
named ''
director_kill
director_start
{ web "$RIP1" "$RIP2"; other; } | throughout_table 3
eventually 25 status_says "NOT RESOLVED: first.lab.example keeps $RIP1"
requests_end web
director_kill
requests_end other
on director ipvsadm -C
director_start
{ web "$RIP1" "$RIP2"; other; } | eventually_table 10
expect_equal 'who answers' '2 real1,2 real2' "$(tally 4 | paste -sd,)"

# Without the state file what the kernel has serves on, until the names are resolved.
director_kill
on director rm "$IPVSD_STATE"
requests_begin web-again
director_start
{ web "$RIP1" "$RIP2"; other; } | throughout_table 3
named "$RIP1 first.lab.example
$RIP3 second.lab.example"
{ web "$RIP1" "$RIP3"; other; } | eventually_table 25
requests_end web-again
