# shellcheck shell=sh disable=SC2154,SC2034
# Faults of resources: few descriptors, little memory, no ports, and a name service, receivers, hooks and a log that hang.

# names_come_from_real3: the director's name service is there; it takes requests and never answers.
names_come_from_real3() {
    printf 'nameserver %s\noptions timeout:5 attempts:2\n' "$RIP3" >"$LAB_TMP/resolv.conf"
    mount --bind "$LAB_TMP/resolv.conf" /etc/resolv.conf
    printf 'hosts: files dns\n' >"$LAB_TMP/nsswitch.conf"
    mount --bind "$LAB_TMP/nsswitch.conf" /etc/nsswitch.conf
}

# limited COMMAND...: the daemon runs under this limit, beside many servers that are all hostile.
limited() {
    die
    hostile_configuration http smtp dns pgsql imap ldap | director_define
    background daemon "$@" ipvsd --config "$DEFINITIONS"
    director_ready
    lasts 15 3
    die
    base_configuration | director_define
    director_start
}

add_fault descriptors_64 harmless '64 file descriptors'
fault_descriptors_64() { limited prlimit --nofile=64:64; }

add_fault descriptors_256 harmless '256 file descriptors'
fault_descriptors_256() { limited prlimit --nofile=256:256; }

# Threads fail as well then.
add_fault memory_limited harmless 'little memory: 64 MiB of addresses more than at rest'
fault_memory_limited() {
    read -r limited_pid <"$LAB_TMP/director/daemon.pid"
    limited_size=$(awk '/^VmPeak/ { print $2 }' "/proc/$limited_pid/status")
    limited prlimit --as=$(((limited_size + 65536) * 1024))
}

# One port is left, and it is in use towards each server.
add_fault no_ports harmless 'no ephemeral ports'
fault_no_ports() {
    ports=$(on director sysctl -n net.ipv4.ip_local_port_range)
    sysctl_on director net.ipv4.ip_local_port_range='61000 61000'
    # shellcheck disable=SC2016 # perl expands
    background holder perl -MIO::Socket::INET -e '
        my @held = map { IO::Socket::INET->new(PeerAddr => $_, Timeout => 5) } @ARGV; sleep 60' "$RIP1:80" "$RIP2:80" "$RIP3:$PULSE_PORT"
    lasts 10 4
    sysctl_on director net.ipv4.ip_local_port_range="$ports"
    signal director holder KILL
}

add_fault names_hang harmless 'a name service that never answers'
fault_names_hang() {
    {
        base_configuration
        for mark in 81 82 83 84 85 86; do
            echo "  - {listen: \"fwmark:$mark\", forwarding: nat, check: {tcp: {}, port: 80}, real_servers: [\"host$mark.example.org:80\"]}"
        done
    } | director_define
    background reload ipvsctl reload
    lasts 10 3
    director_answers || complain 'ipvsctl status has no answer while the name service hangs'
    base_configuration | director_define
    director_reload
    background_ended reload
}

# Five servers that refuse, so that there is something to report.
add_fault receivers_hang harmless 'webhook, mail relay, hook and check programs that hang'
fault_receivers_hang() {
    {
        base_configuration 1 "notify:
  - {webhook: \"http://$RIP3:$HANGING_PORT/\", topics: [servers, services], group_wait: 500ms}
  - {mail: {to: [duty@example.org], from: ipvsd@example.org, relay: $RIP3, port: $HANGING_PORT}, group_wait: 500ms}
  - {command: [/bin/sleep, \"600\"], group_wait: 500ms}"
        for port in 8101 8102 8103; do
            echo "  - {listen: \"tcp://$VIP:$port\", forwarding: nat, check: {tcp: {}, every: 500ms, timeout: 5s, fall: 1}, real_servers: [\"$RIP3:9\"]}"
            echo "  - {listen: \"tcp://$VIP:1$port\", forwarding: nat, check: {command: [/bin/sleep, \"600\"], every: 1s, timeout: 5s}, real_servers: [\"$RIP3:9\"]}"
        done
    } | use
    lasts 15 4
    director_answers || complain 'ipvsctl status has no answer while receivers hang'
    base_again
    # A hook may take a minute.
    [ -n "$soak_short" ] || within 30 no_sleeper || complain "programs are left: $(pgrep -a -f 'sleep 600')"
}
no_sleeper() { ! pgrep -f '/bin/sleep 600' >/dev/null; }

add_fault log_unread harmless 'a log that no program reads'
fault_log_unread() {
    rm -f "$SOAK/unread"
    mkfifo "$SOAK/unread"
    # shellcheck disable=SC2016
    spawn director reader sh -c 'exec 3<>"$1" && exec sleep 1000' hold "$SOAK/unread"
    die
    # shellcheck disable=SC2016
    background daemon sh -c 'exec ipvsd --log trace --config "$1" 2>"$2"' direct "$DEFINITIONS" "$SOAK/unread"
    director_ready
    lasts 10 3
    director_answers || complain 'ipvsctl status has no answer while the log is not read'
    reborn
    signal director reader KILL
}
