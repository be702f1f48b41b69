# shellcheck shell=sh
# Whatever a server answers, the check fails and the daemon goes on: no answer, half an answer, noise, an endless page, another
# protocol. So it does when no route leads to the server.

for host in real1 real2; do responder_start $host pop smtp quiet hostile; done
ask_at() {
    cat <<V

virtual=$VIP:$1
    real=$2 masq
    service=$3
    checkport=$4
    request="x"
    receive="no such text"
    login="a"
    passwd="b"
V
}
director_define <<D
checkinterval=1
negotiatetimeout=2
$(ask_at 81 "$RIP1:80" http 110)
$(ask_at 82 "$RIP1:80" imap 25)
$(ask_at 83 "$RIP1:80" nntp 110)
$(ask_at 84 "$RIP1:80" http 7200)
$(ask_at 85 "$RIP1:80" pop 7200)
$(ask_at 86 "$RIP1:80" smtp 7200)
$(ask_at 87 "$RIP1:80" ftp 7200)
$(ask_at 88 "$RIP1:80" simpletcp 7100)
$(ask_at 89 "198.51.100.1:80" http 80)
$(ask_at 90 "$RIP1:80" https 7200)

virtual=$VIP:80
    real=$RIP2:80 masq
    service=http
    request="test.html"
    receive="OK"
D
services() { echo "-A -t $VIP:80 -s wrr"; for port in 81 82 83 84 85 86 87 88 89 90; do echo "-A -t $VIP:$port -s wrr"; done; }
director_start
{ services; server "$RIP2"; } | eventually_table 10
{ services; server "$RIP2"; } | throughout_table 4
web_stop real2
services | eventually_table 5
web_start real2
{ services; server "$RIP2"; } | eventually_table 5
expect director_answers
