# shellcheck shell=sh disable=SC2016,SC2034
# An external check says yes with exit status 0 and with nothing else: one that a signal ends, one that cannot be
# started and one that takes too long have failed, and what they started ends with them. A check gets the documented
# arguments and a process group of its own, is never read by a shell, and may print what it likes; as another user it has
# none of the director's rights.

check() {
    put director "$LAB_TMP/director/check-$1"
    on director chmod 755 "$LAB_TMP/director/check-$1"
}
check good <<'C'
#!/bin/sh
[ "$#" -eq 4 ]
C
check killed <<'C'
#!/bin/sh
kill -KILL $$
C
check slow <<'C'
#!/bin/sh
sleep 1001 &
wait
C
check mute <<'C'
#!/no/such/interpreter
C
check group <<C
#!/bin/sh
echo "\$*" >$LAB_TMP/director/arguments
[ "\$(ps -o pgid= -p \$\$ | tr -d ' ')" = \$\$ ]
C
external() {
    cat <<V

virtual=$VIP:$1
    real=$RIP1:80 masq
    checktype=external
    checkcommand=$LAB_TMP/director/check-$2
V
}
director_define <<D
checkinterval=1
checktimeout=4
$(external 81 good)
$(external 82 killed)
$(external 83 slow)
$(external 84 mute)
$(external 85 'group $(id) ;ls')
D
wanted=$(
    for port in 81 82 83 84 85; do echo "-A -t $VIP:$port -s wrr"; done
    for port in 81 85; do echo "-a -t $VIP:$port -r $RIP1:80 -m -w 1"; done
)
director_start
echo "$wanted" | eventually_table 5
echo "$wanted" | throughout_table 3
director_stop
# A killed process is gone when its turn on the processor comes.
nothing_left() {
    # In brackets, so that it does not find the words that bring it there.
    ! on director pgrep -f 'sleep 100[1]'
}
eventually 5 nothing_left
expect_equal 'the arguments' "\$(id) ;ls $VIP 85 $RIP1 80" "$(on director cat "$LAB_TMP/director/arguments")"

# As another user, and with 8 MiB of output in one line.
check who <<'C'
#!/bin/sh
[ "$*" = 'extra 192.168.6.4' ] && echo "$(id -un) $(id -Gn) $HOME $(cat /etc/shadow 2>&1 | tail -n 1)"
C
check flood <<'C'
#!/bin/sh
head -c 8388608 /dev/zero | tr '\0' x
echo
echo 'and the end'
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
D
director_start
eventually_table 60 <<T
-A -t $VIP:81 -s wlc
-A -t $VIP:82 -s wlc
-a -t $VIP:81 -r $RIP1:80 -m -w 1
-a -t $VIP:82 -r $RIP1:80 -m -w 1
T
said=$(on director ipvsctl status)
expect_contains 'what it may' 'nobody nogroup /nonexistent cat: /etc/shadow: Permission denied' "$said"
expect_contains 'the end of the flood' 'and the end' "$said"
memory=$(on director sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$(on director cat "$LAB_TMP/director/daemon.pid")/status")
[ "$memory" -lt 32768 ] || fail "the director took $memory KiB to read a flood"
