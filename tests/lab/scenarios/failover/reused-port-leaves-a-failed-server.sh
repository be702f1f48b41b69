# shellcheck shell=sh
# With direct routing, where the director sees no replies, a client that uses a port again reaches a server that is up, although
# the kernel still remembers the port's former connection to a failed one. The configuration can decline the setting; then the
# client waits.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
SETTING=net.ipv4.vs.conn_reuse_mode
# definitions_with DIRECTOR-KEY...
definitions_with() {
    echo 'director:'
    printf '  %s\n' 'resync: 1s' "$@"
    cat <<Y
services:
  - name: web
    listen: tcp://$DIRECT_VIP:80
    scheduler: rr
    forwarding: dr
    on_failure: quiesce
    check: {http: {path: /test.html}, every: 1s, timeout: 5s}
    real_servers: ["$DIRECT_RIP1:80", "$DIRECT_RIP2:80"]
Y
}
setting_is() {
    [ "$(on director sysctl -n $SETTING)" = "$1" ]
}
rip_of() {
    case $1 in real1) echo "$DIRECT_RIP1" ;; *) echo "$DIRECT_RIP2" ;; esac
}
# ask_from PORT: one request from this port of the client; prints who answers. The server closes first, so that the client does not keep
# the port for a minute.
ask_from() {
    # shellcheck disable=SC2016 # perl expands
    on client perl -MIO::Socket::INET -e '
        alarm 5;
        my $server = IO::Socket::INET->new(
            PeerAddr => $ARGV[0], PeerPort => 80, LocalPort => $ARGV[1], ReuseAddr => 1, Timeout => 3) or die "$@\n";
        print $server "GET /whoami HTTP/1.0\r\n\r\n";
        local $/;
        my ($head, $body) = split /\r\n\r\n/, <$server>;
        print $body' "$DIRECT_VIP" "$1"
}
# loses_server_of PORT: asks from there, and stops the server that answers: $FAILED.
loses_server_of() {
    FAILED=$(ask_from "$1")
    web_stop "$FAILED"
    eventually 10 weight_is "$DIRECT_VIP:80" "$(rip_of "$FAILED")" 0
}
returns() {
    web_start "$FAILED"
    eventually 10 weight_is "$DIRECT_VIP:80" "$(rip_of "$FAILED")" 1
}

direct_director
direct_real_server real1 "$DIRECT_RIP1"
direct_real_server real2 "$DIRECT_RIP2"
load_modules director ip_vs
sysctl_on director $SETTING=1

definitions_with | director_define
expect_contains 'the plan' "set     $SETTING  1 -> 3   (direct routing or tunnels: a client may reuse a port" \
    "$(on director ipvsctl plan "$DEFINITIONS")"
director_start
eventually 10 setting_is 3
for rip in "$DIRECT_RIP1" "$DIRECT_RIP2"; do eventually 10 weight_is "$DIRECT_VIP:80" "$rip" 1; done
loses_server_of 40001
other=$([ "$FAILED" = real1 ] && echo real2 || echo real1)
expect_equal 'who answers the same port of the client' "$other" "$(ask_from 40001 2>&1)"
returns

# Declined: the kernel sends the port to where it was.
definitions_with 'conn_reuse_mode: false' | director_define
director_reload
eventually 10 setting_is 1
loses_server_of 40002
if said=$(ask_from 40002 2>&1); then fail "the setting is not needed: $said"; fi
