# shellcheck shell=sh disable=SC2154,SC2034
# Faults of servers: every kind of check at every kind of hostile server, and servers that flap.

# Of the program hostile: a port for each kind of hostility, in this order, and one where nothing listens.
HOSTILE_PORTS='9101 9102 9103 9104 9105 9106 9107 9108 9109 9110'
HANGING_PORT=9101
FLAPPING_PORT=9120
# In groups: a guest has no time for all of them at once.
HOSTILE_GROUPS='http pattern smtp mysql
https dns dns-udp ftp
grpc imap imaps ldap
ldaps nntp oracle pgsql
pop pops radius simpletcp
sip sip-udp submission smtp'

# hostile_servers_start: beside the healthy one, whose checks are written down.
hostile_servers_start() {
    spawn real3 hostile perl "$LAB_DIRECTORY/soak/hostile" "$LAB_TMP/real3/hostile.ready"
    spawn real3 pulse perl "$LAB_DIRECTORY/soak/pulse" "$PULSE_PORT" "$LAB_TMP/real3/pulse.ready"
    for server in hostile pulse; do
        within 20 on real3 test -e "$LAB_TMP/real3/$server.ready" || fail "$(log_of real3 $server)"
    done
}

hostile_check() {
    case $1 in
    http | https) echo "$1: {path: /, follow_redirects: 3, expect: {body: READY}}" ;;
    pattern) echo 'http: {path: /, expect: {body: "(?!.*ERROR)READY"}}' ;;
    dns) echo 'dns: {request: www.example.org, transport: tcp}' ;;
    dns-udp) echo 'dns: {request: www.example.org}' ;;
    ftp) echo 'ftp: {login: probe, password: secret, request: /welcome.txt}' ;;
    imap | imaps | pop | pops) echo "$1: {login: probe, password: secret}" ;;
    ldap | ldaps) echo "$1: {request: \"dc=example,dc=org\"}" ;;
    mysql | pgsql) echo "$1: {login: probe, password: secret, database: shop, request: SELECT 1}" ;;
    radius) echo 'radius: {login: probe, password: secret, secret: shared}' ;;
    simpletcp) printf '%s\n' 'simpletcp: {request: "PING\n", receive: PONG}' ;;
    sip | sip-udp) echo 'sip: {login: probe@example.org}' ;;
    *) echo "$1: {}" ;;
    esac
}

# hostile_configuration CHECK...: each of them at each kind of hostility.
hostile_configuration() {
    base_configuration
    hostile_port=7100
    for hostile_kind in "$@"; do
        case $hostile_kind in radius | *-udp) hostile_transport=udp ;; *) hostile_transport=tcp ;; esac
        hostile_port=$((hostile_port + 1))
        printf '  - {name: %s, listen: "%s://%s:%s", forwarding: nat, check: {%s, every: 5s, timeout: 3s, fall: 1}, real_servers: [' \
            "hostile-$hostile_kind" $hostile_transport "$VIP" $hostile_port "$(hostile_check "$hostile_kind")"
        for hostile_server in $HOSTILE_PORTS; do printf '"%s:%s", ' "$RIP3" "$hostile_server"; done
        echo ']}'
    done
}

# None of them may come into service.
add_fault hostile harmless 'every kind of check at every kind of hostile server'
fault_hostile() {
    long_or_short 6 1
    printf '%s\n' "$HOSTILE_GROUPS" | head -n "$LENGTH" >"$SOAK/groups"
    while read -r hostile_group <&3; do
        # shellcheck disable=SC2086 # one word each
        hostile_configuration $hostile_group | use
        hostile_group_lasts
    done 3<"$SOAK/groups"
    base_again
}
hostile_group_lasts() {
    lasts 10 5
    memory_seen
    director_answers || complain 'ipvsctl status has no answer beside hostile servers'
    hostile_up=$(table | grep -e " -r $RIP3:91" || :)
    [ -z "$hostile_up" ] || complain "hostile servers are in service: $hostile_up"
}

# They change every second. A hook counts messages.
add_fault flapping harmless '10 servers that flap every second'
fault_flapping() {
    {
        base_configuration 1 "notify:
  - {command: [/bin/true], group_wait: 500ms}"
        flapping_port=7200
        while [ $flapping_port -lt 7210 ]; do
            echo "  - {listen: \"tcp://$VIP:$flapping_port\", forwarding: nat, check: {http: {path: /}, every: 500ms, timeout: 3s, fall: 1}, real_servers: [\"$RIP3:$FLAPPING_PORT\"]}"
            flapping_port=$((flapping_port + 1))
        done
    } | use
    lasts 15 4
    director_answers || complain 'ipvsctl status has no answer beside servers that flap'
    base_again
}
