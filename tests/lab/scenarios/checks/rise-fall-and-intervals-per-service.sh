# shellcheck shell=sh
# Services that share a server apply their own rise and fall: a faster interval while a change is pending, a slow one while the
# server is down, a window of the last probes, several good probes before it is up again.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
PLAIN=81 QUICK=82 PATIENT=83 WINDOW=84 RISING=85
service_at() {
    cat <<Y
  - {listen: "tcp://$VIP:$1", scheduler: rr, forwarding: nat, real_servers: ["$RIP1:80", "$RIP2:80"],
     check: {http: {path: /test.html, expect: {body: OK}}, timeout: 2s, $2}}
Y
}
{
    echo 'services:'
    service_at $PLAIN 'every: 6s, fall: 3, rise: 1'
    service_at $QUICK 'every: 6s, every_while_changing: 100ms, fall: 3, rise: 1'
    service_at $PATIENT 'every: 500ms, every_while_down: 60s, fall: 1, start_spread: 2s, jitter: 10'
    service_at $WINDOW 'every: 500ms, window: {good: 3, of: 5}'
    service_at $RISING 'every: 500ms, fall: 1, rise: 4'
} | director_define
# has PORT: real1 serves the service at that port.
has() {
    table | grep -q -- "-t $VIP:$1 -r $RIP1:80 -m -w 1"
}
has_not() {
    ! has "$1"
}
all_have() {
    for port in $PLAIN $QUICK $PATIENT $WINDOW $RISING; do has "$port" || return 1; done
}
director_start
eventually 20 all_have

web_sick real1
eventually 15 has_not $QUICK
# Three answers of the plain one take twelve seconds more than its first.
expect has $PLAIN
for port in $PATIENT $WINDOW $RISING; do eventually 10 has_not "$port"; done
eventually 5 log_matches 'of the last [0-9]* succeeded, 3 of 5 needed'
expect_equal 'who answers where it is out' '6 real2' "$(tally 6 "$VIP:$QUICK")"

web_healthy real1
eventually 10 has $WINDOW
eventually 10 has $RISING
eventually_log 5 '4 of 4'
expect has_not $PATIENT
