# shellcheck shell=sh
# Checks without an expected text still need a valid answer: POP3 its greeting, FTP a whole file, DNS any answer. IMAP is
# checked at the port that is configured.

for host in real1 real2; do responder_start $host pop ftp dns imap; done
ask_for() {
    cat <<V

virtual=$VIP:$1
    real=$RIP1:$2 masq
    service=$3
    protocol=$4
    request="$5"
V
}
director_define <<D
checkinterval=1
negotiatetimeout=2
$(ask_for 110 110 pop tcp x)
$(ask_for 21 21 ftp tcp welcome.txt)
$(ask_for 2121 21 ftp tcp no-such-file.txt)
$(ask_for 53 53 dns udp www.lab.example)
$(ask_for 143 143 imap tcp x)
$(ask_for 1143 144 imap tcp x)
D
services() {
    for port in 110 21 2121 143 1143; do echo "-A -t $VIP:$port -s wrr"; done
    echo "-A -u $VIP:53 -s wrr"
}
director_start
eventually_table 10 <<T
$(services)
-a -t $VIP:110 -r $RIP1:110 -m -w 1
-a -t $VIP:21 -r $RIP1:21 -m -w 1
-a -t $VIP:143 -r $RIP1:143 -m -w 1
-a -u $VIP:53 -r $RIP1:53 -m -w 1
T
responder_stop real1
services | eventually_table 10
