# shellcheck shell=sh disable=SC2016,SC2034
# A check command or hook of a YAML configuration that runs as root has no capabilities: it cannot change the IPVS table. It gets
# neither the environment nor the descriptors of ipvsd, and what it starts ends with it, also in a session of its own.

put director "$LAB_TMP/director/curious" <<'C'
#!/bin/sh
exec >"${0%/*}/seen-$1.new" 2>&1
id -u
grep -E 'Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs' /proc/self/status
env
ipvsadm -A -t 198.51.100.1:80 -s rr && echo 'changed the table'
ip link add mine type dummy && echo 'added an interface'
echo "descriptors $(ls /proc/self/fd | tr '\n' ' ')"
setsid sleep 1003 &
mv "${0%/*}/seen-$1.new" "${0%/*}/seen-$1"
C
on director chmod 755 "$LAB_TMP/director/curious"
DEFINITIONS=$YAML_DEFINITIONS
director_define <<D
notify: [{command: [$LAB_TMP/director/curious, hook], group_wait: 1s}]
director: {freeze: off}
services:
  - name: curious
    listen: tcp://$VIP:81
    forwarding: nat
    check: {command: [$LAB_TMP/director/curious, check], every: 60s, timeout: 10s}
    real_servers: ["$RIP1:80"]
  - name: web
    listen: tcp://$VIP:80
    forwarding: nat
    check: {http: {path: /test.html}, every: 500ms, fall: 1}
    real_servers: ["$RIP1:80", "$RIP2:80"]
D
capabilities=$(sed -n 's/^CapabilityBoundingSet=//p' "$LAB_ROOT/dist/ipvsd.service" | tr 'A-Z ' 'a-z,' | sed 's/cap_/+/g')
ambient=$(sed -n 's/^AmbientCapabilities=//p' "$LAB_ROOT/dist/ipvsd.service" | tr 'A-Z ' 'a-z,' | sed 's/cap_/+/g')
spawn director daemon sh -c 'exec "$@" 9</dev/null' sh env NOTIFY_SOCKET=/run/none SECRET_OF_IPVSD=x setpriv --bounding-set="-all,$capabilities" \
    --inh-caps="-all,$capabilities" --ambient-caps="-all,$ambient" --no-new-privs ipvsd --config "$DEFINITIONS"
director_ready
seen() { on director test -e "$LAB_TMP/director/seen-$1"; }
eventually 20 seen check
web_stop real2
eventually 20 seen hook
nothing_left() {
    # In brackets, so that it does not find the words that bring it there.
    ! on director pgrep -f 'sleep 100[3]'
}
eventually 10 nothing_left
none=0000000000000000
for run in check hook; do
    text=$(on director cat "$LAB_TMP/director/seen-$run")
    for set in CapInh CapPrm CapEff CapBnd CapAmb; do
        expect_contains "the capabilities of the $run" "$set:	$none" "$text"
    done
    expect_contains "no_new_privs of the $run" 'NoNewPrivs:	1' "$text"
    expect_contains "the descriptors of the $run" 'descriptors 0 1 2 3' "$text"
    for word in NOTIFY_SOCKET SECRET_OF_IPVSD 'changed the table' 'added an interface'; do
        case $text in *"$word"*) fail "the $run: $text" ;; esac
    done
done
case $(on director ipvsadm -Ln) in *198.51.100.1*) fail 'a program of a check changed the table' ;; esac
