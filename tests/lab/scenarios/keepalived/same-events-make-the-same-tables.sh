# shellcheck shell=sh
# Debian's keepalived and ipvsd go through the same events with the same keepalived.conf. After each the table is the same: servers that
# fail and return, one at a time and all at once, with and without inhibit_on_failure, a quorum, a sorry server, a group, a mark and a
# program as a check. One difference is intended: below the quorum a server that is up stays with weight 0, so that its connections go on,
# and keepalived removes it.
# limit: 600

. "$LAB_DIRECTORY/keepalived.sh"
web_listen '80 8080' real1 real2 real3
flags=$LAB_TMP/director/flags
on director mkdir -p "$flags"
on director touch "$flags/$RIP1" "$flags/$RIP2"

http='HTTP_GET {
            url {
                path /test.html
                status_code 200
            }
            connect_timeout 2
            retry 1
            delay_before_retry 1
        }'
tcp='TCP_CHECK {
            connect_timeout 2
        }'
put director "$KEEPALIVED_CONF" <<C
! The web site
\$BACK=${RIP1%.*}
virtual_server_group web {
    $VIP 80
    ${VIP%.*}.208-209 80
}
virtual_server group web {
    delay_loop 1
    lb_algo wrr
    lb_kind NAT
    protocol TCP
    sorry_server $FALLBACK 80
    real_server \${BACK}.${RIP1##*.} 80 {
        weight 3
        $http
    }
    real_server \${BACK}.${RIP2##*.} 80 {
        $http
    }
}
# Failed servers keep their place.
virtual_server $VIP 8080 {
    delay_loop 1
    lb_algo rr
    lb_kind NAT
    protocol TCP
    inhibit_on_failure
    real_server $RIP1 8080 {
        $tcp
    }
    real_server $RIP2 8080 {
        $tcp
    }
}
# Two of three are needed.
virtual_server $VIP 8081 {
    delay_loop 1
    lb_algo wlc
    lb_kind NAT
    protocol TCP
    quorum 2
    sorry_server $FALLBACK 80
    real_server $RIP1 8080 {
        $tcp
    }
    real_server $RIP2 8080 {
        $tcp
    }
    real_server $RIP3 8080 {
        $tcp
    }
}
virtual_server fwmark 5 {
    delay_loop 1
    lb_algo sh
    sh-port
    lb_kind DR
    real_server $RIP1 {
        MISC_CHECK {
            misc_path "/usr/bin/test -e $flags/$RIP1"
            user root
        }
    }
    real_server $RIP2 {
        MISC_CHECK {
            misc_path "/usr/bin/test -e $flags/$RIP2"
            user root
        }
    }
}
C

# web_table WEIGHT1 WEIGHT2 [FALLBACK]: the services of the group, with - for a server that is not there.
web_table() {
    for vip in "$VIP" "${VIP%.*}.208" "${VIP%.*}.209"; do
        echo "-A -t $vip:80 -s wrr"
        [ "$1" = - ] || echo "-a -t $vip:80 -r $RIP1:80 -m -w $1"
        [ "$2" = - ] || echo "-a -t $vip:80 -r $RIP2:80 -m -w $2"
        [ -z "${3-}" ] || echo "-a -t $vip:80 -r $FALLBACK:80 -m -w 1"
    done
}
inhibited_table() {
    echo "-A -t $VIP:8080 -s rr"
    echo "-a -t $VIP:8080 -r $RIP1:8080 -m -w $1"
    echo "-a -t $VIP:8080 -r $RIP2:8080 -m -w $2"
}
# quorum_table NUMBER...: the servers that are there, or fallback.
quorum_table() {
    echo "-A -t $VIP:8081 -s wlc"
    for server in "$@"; do
        case $server in
        fallback) echo "-a -t $VIP:8081 -r $FALLBACK:80 -m -w 1" ;;
        *) echo "-a -t $VIP:8081 -r $server:8080 -m -w 1" ;;
        esac
    done
}
mark_table() {
    echo '-A -f 5 -s sh -b sh-port'
    for server in "$@"; do echo "-a -f 5 -r $server:0 -g -w 1"; done
}

removed() { :; }
without_weight() { echo "-a -t $VIP:8081 -r $RIP3:8080 -m -w 0"; }

# events COMMAND: what happens, and the table after it; the command prints the line of a server that is up below the quorum.
events() {
    all_up() {
        web_table 3 1
        inhibited_table 1 1
        quorum_table "$RIP1" "$RIP2" "$RIP3"
        mark_table "$RIP1" "$RIP2"
    }
    all_up | eventually_table 20
    echo 'one fails'
    web_stop real1
    on director rm "$flags/$RIP1"
    { web_table - 1; inhibited_table 0 1; quorum_table "$RIP2" "$RIP3"; mark_table "$RIP2"; } | eventually_table 20
    echo 'all fail'
    web_stop real2
    { web_table - - fallback; inhibited_table 0 0; quorum_table fallback; "$1"; mark_table "$RIP2"; } | eventually_table 20
    echo 'one returns'
    web_start real2
    { web_table - 1; inhibited_table 0 1; quorum_table "$RIP2" "$RIP3"; mark_table "$RIP2"; } | eventually_table 20
    echo 'a page fails' # that concerns the services that ask for it
    on real2 mv "$(web_root real2)/pages/test.html" "$(web_root real2)/pages/away.html"
    { web_table - - fallback; inhibited_table 0 1; quorum_table "$RIP2" "$RIP3"; mark_table "$RIP2"; } | eventually_table 20
    on real2 mv "$(web_root real2)/pages/away.html" "$(web_root real2)/pages/test.html"
    echo 'all return'
    web_start real1
    on director touch "$flags/$RIP1"
    all_up | eventually_table 20
}

keepalived_start
events removed
keepalived_stop
eventually 10 table_is ''

ipvsd_start
events without_weight
director_stop
eventually 10 table_is ''
