# shellcheck shell=sh
# A global fallback serves services by firewall mark too.

on director iptables-legacy -t mangle -A PREROUTING -d "$VIP" -p tcp --dport 80 -j MARK --set-mark 7
director_define <<D
checkinterval=1
checktimeout=3
fallback=$FALLBACK:80 masq

virtual=7
    real=$RIP1:80 masq
    service=http
    request="test.html"
    receive="OK"
D
director_start
eventually_table 5 <<T
-A -f 7 -s wrr
-a -f 7 -r $RIP1:80 -m -w 1
T
expect_equal 'who answers' '3 real1' "$(tally 3)"
web_stop real1
eventually_table 5 <<T
-A -f 7 -s wrr
-a -f 7 -r $FALLBACK:80 -m -w 1
T
expect_equal 'who answers while real1 is stopped' '3 fallback' "$(tally 3)"
