# shellcheck shell=sh
# An external check says yes with exit status 0 and with nothing else: one that a signal ends, one that cannot be
# started and one that takes too long have failed, and what they started ends with them.

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
checktimeout=2
$(external 81 good)
$(external 82 killed)
$(external 83 slow)
$(external 84 mute)
D
wanted=$(for port in 81 82 83 84; do echo "-A -t $VIP:$port -s wrr"; done; echo "-a -t $VIP:81 -r $RIP1:80 -m -w 1")
director_start
echo "$wanted" | eventually_table 5
echo "$wanted" | throughout_table 3
director_stop
# A killed process is gone when its turn on the processor comes.
nothing_left() {
    ! on director pgrep -f 'sleep 1001'
}
eventually 5 nothing_left
