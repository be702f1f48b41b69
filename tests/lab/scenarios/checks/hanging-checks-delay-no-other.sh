# shellcheck shell=sh
# Ten checks that hang up to their long limit do not delay the eleventh: a dead server is removed within a second or two, and
# the daemon answers meanwhile.

web_hang real3
hanging() {
    for port in 1 2 3 4 5 6 7 8 9 10; do
        printf 'virtual=%s:%s\n    real=%s:80 masq\n    service=http\n    request="page%s"\n' "$VIP" $((9000 + port)) "$RIP3" $port
        printf '    negotiatetimeout=60\n\n'
    done
}
director_define <<D
checkinterval=1
negotiatetimeout=60

$(hanging)

virtual=$VIP:80
    real=$RIP1:80 masq
    real=$RIP2:80 masq
    service=http
    request="test.html"
    receive="OK"
    scheduler=rr
D
services() { table | grep -v "$VIP:90"; }
services_are() { [ "$(services)" = "$(printf '%s\n' "$1" | sort)" ]; }
director_start
eventually 5 services_are "$(founding_table)"
now
began=$NOW
web_stop real1
eventually 5 services_are "$(service; server "$RIP2")"
now
[ $((NOW - began)) -le $((100 * ${LAB_PATIENCE:-3})) ] || fail "a dead server was in service for $((NOW - began)) hundredths of a second"
expect director_answers
web_resume real3
