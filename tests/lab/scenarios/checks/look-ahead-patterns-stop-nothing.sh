# shellcheck shell=sh
# Pages of 300 kB on one line, matched with look-ahead, and pages that no search with a back-reference comes to an end of, stop
# neither other probes nor `status` nor a stop. A healthy page of that size is up.

# shellcheck disable=SC2016
on real3 sh -c 'cd "$1/pages" && head -c 300000 /dev/zero | tr "\0" a >page && { cat page; echo OK; } >healthy &&
    { cat page; echo OK ERROR; } >faulty && { cat page; echo bc OK; } >endless' pages "$(web_root real3)"
page() {
    printf 'virtual=%s:%s\n    real=%s:80 masq\n    service=http\n    request="%s"\n    receive="%s"\n\n' \
        "$VIP" "$1" "$RIP3" "$2" "$3"
}
director_define <<D
checkinterval=1
negotiatetimeout=10

$(page 81 healthy '(?!.*ERROR)OK')
$(page 82 faulty '(?!.*ERROR)OK')
$(page 83 endless '(a+)+\1c')
$(page 84 endless '(.*)\1\1OK')
$(page 85 endless '(\w+)\s+\1')

virtual=$VIP:80
    real=$RIP1:80 masq
    real=$RIP2:80 masq
    service=http
    request="test.html"
    receive="OK"
    scheduler=rr
D
services() { for port in 81 82 83 84 85; do echo "-A -t $VIP:$port -s wrr"; done; service; }
long_page() { echo "-a -t $VIP:81 -r $RIP3:80 -m -w 1"; }
director_start
{ services; long_page; server "$RIP1"; server "$RIP2"; } | eventually_table 30
requests_begin served
{ services; long_page; server "$RIP1"; server "$RIP2"; } | throughout_table 5
expect director_answers
requests_end served
web_stop real1
{ services; long_page; server "$RIP2"; } | eventually_table 10
web_start real1
{ services; long_page; server "$RIP1"; server "$RIP2"; } | eventually_table 10
director_stop
