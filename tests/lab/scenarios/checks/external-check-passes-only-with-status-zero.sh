# shellcheck shell=sh disable=SC2016,SC2034
# An external check passes with exit status 0 only: one that a signal ends or that takes too long has failed, one that cannot be
# started brings no server up, and what it started ends with it. It gets the documented arguments and a process group of its own, and no shell reads
# its command.

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
