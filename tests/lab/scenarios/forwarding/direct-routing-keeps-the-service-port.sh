# shellcheck shell=sh
# With direct routing the kernel keeps the service's port whatever port a real server has. ipvsd checks the server's own port,
# and the server has its weight from the start.

for host in real1 real2; do responder_start $host odd; done
director_define <<D
checkinterval=1
checktimeout=3
quiescent=yes

virtual=$VIP:80
    real=$RIP1:8080 gate 4
    real=$RIP2:8080 ipip 5
    service=http
    request="new.html"
    receive="new"
D
wanted() {
    service wrr
    echo "-a -t $VIP:80 -r $RIP1:80 -g -w $1"
    echo "-a -t $VIP:80 -r $RIP2:80 -i -w $2 --tun-type ipip"
}
director_start
wanted 4 5 | eventually_table 5
director_reload
wanted 4 5 | throughout_table 2
responder_stop real1
wanted 0 5 | eventually_table 5
expect_contains 'the web server of real1, whose port 80 is open, says' real1 "$(on director curl -sS "http://$RIP1/whoami")"
