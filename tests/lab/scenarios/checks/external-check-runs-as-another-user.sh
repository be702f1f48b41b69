# shellcheck shell=sh disable=SC2016,SC2034
# A check command with `user` works with the capabilities that the unit grants, has none of the director's rights, and is ended at
# its time limit. However much a command prints, ipvsd keeps the end of it in little memory.

check() {
    put director "$LAB_TMP/director/check-$1"
    on director chmod 755 "$LAB_TMP/director/check-$1"
}
check who <<'C'
#!/bin/sh
[ "$*" = 'extra 192.168.6.4' ] && echo "$(id -un) $(id -Gn) $HOME $(cat /etc/shadow 2>&1 >/dev/null | sed -n "s/.*: //p")"
C
check flood <<'C'
#!/bin/sh
head -c 8388608 /dev/zero | tr '\0' x
echo
echo 'and the end'
C
check slow <<'C'
#!/bin/sh
exec sleep 1002
C
DEFINITIONS=$LAB_TMP/director/definitions.yaml
director_define <<D
services:
  - name: who
    listen: tcp://$VIP:81
    forwarding: nat
    check: {command: {run: [$LAB_TMP/director/check-who, extra, "{rip}"], user: nobody}, every: 1s, timeout: 10s}
    real_servers: ["$RIP1:80"]
  - name: flood
    listen: tcp://$VIP:82
    forwarding: nat
    check: {command: {run: [$LAB_TMP/director/check-flood], user: nobody}, every: 10s, timeout: 60s}
    real_servers: ["$RIP1:80"]
  - name: slow
    listen: tcp://$VIP:83
    forwarding: nat
    check: {command: {run: [$LAB_TMP/director/check-slow], user: nobody}, every: 60s, timeout: 1s}
    real_servers: ["$RIP1:80"]
D
capabilities=$(sed -n 's/^CapabilityBoundingSet=//p' "$LAB_ROOT/dist/ipvsd.service" | tr 'A-Z ' 'a-z,' | sed 's/cap_/+/g')
spawn director daemon setpriv --bounding-set="-all,$capabilities" --inh-caps="-all,$capabilities" --no-new-privs \
    ipvsd --config "$DEFINITIONS"
director_ready
eventually_table 60 <<T
-A -t $VIP:81 -s wlc
-A -t $VIP:82 -s wlc
-A -t $VIP:83 -s wlc
-a -t $VIP:81 -r $RIP1:80 -m -w 1
-a -t $VIP:82 -r $RIP1:80 -m -w 1
T
eventually 20 status_says 'no answer within 1 s'
nothing_left() {
    # In brackets, so that it does not find the words that bring it there.
    ! on director pgrep -f 'sleep 100[2]'
}
eventually 5 nothing_left
said=$(on director ipvsctl status --wide)
expect_contains 'what it may' 'nobody nogroup /nonexistent Permission denied' "$said"
expect_contains 'the end of the flood' 'and the end' "$said"
memory=$(on director sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$(on director cat "$LAB_TMP/director/daemon.pid")/status")
[ "$memory" -lt 36864 ] || fail "the director took $memory KiB to read a flood"
