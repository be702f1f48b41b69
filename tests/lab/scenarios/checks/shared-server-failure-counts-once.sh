# shellcheck shell=sh
# Services that share a server share one probe of it, and a failure counts once for each service: `failurecount=3` is three
# checks.

director_define <<D
checkinterval=1
checktimeout=3
failurecount=3

virtual=$VIP:80
    real=$RIP1:80 masq
    request="test.html"
    receive="OK"

virtual=$VIP:8080
    real=$RIP1:80 masq
    service=http
    request="test.html"
    receive="OK"

virtual=$VIP:8081
    real=$RIP1:80 masq
    service=http
    request="test.html"
    receive="OK"
D
services() { for port in 80 8080 8081; do echo "-A -t $VIP:$port -s wrr"; done; }
servers() { for port in 80 8080 8081; do echo "-a -t $VIP:$port -r $RIP1:80 -m -w 1"; done; }
director_start
{ services; servers; } | eventually_table 5
now
began=$NOW
web_stop real1
services | eventually_table 10
now
[ $((NOW - began)) -ge 180 ] || fail "removed after $((NOW - began)) hundredths of a second: three checks, a second apart, take longer"
