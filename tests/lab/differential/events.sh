# shellcheck shell=sh
# What happens to the servers and the file of a case, the same for both programs.

. "$LAB_DIRECTORY/differential/events.names"
MAINTENANCE=$LAB_TMP/maintenance

# A dead server answers nothing: no web, no other protocol, no echo. A case can ask for another death.
server_dies() {
    case $CASE_DEATH in
    sick) web_sick "$1" ;;
    hangs) web_hang "$1" ;;
    *)
        web_stop "$1"
        [ -z "$CASE_SERVES" ] || responder_stop "$1"
        on "$1" sysctl -q net.ipv4.icmp_echo_ignore_all=1 net.ipv6.icmp.echo_ignore_all=1
        ;;
    esac
}

# The other protocols of the case, when it names any.
serve() {
    # shellcheck disable=SC2086 # one word each
    [ -z "$CASE_SERVES" ] || responder_start "$1" $CASE_SERVES
}

server_returns() {
    case $CASE_DEATH in
    sick) web_healthy "$1" ;;
    hangs) web_resume "$1" ;;
    *)
        web_start "$1"
        serve "$1"
        on "$1" sysctl -q net.ipv4.icmp_echo_ignore_all=0 net.ipv6.icmp.echo_ignore_all=0
        ;;
    esac
}

# A case can have servers that are dead from the start.
dies_unless_dead() {
    case " $CASE_DEAD " in *" $1 "*) ;; *) server_dies "$1" ;; esac
}

# event SUBJECT EVENT: brings it about.
event() {
    case $2 in
    start) "$1_start" ;;
    dies) dies_unless_dead real1 ;;
    all-die) for host in real2 real3; do dies_unless_dead "$host"; done ;;
    returns) server_returns real2 ;;
    reload)
        if [ -f "$CASE.reload.cf" ]; then put director "$CASE_FILE" <"$CASE.reload.cf"; fi
        [ "$CASE_RELOAD" = file ] || daemon_reload
        ;;
    maintenance) for name in $CASE_MAINTENANCE; do : >"$MAINTENANCE/$name"; done ;;
    all-return)
        rm -f "$MAINTENANCE"/*
        server_returns real1
        server_returns real3
        ;;
    stop) daemon_stop "$1" ;;
    esac
}

# The lab as every case and both programs find it.
prepare() {
    rm -rf "$MAINTENANCE" /var/log/ldirectord.log
    mkdir -p "$MAINTENANCE"
    put director "$CASE_FILE" <"$CASE.cf"
    on director ipvsadm -C
    if [ -f "$CASE.before" ]; then on director ipvsadm -R <"$CASE.before"; fi
    for host in real1 real2 real3; do serve "$host"; done
    for host in $CASE_DEAD; do server_dies "$host"; done
}

clear_up() {
    [ -z "$CASE_SERVES" ] || for host in real1 real2 real3; do responder_stop "$host"; done
    on director ipvsadm -C
}
