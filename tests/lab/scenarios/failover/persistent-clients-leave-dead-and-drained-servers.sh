# shellcheck shell=sh
# With persistence, a client whose server is down or drains goes to another server with its next connection, and no request fails.
# `plan` shows the kernel setting that this needs, and `doctor` reports it when it is missing. Without the setting, which the
# configuration can decline, `drain --wait` waits for persistent clients too.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
SETTING=net.ipv4.vs.expire_quiescent_template
# definitions_with DIRECTOR-KEY...
definitions_with() {
    echo 'director:'
    printf '  %s\n' 'resync: 1s' "$@"
    cat <<Y
services:
  - name: web
    listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    persistence: 5m
    on_failure: quiesce
    check: {http: {path: /test.html}, every: 1s, timeout: 5s}
    real_servers: ["$RIP1:80", "$RIP2:80"]
Y
}
setting_is() {
    [ "$(on director sysctl -n $SETTING)" = "$1" ]
}
rip_of() {
    case $1 in real1) echo "$RIP1" ;; *) echo "$RIP2" ;; esac
}
# all_from NAME WHEN: twenty requests, one connection each, have an answer from that server.
all_from() {
    expect_equal "who answers twenty requests $2" "20 $1" "$(tally 20 2>&1)"
}
load_modules director ip_vs
sysctl_on director $SETTING=0

definitions_with | director_define
expect_contains 'the plan' "set     $SETTING  0 -> 1   (persistence: a persistent client leaves" "$(on director ipvsctl plan "$DEFINITIONS")"
expect_contains 'the doctor' "persistent-clients-stay: $SETTING" "$(on director ipvsctl doctor --quiet --config "$DEFINITIONS")"
director_start
eventually 10 setting_is 1
case $(on director ipvsctl doctor --quiet --config "$DEFINITIONS") in *persistent-clients-stay*) fail 'the doctor reports a setting that is right' ;; esac
eventually 10 weight_is "$VIP:80" "$RIP2" 1
eventually 10 weight_is "$VIP:80" "$RIP1" 1
sticks_to=$(ask)
all_from "$sticks_to" 'at the start'

# The server dies.
other=$([ "$sticks_to" = real1 ] && echo real2 || echo real1)
web_quit "$sticks_to"
eventually 10 weight_is "$VIP:80" "$(rip_of "$sticks_to")" 0
all_from "$other" 'after a server has died'
web_start "$sticks_to"
eventually 10 weight_is "$VIP:80" "$(rip_of "$sticks_to")" 1
all_from "$other" 'after it came back'

# The other one is drained.
requests_begin users
expect_contains 'a drain' 'drained: no active connections' "$(on director ipvsctl drain web "$(rip_of "$other")" --wait --wait-at-most 20s)"
all_from "$sticks_to" 'while the other one is drained'
on director ipvsctl enable web "$(rip_of "$other")"

# Declined: the client stays, so its server is not drained.
definitions_with 'expire_quiescent_template: false' | director_define
director_reload
eventually 10 setting_is 0
status=0
said=$(on director ipvsctl drain web "$(rip_of "$sticks_to")" --wait --wait-at-most 3s 2>&1) || status=$?
expect_equal 'the status of a drain that waits for a persistent client' 1 "$status"
expect_contains 'a drain that waits for a persistent client' 'persistent client' "$said"
all_from "$sticks_to" 'when the client stays'
requests_end users
